"""The centre's duty over HTTP: what falls to whom, the handover at the end of a shift, and what a colleague outside the room learns."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.broker.test_gateway_deliveries import Officer
from tests.system import System, wait_until
from tests.unit.deliveries.office import form, plan

Json = dict[str, Any]
WAY = ("TJ", "KG")


class Desk:
    """One officer of the centre at the page of the shift."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def act(self, act: str, **fields: Any) -> httpx.Response:
        return self.client.post("/v1/shift/acts", json={"id": str(uuid4()), "act": act, **fields}, params={"wait": "10s"})

    def must(self, act: str, **fields: Any) -> None:
        # A worker that has just started takes longer than a caller waits: then the same again.
        while (answer := self.act(act, **fields)).status_code == 202:
            pass
        assert answer.status_code == 200, answer.text

    def page(self) -> Json:
        page: Json = self.client.get("/v1/shift").json()
        return page

    def item(self, kind: str, wanted: Callable[[Json], bool] = lambda item: True) -> Json:
        """The item of this kind, once the page shows one that is `wanted`."""
        found: Json = wait_until(lambda: next((i for i in self.page()["items"] if i["kind"] == kind and wanted(i)), None), f"a {kind}")
        return found


def test_a_shift_is_handed_over_item_by_item_and_nobody_outside_the_room_learns_of_it(system: System) -> None:
    system.start("clock")
    with (
        system.client("CARICC", "coordinator", "d.duty") as duty,
        system.client("CARICC", "coordinator", "n.ext") as following,
        system.client("CARICC", "supervisor", "c.hief") as chief,
        system.client("TJ-DCA", "officer", "n.rahimov") as lead,
        system.client("TJ-DCA", "officer", "f.saidov") as second,
    ):
        outgoing, incoming, supervisor = Desk(duty), Desk(following), Desk(chief)
        assert lead.get("/v1/shift").status_code == 403
        assert incoming.page()["items"] == []
        outgoing.must("on")
        request = Officer(lead).must("request", form=form(WAY), plan=plan(WAY) | {"coordinators": ["CARICC/d.duty"]})
        Officer(second).must("signature", request=request["act"])
        item = outgoing.item("delivery")
        assert (item["responsible"], item["accepted"], item["takers"]) == ("CARICC/d.duty", None, [])
        outgoing.must("accept", item=item["item"], seen=item["version"])
        # Who answers is told to the parties, and is whom the ladder rings.
        wait_until(
            lambda: lead.get("/v1/deliveries/TJ-DCA/CD-1").json()["delivery"]["coordinator"] == "CARICC/d.duty", "the lead sees who answers"
        )
        Officer(lead).must("alert", reason="колонна остановилась")
        alarm = outgoing.item("alarm")
        assert (alarm["about"]["kind"], alarm["responsible"]) == ("alert", "CARICC/d.duty")
        outgoing.must("accept", item=alarm["item"], seen=alarm["version"])
        item = outgoing.item("delivery", lambda one: one.get("changes", 0) > 0)
        assert "alert" in item["newest"], item

        # Eight o'clock. Who comes is not named in the room: for that officer there is nothing, and the id is no key either.
        incoming.must("on")
        outgoing.must("leave")
        assert incoming.page()["items"] == []
        assert "alarms" not in next(one for one in incoming.page()["officers"] if one["person"] == "CARICC/d.duty")
        stranger = incoming.act("accept", item=item["item"], seen=item["version"])
        made_up = incoming.act("accept", item=item["item"][:-2] + "AA", seen=1)
        assert (stranger.status_code, made_up.status_code) == (404, 404)
        assert stranger.json() | {"instance": 0} == made_up.json() | {"instance": 0}
        seen = wait_until(lambda: (page := supervisor.page())["hidden"] and page, "the supervisor sees that there is something")
        assert seen["items"] == []
        assert {(one["kind"], one["responsible"]) for one in seen["hidden"]} == {("delivery", "CARICC/d.duty"), ("alarm", "CARICC/d.duty")}
        assert "TJ-DCA" not in str(seen)

        Officer(duty).must("room", delivery="TJ-DCA/CD-1", enters=["CARICC/n.ext"])
        item = incoming.item("delivery")
        assert (item["responsible"], item["takers"]) == ("CARICC/d.duty", ["CARICC/n.ext"])
        left = outgoing.act("off")
        assert (left.status_code, left.json()["detail"]) == (409, "2 items are still yours")
        for kind in ("delivery", "alarm"):
            one = incoming.item(kind)
            incoming.must("accept", item=one["item"], seen=one["version"])
        outgoing.must("off")

        def handed_over() -> bool:
            page = incoming.page()
            theirs = {one["kind"] for one in page["items"] if one["responsible"] == "CARICC/n.ext"}
            return theirs == {"delivery", "alarm"} and [one["person"] for one in page["officers"]] == ["CARICC/n.ext"]

        wait_until(handed_over, "both are with who came, and who went is gone")

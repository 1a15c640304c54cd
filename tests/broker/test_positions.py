"""A tracking device from its placing to the board's feed, with the real worker: shown at once, told when it matters, over when removed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.broker.test_gateway_deliveries import Officer, at_the_screen, deconflicted
from tests.system import System, wait_until
from tests.unit.deliveries.office import AUTHORISATION, INFORMED, form, plan
from tests.unit.positions.tracking import PLACED

Json = dict[str, Any]
DELIVERY = "TJ-DCA/CD-POSITIONS"
WAY = ("TJ", "KG")
DUSHANBE, OSH = (38.56, 68.78), (40.53, 72.80)


def fix(point: tuple[float, float], **ago: float) -> Json:
    at = datetime.now(UTC) - timedelta(**ago)
    return {"at": at.isoformat(), "lat": point[0], "lon": point[1], "accuracy_m": 12.0, "speed_kmh": 63.0, "course": 40.0}


def position(device: str, lat: float) -> Any:
    return lambda name, data: name == "position" and data["device"] == device and data["position"]["lat"] == lat


def test_from_the_device_to_the_board(system: System) -> None:
    system.start("clock")
    with (
        at_the_screen(system, "TJ-DCA", "n.rahimov") as (lead, lead_screen),
        at_the_screen(system, "KG-SCNBC", "t.eam") as (receiver, receiver_screen),
        at_the_screen(system, "UZ-SCC", "n.other") as (stranger, stranger_screen),
        system.client("TJ-DCA", "officer", "f.saidov") as second,
        system.client("KG-GP", "officer", "p.rosecutor") as authority,
        system.client("CARICC", "coordinator", "d.duty") as duty,
    ):
        said = {"delivery": DELIVERY}
        request = lead.must("request", form=form(WAY, delivery_ref=DELIVERY), plan=plan(WAY), **said)
        Officer(second).must("signature", request=request["act"], **said)
        lead.must("consent", leg=1, authorisation=AUTHORISATION, **said)
        Officer(authority).must("consent", leg=2, authorisation=AUTHORISATION, **said)
        ready = lead.must("ready", informed_posts=INFORMED, **said)
        lead_screen.until(deconflicted)
        Officer(duty).must("ready_confirmed", ready=ready["act"], deconfliction="clear", **said)
        lead.must("start", **said)

        device = lead.must("device_placed", **PLACED, **said)["act"]
        path = f"/v1/deliveries/{DELIVERY}/devices/{device}/credential"
        assert receiver.client.post(path).status_code == 403
        assert stranger.client.post(path).status_code == 404
        credential = lead.client.post(path).json()["credential"]
        with httpx.Client(base_url=system.url, headers={"Authorization": f"Bearer {credential}"}, timeout=30) as sender:
            assert sender.get("/v1/positions").json() == {"kind": "tracker", "device": PLACED["device"]}
            answer = sender.post("/v1/positions", json=[fix(DUSHANBE, minutes=130), {"at": "gestern"}])
            assert (answer.status_code, answer.json()["taken"], answer.json()["refused"][0]["index"]) == (202, 1, 1)
            for screen in (lead_screen, receiver_screen):
                shown = screen.until(position(device, DUSHANBE[0]))
                assert (shown["part"], shown["position"]["source"], shown["position"]["accuracy_m"]) == ("A", "tracker", 12.0)
            # Beyond the border, and an earlier one that comes late.
            assert sender.post("/v1/positions", json=fix(OSH)).status_code == 202
            alarm = lead_screen.until(lambda name, data: name == "delivery-event" and data["kind"] == "alarm")
            assert alarm["what"]["alarm_kind"] == "crossed_unaccepted"
            assert sender.post("/v1/positions", json=fix((38.60, 68.80), minutes=125)).status_code == 202

            def trail() -> list[Json] | None:
                [found] = receiver.client.get(f"/v1/deliveries/{DELIVERY}/positions").json()["items"]
                return found["trail"] if len(found["trail"]) == 3 else None

            points = wait_until(trail, "the late fix is in the trail")
            assert [point[1] for point in points] == [DUSHANBE[0], 38.60, OSH[0]]
            assert stranger.client.get(f"/v1/deliveries/{DELIVERY}/positions").status_code == 404

            snapshot = lead.client.get(f"/v1/deliveries/{DELIVERY}").json()["delivery"]
            assert (snapshot["parts"][0]["state"], snapshot["parts"][0]["position"]["lat"]) == ("CROSSED_UNACCEPTED", OSH[0])
            lead.must("device_removed", device=device, reason="снят", **said)
            wait_until(lambda: sender.post("/v1/positions", json=fix(OSH)).status_code == 401, "the credential is over")
            lines = wait_until(lambda: _told(lead.client), "the last position is told")
            assert lines == [["first"], ["crossing"], ["last"]]
        assert not [name for name, _ in stranger_screen.seen() if name == "position"]


def _told(client: httpx.Client) -> list[list[str]] | None:
    items = client.get(f"/v1/deliveries/{DELIVERY}/events", params={"limit": 1000}).json()["items"]
    found = [line["what"]["reasons"] for line in items if line["kind"] == "tracked"]
    return found if found and found[-1] == ["last"] else None

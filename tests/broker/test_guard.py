"""A patrol that knows nothing reports the lorry of a live delivery, over HTTP; the worker is killed at the worst moments."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.broker.test_gateway_deliveries import ORIGIN, Officer
from tests.broker.test_gateway_shift import Desk
from tests.examples import ASSISTANCE, SEIZURE
from tests.system import System, ending, wait_until
from tests.unit.deliveries.office import AUTHORISATION, INFORMED, form, plan

Json = dict[str, Any]
WAY = ("TJ", "KG")
PLAIN = {name: SEIZURE[name] for name in ("kind", "issued", "occurred", "place", "substances")}
GREEN = {**SEIZURE["handling"], "originator": "KG-SDCA", "tlp": "GREEN", "release": []}


@pytest.fixture
async def system(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> Any:
    made = System(kafka, postgres_url, space, tmp_path / "data", partitions=2)
    made.environment["RIC_SESSION_TIMEOUT_S"] = "6"
    await made.install()
    with ending(made):
        made.start("gateway", "projector", "worker", "clock")
        made.wait_ready()
        yield made


def reported(patrol: httpx.Client, number: str) -> Json:
    """The receipt of a report that names the container under watch."""
    report = {**PLAIN, "report_id": number, "handling": GREEN, "containers": [{"number": "MSKU 123456-5"}]}
    answer = patrol.post("/v1/reports?wait=60s", json=report)
    assert answer.status_code == 202, answer.text
    (receipt,) = answer.json()["receipts"]
    found: Json = receipt
    return found


@contextlib.contextmanager
def persons(system: System, *who: tuple[str, str, str]) -> Iterator[list[httpx.Client]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(system.client(agency, role, person)) for agency, role, person in who]


def test_a_patrol_is_kept_in_its_controller_is_warned_and_it_is_called_at_the_end(system: System) -> None:
    with persons(
        system,
        ("TJ-DCA", "officer", "n.rahimov"),
        ("TJ-DCA", "officer", "f.saidov"),
        ("CARICC", "coordinator", "d.duty"),
        ("KG-SDCA", "officer", "p.atrol"),
        ("CARICC", "coordinator", "o.ther"),
        ("CARICC", "supervisor", "b.oss"),
    ) as (lead, second, duty, patrol, other, boss):
        officer = Officer(lead)
        request = officer.must("request", form=form(WAY, containers=[{"number": "MSKU1234565"}]), plan=plan(WAY))
        Officer(second).must("signature", request=request["act"])
        officer.must("consent", leg=1, authorisation=AUTHORISATION)
        ready = officer.must("ready", informed_posts=INFORMED)
        wait_until(lambda: lead.get(ORIGIN).json()["delivery"]["deconfliction"]["answered"], "deconfliction's answer")
        Officer(duty).must("ready_confirmed", ready=ready["act"], deconfliction="clear")
        officer.must("start")

        # What is under watch outlives the worker, and the next one has read it before it reads a report.
        system.kill("worker")
        system.start("worker")
        receipt = reported(patrol, "R-1")
        assert (receipt["status"], receipt["problems"], receipt["findings"]) == ("accepted", [], receipt["findings"])
        own = patrol.get(f"/v1/reports/{receipt['report']}", params={"after": receipt["id"]}).json()
        assert (own["hold"], own["withdrawn"], own["report"]["report_id"]) == (None, False, "R-1")
        assert [item["report_id"] for item in patrol.get("/v1/search", params={"identifier": "MSKU1234565"}).json()["items"]] == ["R-1"]
        assert patrol.get("/v1/counters").json()["all"]["reports"] == 1

        alarms = wait_until(
            lambda: [alarm for alarm in lead.get(ORIGIN).json()["delivery"]["alarms"] if alarm["kind"] == "guard_match"], "the warning"
        )
        assert "the duty desk of KG-SDCA" in alarms[0]["reason"]
        assert "R-1" not in str(lead.get(ORIGIN).json()) + str(lead.get(f"{ORIGIN}/events").json())
        report = lead.get(f"{ORIGIN}/report.json").json()
        assert (report["chain"]["verdict"], report["guard_chain"]["verdict"]) == ("intact", "intact")
        for client in (lead, other, duty, boss):
            assert client.get("/v1/search", params={"identifier": "MSKU1234565"}).json()["total"] == 0
            assert client.get("/v1/counters").json()["all"]["reports"] == 0
        assert boss.get("/v1/holds").json()["items"] == []
        assert patrol.get("/v1/receipts", params={"status": "call_us"}).json()["items"] == []

        # Who sends a flash waits for an answer: the room's officer at the centre answers for it, and nobody else sees one.
        flash = {**ASSISTANCE, "report_id": "R-F", "handling": GREEN, "priority": "flash", "request": "Остановите MSKU1234565"}
        assert patrol.post("/v1/reports?wait=60s", json=flash).json()["receipts"][0]["status"] == "accepted"
        for client in (duty, other):
            Desk(client).must("on")
        item = Desk(duty).item("request", lambda item: item["responsible"] is not None)
        assert (item["responsible"], item["takers"]) == ("CARICC/d.duty", [])
        assert item["about"].pop("opened")
        assert item["about"] == {
            "priority": "flash", "reply_by": ASSISTANCE["reply_by"], "delivery": "TJ-DCA/CD-1", "held": True, "call": ["TJ-DCA"]
        }  # fmt: skip
        Desk(duty).must("accept", item=item["item"], seen=item["version"])
        assert Desk(other).page()["items"] == []
        assert "CD-1" not in str(Desk(boss).page())

        # The end of the delivery lets it out, whoever is killed in between.
        system.kill("worker")
        assert officer.send("aborted", reason="the load is seized").status_code == 202
        system.start("worker")
        (call,) = wait_until(lambda: patrol.get("/v1/receipts", params={"status": "call_us"}).json()["items"], "call us")
        assert {name: value for name, value in call.items() if value not in (None, [])}.keys() == {"id", "href", "status", "contact", "at"}
        wait_until(lambda: other.get("/v1/search", params={"identifier": "MSKU1234565"}).json()["total"] == 1, "it is out")
        assert patrol.get(call["href"]).json() == call
        assert reported(patrol, "R-2")["status"] == "accepted"
        wait_until(lambda: other.get("/v1/search", params={"identifier": "MSKU1234565"}).json()["total"] == 2, "nothing is under watch")
        # Let out, it is the whole desk's, and the room's own is over.
        wait_until(lambda: Desk(other).page()["items"], "the request is everybody's")
        assert [item["about"]["report_id"] for item in Desk(other).page()["items"]] == ["R-F"]
        wait_until(lambda: not any(item["about"].get("held") for item in Desk(duty).page()["items"]), "nothing is kept in")

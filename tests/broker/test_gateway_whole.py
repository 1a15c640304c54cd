"""The gateway process with the real worker and projector: the receipt that it gave is the one that is kept."""

from pathlib import Path

from tests.examples import SEIZURE
from tests.system import System, ending, wait_until


async def test_what_was_answered_is_what_is_kept(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> None:
    system = System(kafka, postgres_url, space, tmp_path / "data", partitions=2)
    await system.install()
    with ending(system):
        system.start("gateway", "projector", "worker")
        system.wait_ready()
        with system.client("TJ-DCA") as sender, system.client("UZ-SCC") as other:
            answer = sender.post("/v1/reports?wait=30s", json=[SEIZURE, SEIZURE, {**SEIZURE, "report_id": "X-1", "narative": "x"}])
            assert answer.status_code == 202
            receipts = answer.json()["receipts"]
            assert [one["status"] for one in receipts] == ["accepted", "duplicate", "rejected"]
            assert receipts[2]["problems"][0]["field"] == "narative"
            found = sender.get("/v1/search", params={"after": receipts[0]["id"]}).json()
            assert [item["report_id"] for item in found["items"]] == [SEIZURE["report_id"]]
            assert sender.get(receipts[0]["href"]).json()["status"] == "accepted"
            (letter,) = wait_until(lambda: sender.get("/v1/rejected").json()["items"], "the dead letter is listed")
            assert letter["receipt"] == receipts[2]["id"]
            assert other.get("/v1/rejected").json()["items"] == []

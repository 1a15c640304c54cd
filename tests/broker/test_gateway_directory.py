"""The directory over HTTP with the real worker: two persons change a number, a third agency reads it, a plan and forms rest on it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from streams.planning.directory import exercise
from tests.broker.test_gateway_deliveries import ORIGIN, WAY, Officer
from tests.system import System, ending, wait_until
from tests.unit.deliveries.office import form, plan
from tests.unit.directory.desk import NEW, OLD, entry

Json = dict[str, Any]
NAMED = [{"name": "Каримов Фирдавс", "reach": [{"kind": "mobile", "address": "+992 93 000 00 01"}]}]
URGENT = {"hours": 2, "desk": "duty", "written_due_hours": 24}


class Editor:
    """An officer of an authority, who edits its entry."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self.client, self.name = client, name
        self.agency = name.split("/")[0]

    def edit(self, act: str, base: int, **said: Any) -> httpx.Response:
        edit = {"authority": self.agency, "by": self.name, "at": datetime.now(UTC).isoformat(), **said, "act": act, "base_version": base}
        return self.client.post("/v1/directory/edits", params={"wait": "10s"}, json=edit)

    def publish(self, number: str, version: int = 1, **changes: Any) -> httpx.Response:
        at = datetime.now(UTC).isoformat()
        return self.edit("publish", version - 1, at=at, entry=entry(number, version=version, by=self.name, at=at, **changes))

    def confirm(self, base: int, number: str = OLD) -> httpx.Response:
        at = datetime.now(UTC).isoformat()
        call = {"contact": "duty", "number": number, "at": at, "spoke_with": "дежурный Назаров"}
        return self.edit("confirm", base, at=at, call_backs=[call])

    def reads(self, key: str = "TJ-DCA", after: int = 0) -> Json:
        found = self.client.get(f"/v1/directory/{key}", params={"after": after})
        assert found.status_code == 200, found.text
        read: Json = found.json()
        return read

    @property
    def number(self) -> str:
        address: str = self.reads()["entry"]["contacts"][0]["reach"][0]["address"]
        return address


def applied(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    said: Json = answer.json()
    assert said["status"] == "applied"
    stands: Json = said["stands"]
    return stands


async def started(kafka: str, postgres_url: str, space: str, data_dir: Path) -> System:
    made = System(kafka, postgres_url, space, data_dir, partitions=2)
    await made.install()
    return made


async def test_two_persons_change_a_number_and_others_read_it(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> None:
    system = await started(kafka, postgres_url, space, tmp_path / "data")
    with ending(system):
        system.start("gateway", "projector", "worker")
        system.wait_ready()
        with (
            system.client("TJ-DCA", "officer", "n.rahimov") as n_rahimov,
            system.client("TJ-DCA", "officer", "f.saidov") as f_saidov,
            system.client("UZ-SCC", "officer", "n.other") as n_other,
            system.client("KG-SCNBC", "officer", "t.eam") as t_eam,
        ):
            first, second = Editor(n_rahimov, "TJ-DCA/n.rahimov"), Editor(f_saidov, "TJ-DCA/f.saidov")
            third, partner = Editor(n_other, "UZ-SCC/n.other"), Editor(t_eam, "KG-SCNBC/t.eam")
            _edited(first, second, third)
            _planned(first, partner)
            _forms(first, second, third, partner)
            assert not any(one["entry"]["exercise"] for one in third.client.get("/v1/directory").json()["items"])


def _edited(first: Editor, second: Editor, third: Editor) -> None:
    assert third.client.get("/v1/directory").json()["items"] == []
    assert applied(first.publish(OLD, named=NAMED, urgent=URGENT))["proposal"]["by"] == first.name
    alone = first.confirm(0)
    assert (alone.status_code, alone.json()["field"]) == (409, "by")
    assert alone.json()["mend"]
    applied(second.confirm(0))
    stands = applied(second.publish(NEW, 2, named=NAMED, urgent=URGENT))
    assert stands["version"] == 1
    assert second.reads(after=stands["number"])["pending"]["entry"]["version"] == 2
    waiting = third.reads()
    assert (third.number, set(waiting["pending"])) == (OLD, {"since"})
    before = datetime.now(UTC)
    stands = applied(first.confirm(1))
    assert stands["version"] == 2
    read = third.reads(after=stands["number"])
    assert (third.number, read["entry"]["version"], read["pending"], read["stale"]) == (NEW, 2, None, None)
    assert datetime.fromisoformat(read["reach_changed"]) > before - timedelta(seconds=1)
    assert [one["act"] for one in read["history"]] == ["confirm", "propose", "confirm", "propose"]
    assert [one["act"] for one in third.client.get("/v1/directory/TJ-DCA", params={"limit": 1}).json()["history"]] == ["confirm"]
    for hidden in ("Каримов", "Назаров", "f.saidov", "n.rahimov"):
        assert hidden not in str(read)
        assert hidden in str(first.reads())
    foreign = third.edit("verify", 2, authority="TJ-DCA")
    assert (foreign.status_code, foreign.json()["field"], foreign.json()["stands"]) == (409, "by", None)
    assert third.client.get("/v1/directory/TJ-NEVER").status_code == 404


def _planned(first: Editor, partner: Editor) -> None:
    """A plan rests on what stands; what one person alone has proposed is nothing yet."""
    applied(partner.publish("+996 312 00 00 01"))
    assert partner.confirm(0).status_code == 409
    assert first.client.get("/v1/directory", params={"country": "KG"}).json()["items"] == []
    planned = first.client.post("/v1/plans", json={"request": form(WAY)}).json()
    assert not planned["clear"]
    assert any("no authority of KG" in finding["text"] for finding in planned["legs"][1]["findings"])
    assert planned["legs"][0]["asks"][0]["reach"] == [{"kind": "telephone", "address": NEW}]
    assert planned["legs"][0]["asks"][0]["source"] == {"entry": "TJ-DCA", "version": 2, "stale": None}


def _forms(first: Editor, second: Editor, third: Editor, partner: Editor) -> None:
    lead = Officer(first.client)
    request = lead.must("request", form=form(WAY), plan=plan(WAY))
    # Kyrgyzstan has no entry: the term that its consents then have is not its own, and is not said to be.
    stands = first.client.get(ORIGIN).json()["delivery"]
    assert [stands["plans"][leg["plan"]].get("written_due_hours") for leg in stands["parts"][0]["legs"]][:2] == [24, None]
    onward = first.client.get(f"{ORIGIN}/alternatives")
    assert (onward.status_code, onward.json()["country"], onward.json()["alternatives"]) == (200, "TJ", [])
    unknown = first.client.get(f"{ORIGIN}/alternatives", params={"part": "Z"})
    assert (unknown.status_code, unknown.json()["ru"]["detail"]) == (409, "Назовите часть; не завершены: A.")
    assert third.client.get(f"{ORIGIN}/alternatives").status_code == 404

    def named() -> list[str]:
        return [one["name"] for one in partner.reads()["entry"]["contacts"][0]["named"]]

    assert named() == []
    Officer(second.client).must("signature", request=request["act"])
    assert wait_until(named, "the parties read who is to be called") == ["Каримов Фирдавс"]
    for client, ending_of, magic in ((first.client, "pdf", b"%PDF"), (partner.client, "docx", b"PK")):
        for kind in ("request", "reply"):
            found = client.get(f"{ORIGIN}/forms/1.{ending_of}", params={"form": kind, "lang": "en", "copy": 2, "copies": 3})
            assert found.status_code == 200, found.text
            assert found.content.startswith(magic)
            assert f"leg1-{kind}-en.{ending_of}" in found.headers["content-disposition"]
    missing = first.client.get(f"{ORIGIN}/forms/2.pdf")
    assert (missing.status_code, "KG-GP" in missing.json()["detail"]) == (409, True)
    hidden, never = third.client.get(f"{ORIGIN}/forms/1.pdf"), third.client.get("/v1/deliveries/TJ-DCA/NEVER/forms/1.pdf")
    assert (hidden.status_code, hidden.content) == (404, never.content)
    # The entry's time runs out: it is shown as stale to everybody, marks the plan, and a form is printed only by whoever says so.
    stands = applied(first.edit("retire", 2, reason="moves"))
    read = third.reads(after=stands["number"])
    assert read["stale"].startswith("valid until")
    assert "moves" not in str(read)
    for stale, count in (("true", 1), ("false", 0)):
        assert len(third.client.get("/v1/directory", params={"stale": stale}).json()["items"]) == count
    planned = first.client.post("/v1/plans", json={"request": form(WAY)}).json()
    assert planned["legs"][0]["asks"][0]["source"]["stale"]
    assert not planned["clear"]
    refused = first.client.get(f"{ORIGIN}/forms/1.pdf")
    assert (refused.status_code, "stale" in refused.json()["detail"]) == (409, True)
    assert first.client.get(f"{ORIGIN}/forms/1.pdf", params={"stale": "true"}).content.startswith(b"%PDF")


async def test_an_exercise_begins_with_the_fictional_directory(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> None:
    system = await started(kafka, postgres_url, f"exercise-{space}", tmp_path / "data")
    with ending(system):
        system.start("gateway", "projector", "worker")
        system.wait_ready()
        with system.client("UZ-SCC", "officer", "n.other") as client:
            every = len(exercise().entries)

            def items() -> list[Json]:
                found: list[Json] = client.get("/v1/directory").json()["items"]
                return found

            wait_until(lambda: len(items()) == every, "the fictional directory is there")
            assert all(one["entry"]["exercise"] and one["stale"] is None for one in items())
            system.end("gateway")
            system.start("gateway")
            system.wait_ready()
            history = client.get("/v1/directory/TJ-DCA").json()["history"]
            assert [one["act"] for one in history] == ["fiction"]
            planned = client.post("/v1/plans", json={"request": form(WAY) | {"exercise": True}})
            assert planned.status_code == 200, planned.text
            assert planned.json()["legs"][0]["asks"][0]["reach"][0]["address"].startswith("+999")

"""A controlled delivery over HTTP with the real worker: what officers do, and what each of them, and nobody else, sees of it."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any
from uuid import uuid4

import httpx

from tests.system import PATIENT_S, System, wait_until
from tests.unit.deliveries.office import AUTHORISATION, DELIVERY, INFORMED, form, plan

Json = dict[str, Any]
WAY = ("TJ", "KG")
ORIGIN = f"/v1/deliveries/{DELIVERY}"


class Officer:
    """A person with a client."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def send(self, act: str, **fields: Any) -> httpx.Response:
        now = datetime.now(UTC).isoformat()
        said = {"id": str(uuid4()), "delivery": DELIVERY, "at": now, "sent": now, "act": act, **fields}
        return self.client.post("/v1/deliveries/acts", params={"wait": "10s"}, json=said)

    def must(self, act: str, **fields: Any) -> Json:
        answer = self.send(act, **fields)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        assert found["status"] == "applied"
        return found


class Screen:
    """The feed `deliveries` as a screen reads it, in a thread of its own."""

    def __init__(self, client: httpx.Client) -> None:
        self.events: Queue[tuple[str, Json] | None] = Queue()
        self.opened = threading.Event()
        self._client = client

    def read(self) -> None:
        with contextlib.suppress(httpx.TransportError), self._client.stream("GET", "/v1/feeds/deliveries") as answer:
            name = ""
            for line in answer.iter_lines():
                self.opened.set()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.events.put((name, json.loads(line.removeprefix("data: "))))
        self.events.put(None)

    def until(self, wanted: Any) -> Json:
        """The data of the first event that `wanted(name, data)` accepts."""
        while (found := self.events.get(timeout=PATIENT_S)) is not None:
            if wanted(*found):
                return found[1]
        raise AssertionError("the feed ended")

    def seen(self) -> list[tuple[str, Json]]:
        """What has come and was not read."""
        found = []
        while not self.events.empty():
            one = self.events.get()
            if one is not None:
                found.append(one)
        return found


@contextlib.contextmanager
def at_the_screen(system: System, agency: str, person: str, role: str = "officer") -> Iterator[tuple[Officer, Screen]]:
    with system.client(agency, role, person) as client, system.client(agency, role, person) as watcher:
        screen = Screen(watcher)
        reading = threading.Thread(target=screen.read, daemon=True)
        reading.start()
        assert screen.opened.wait(60)
        yield Officer(client), screen


def event(kind: str) -> Any:
    return lambda name, data: name == "delivery-event" and data["kind"] == kind


def controlled_by(agency: str) -> Any:
    return lambda name, data: name == "delivery" and data["parts"][0]["controller"] == agency


def deconflicted(name: str, data: Json) -> bool:
    return name == "delivery" and bool((data["deconfliction"] or {}).get("answered"))


def test_from_the_request_to_the_handover_before_the_eyes_of_those_who_take_part(system: System) -> None:
    system.start("clock")
    with (
        at_the_screen(system, "TJ-DCA", "n.rahimov") as (lead, lead_screen),
        at_the_screen(system, "KG-SCNBC", "t.eam") as (receiver, receiver_screen),
        at_the_screen(system, "UZ-SCC", "n.other") as (stranger, stranger_screen),
        system.client("TJ-DCA", "officer", "f.saidov") as second,
        system.client("KG-GP", "officer", "p.rosecutor") as authority,
        system.client("CARICC", "coordinator", "d.duty") as duty,
    ):
        request = lead.must("request", form=form(WAY), plan=plan(WAY))
        assert lead_screen.until(event("request"))["by"]["person"] == "n.rahimov"
        alone = lead.send("signature", request=request["act"])
        assert (alone.status_code, alone.json()["title"]) == (409, "The act was refused")
        assert "second officer" in alone.json()["detail"]
        assert alone.json()["stands"]["status"] == "draft"
        Officer(second).must("signature", request=request["act"])
        lead.must("consent", leg=1, authorisation=AUTHORISATION)
        Officer(authority).must("consent", leg=2, authorisation=AUTHORISATION)
        ready = lead.must("ready", informed_posts=INFORMED)
        lead_screen.until(deconflicted)
        Officer(duty).must("ready_confirmed", ready=ready["act"], deconfliction="clear")
        lead.must("start")
        for screen in (lead_screen, receiver_screen):
            screen.until(controlled_by("TJ-DCA"))
        at = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
        offer = lead.must("offer", handover_at=at, place="Карамык")
        assert receiver_screen.until(event("offer"))["act"] == offer["act"]
        receiver.must("receiver_in_place", leg=2, eyes_on=True)
        accepted = receiver.must("acceptance", leg=2, offer=offer["act"], eyes_on=True)
        assert accepted["stands"]["controller"] == "KG-SCNBC"
        for screen in (lead_screen, receiver_screen):
            screen.until(controlled_by("KG-SCNBC"))
            screen.until(event("acceptance"))

        # Who takes no part learns nothing, and is told of it what is told of a delivery that never was.
        for path in (ORIGIN, f"{ORIGIN}/events", f"{ORIGIN}/report.json"):
            hidden, missing = stranger.client.get(path), stranger.client.get(path.replace(DELIVERY, "TJ-DCA/NEVER"))
            assert (hidden.status_code, hidden.content) == (404, missing.content)
            assert hidden.json()["detail"] == "there is no such delivery"
        assert stranger.client.get("/v1/deliveries").json() == {"items": [], "next": None}
        known, unknown = stranger.send("alert", reason="x"), stranger.send("alert", reason="x", delivery="TJ-DCA/NEVER")
        assert (known.status_code, known.content) == (404, unknown.content)
        assert stranger_screen.seen() == []

        # The same over the database.
        running = wait_until(lambda: _running(lead.client), "it is listed as running")
        assert [one["delivery"] for one in running] == [DELIVERY]
        found = receiver.client.get(ORIGIN).json()
        assert found["delivery"]["parts"][0]["controller"] == "KG-SCNBC"
        assert found["form"]["form"]["case_reference"] == "2026/117"
        assert found["me"] == {"agency": "KG-SCNBC", "person": "t.eam", "member": False, "lead": False}
        timeline = wait_until(lambda: _whole(lead.client), "the timeline is in the tables")
        pages = [lead.client.get(f"{ORIGIN}/events", params={"after": after, "limit": 4}).json() for after in (0, 4)]
        assert [line["seq"] for line in timeline] == list(range(1, len(timeline) + 1))
        assert [one["hash"] for one in pages[0]["items"] + pages[1]["items"]] == [line["hash"] for line in timeline[:8]]
        assert pages[0]["next"] == 4
        report = receiver.client.get(f"{ORIGIN}/report.json").json()
        assert report["chain"] == {"verdict": "intact", "events": len(timeline), "hash": found["delivery"]["hash"]}
        assert [line["kind"] for line in report["timeline"]][-1] == "acceptance"

        # The same act again has the effect and the answer that it had.
        again = {
            "id": accepted["act"],
            "delivery": DELIVERY,
            "at": at,
            "act": "acceptance",
            "leg": 2,
            "offer": offer["act"],
            "eyes_on": True,
        }
        repeated = receiver.client.post("/v1/deliveries/acts", json=again)
        assert repeated.status_code == 409, "another time is other content"
        assert repeated.json()["field"] == "id"


def _running(client: httpx.Client) -> list[Json]:
    return [one for one in client.get("/v1/deliveries", params={"open": "true"}).json()["items"] if one["status"] == "running"]


def _whole(client: httpx.Client) -> list[Json] | None:
    found = client.get(f"{ORIGIN}/events").json()["items"]
    return found if found and found[-1]["kind"] == "acceptance" else None

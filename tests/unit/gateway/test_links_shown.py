"""What is told of a link between two agencies' reports, and the ids of what is told: leak rules 2 and 3."""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from streams.gateway import answers
from streams.gateway.centre import Centre
from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.store.summary import summarise
from streams.store.visibility import Facts, Viewer, facts
from tests.store_cases import current, incident, receipt
from tests.unit.gateway.conftest import TokenFor

Json = dict[str, Any]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DESK, CHIEF = Viewer("a.bekova", "CARICC", None, "coordinator"), Viewer("s.chief", "CARICC", None, "supervisor")
OWNER, ANALYST = Viewer("n.rahimov", "TJ-DCA", "TJ", "officer"), Viewer("b.osmonov", "KG-DCS", "KG", "analyst")
THIRD = Viewer("k.ali", "UZ-SCC", "UZ", "officer")
IDS = Ids(bytes(range(64)))
RAW_ID = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def two(first: str | None = None, second: str | None = None) -> tuple[Json, Json]:
    """A report of the owner and one of the analyst's agency, which every member state may read, with their modes."""
    return current("A-1", match_mode=first), current("B-1", originator="KG-DCS", match_mode=second)


def link(first: Json, second: Json, **more: Any) -> Json:
    """A proposal as the feed carries it."""
    return {"type": "incident", "change": incident(first, second, **more)}


def told(*reports: Json) -> list[Json]:
    """Changes of reports as the feed carries them."""
    return [{"type": "report", "change": change} for change in reports]


async def heard(
    viewer: Viewer, items: list[Json], feed: str = "all", *, replayed: bool = False, older: Mapping[UUID, Facts] | None = None
) -> Any:
    """Every event that the viewer's stream shows of these, in their order; replayed: when all of it has happened."""
    found, standing, events = find_feed(feed), Standing(), []
    assert found is not None

    async def seen_older(uuid: UUID) -> Facts | None:
        return (older or {}).get(uuid)

    delivery = Delivery(viewer, found, IDS, lambda: standing, Rooms, seen_older)
    for learning in (True, False) if replayed else (None,):
        for offset, item in enumerate(items):
            if learning is not False and item["type"] == "report":
                standing.take(item["change"], offset, 0)
            if learning is not True and (event := await delivery.event(Seen(0, offset, 0, item), NOW)) is not None:
                events.append(event)
    return events


@pytest.mark.parametrize("modes", [(None, None), ("mutual", "mutual"), ("owner_first", "mutual"), ("never", "mutual")])
@pytest.mark.parametrize("viewer", [OWNER, ANALYST, THIRD])
async def test_rule_2_no_agency_s_person_is_shown_a_link_by_itself(viewer: Viewer, modes: tuple[str | None, str | None]) -> None:
    first, second = two(*modes)
    for feed in ("all", "own", "incidents"):
        with_it = await heard(viewer, [*told(first, second), link(first, second)], feed)
        assert orjson.dumps(with_it) == orjson.dumps(await heard(viewer, told(first, second), feed))


@pytest.mark.parametrize("viewer", [DESK, CHIEF])
@pytest.mark.parametrize("modes", [("never", None), ("mutual", "never")])
async def test_rule_2_what_is_never_to_be_matched_changes_no_byte_for_the_desk_either(
    viewer: Viewer, modes: tuple[str, str | None]
) -> None:
    first, second = two(*modes)
    with_it = await heard(viewer, [*told(first, second), link(first, second)])
    assert orjson.dumps(with_it) == orjson.dumps(await heard(viewer, told(first, second)))
    assert len(with_it) == 2


@pytest.mark.parametrize("status", ["proposed", "withdrawn"])
async def test_rule_4_nobody_is_shown_what_a_report_of_the_own_agency_meets(status: str) -> None:
    first, second = current("A-1"), current("C-1", originator="CARICC")
    for viewer in (DESK, CHIEF):
        with_it = await heard(viewer, [*told(first, second), link(first, second, status=status)])
        assert orjson.dumps(with_it) == orjson.dumps(await heard(viewer, told(first, second)))


@pytest.mark.parametrize(
    ("modes", "asked"),
    [((None, None), ["KG-DCS", "TJ-DCA"]), (("mutual", None), ["KG-DCS"]), (("mutual", "mutual"), [])],
)
async def test_rule_2_the_desk_is_told_whose_word_comes_first(modes: tuple[str | None, str | None], asked: list[str]) -> None:
    first, second = two(*modes)
    ((name, event),) = await heard(DESK, [*told(first, second), link(first, second)], "incidents")
    assert (name, event["ask_first"]) == ("incident", asked)


async def test_the_owner_s_decision_is_a_revision_of_the_report_and_can_be_taken_back() -> None:
    first, second = two(None, "mutual")
    agreed = current("A-1", version=2, revision=2, match_mode="mutual")
    back = current("A-1", version=3, revision=3)
    history = [
        *told(first, second),
        link(first, second),
        *told(agreed),
        link(first, second, order=3),
        *told(back),
        link(first, second, order=4),
    ]
    assert [event["ask_first"] for _, event in await heard(DESK, history, "incidents")] == [["TJ-DCA"], [], ["TJ-DCA"]]


async def test_rule_5_never_said_later_takes_a_link_back_and_is_not_replayed() -> None:
    first, second = two()
    kept_back = current("A-1", version=2, revision=2, match_mode="never")
    history = [*told(first, second), link(first, second), *told(kept_back), link(first, second, order=3, status="withdrawn")]
    live = await heard(DESK, history, "incidents")
    assert [event["status"] for _, event in live] == ["proposed", "withdrawn"]
    assert await heard(DESK, history, "incidents", replayed=True) == []
    # Who was shown it, and comes back behind it, hears that it is gone.
    assert [event["status"] for _, event in await heard(DESK, [*told(kept_back, second), history[-1]], "incidents")] == ["withdrawn"]


@pytest.mark.parametrize(("mode", "shown"), [(None, True), ("mutual", True), ("never", False)])
async def test_of_a_report_that_the_feed_has_no_longer_the_store_says_the_mode(mode: str | None, shown: bool) -> None:
    first, second = two(mode)
    events = await heard(DESK, [*told(second), link(first, second)], "incidents", older={UUID(first["report_uuid"]): facts(first)})
    assert bool(events) is shown
    assert await heard(DESK, [*told(second), link(first, second)], "incidents") == []


# --- rule 3: ids ------------------------------------------------------------------------------------------------------------


def shown() -> Mapping[str, Callable[[str], Json]]:
    """Everything with an id of the centre's own, as it leaves for an agency."""
    first, second = current("A-1"), current("B-1", originator="KG-DCS")
    proposal = incident(first, second)
    stored = {**proposal, "first": summarise(first), "second": summarise(second), "at": "2026-11-22T00:00:00Z", "ask_first": []}
    conflict = {"conflict": str(uuid4()), "since": "2026-11-22T00:00:00Z", "sides": [{"delivery": "TJ-DCA/CD-1"}], "near": []}
    alert = {"id": str(uuid4()), "agency": "TJ-DCA", "person": "n.rahimov", "exercise": "exercise-osh", "answered_by": None}
    letter = {"letter": str(uuid4()), "origin": "live.seizures/0/1", "agency": "TJ-DCA", "problems": []}
    return {
        "report": lambda agency: answers.summary(IDS, agency, summarise(first)),
        "receipt": lambda agency: answers.receipt(IDS, agency, receipt(first)),
        "proposal": lambda agency: answers.proposal(IDS, agency, stored),
        "incident": lambda agency: answers.incident(IDS, agency, proposal),
        "letter": lambda agency: answers.letter(IDS, agency, letter),
        "conflict": lambda agency: answers.conflict(IDS, agency, conflict),
        "alert": lambda agency: answers.alert(IDS, agency, alert),
    }


@pytest.mark.parametrize("kind", shown())
def test_rule_3_two_recipients_of_one_thing_have_no_id_in_common(kind: str) -> None:
    made = shown()[kind]
    mine, theirs = orjson.dumps(made("CARICC")), orjson.dumps(made("UZ-SCC"))
    sealed = re.compile(rb'"((?:report|receipt|letter|incident|conflict|alert)-[A-Za-z0-9_-]{20,})"')
    assert not RAW_ID.search(mine)
    assert set(sealed.findall(mine))
    assert not set(sealed.findall(mine)) & set(sealed.findall(theirs))


async def test_rule_3_the_alert_of_an_exercise_is_known_by_its_sealed_id_alone(
    centre: Centre, http: httpx.AsyncClient, token: TokenFor
) -> None:
    raw = str(uuid4())
    who = {"agency": "TJ-DCA", "person": "n.rahimov", "exercise": "exercise-osh", "at": "2026-11-22T00:00:00Z"}
    centre.tail.real[raw] = {"id": raw, **who, "answered_by": "CARICC/a.bekova", "answered": "2026-11-22T00:01:00Z"}
    # As if Kafka had been read to its end: there is none in these tests.
    centre.tail._caught_up.set()
    centre.tail._answered = asyncio.get_running_loop().time()
    bearer = {"Authorization": f"Bearer {token('CARICC', 'coordinator', 'a.bekova')}"}
    sealed = centre.ids.seal("alert", "CARICC", UUID(raw).bytes)
    found = await http.post(f"/v1/real-alerts/{sealed}/answered", headers=bearer)
    assert (found.status_code, found.json()["id"]) == (200, sealed)
    others = [raw, "alert-x", centre.ids.seal("alert", "UZ-SCC", UUID(raw).bytes), centre.ids.seal("alert", "CARICC", uuid4().bytes)]
    refused = [await http.post(f"/v1/real-alerts/{id}/answered", headers=bearer) for id in others]
    assert {(one.status_code, one.content) for one in refused} == {(404, refused[0].content)}

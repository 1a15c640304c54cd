"""What watchers of controlled deliveries get: only those who take part, and nothing that tells of what is hidden from them."""

import random
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import orjson
import pytest

from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.store.rooms import may_hear, to_ask
from streams.store.visibility import Viewer
from tests.delivery_cases import ANALYST, CHIEF, DUTY, FOLLOWER, IN_THE_ROOM, LEAD, OTHER_DUTY, OUTSIDE, Json, Recorded, history
from tests.unit.deliveries.office import CENTRE, DELIVERY
from tests.unit.gateway.test_delivery import nobody

Told = tuple[str, Json]


def noted(told: Iterable[Told]) -> Rooms:
    rooms = Rooms()
    for offset, (channel, body) in enumerate(told):
        if channel == "deliveries.current" and body["type"] == "delivery":
            rooms.take(body, offset)
    return rooms


def live(told: list[Told], viewer: Viewer) -> list[Told]:
    """As they come: an event or ring once the snapshot written with it is noted."""
    rooms, held, got = Rooms(), deque[tuple[int, Told]](), []
    for offset, (channel, body) in enumerate(told):
        held.append((offset, (channel, body)))
        if channel != "deliveries.current" or body["type"] != "delivery":
            continue
        rooms.take(body, offset)
        got.append(rooms.event(viewer, channel, offset, body))
        held.pop()
        while held and (held[0][1][0] == "deliveries.current" or rooms.ready(held[0][1][1])):
            at, (of, waiting) = held.popleft()
            got.append(rooms.event(viewer, of, at, waiting))
    assert not held
    return [one for one in got if one is not None]


def plain(got: list[Told]) -> bytes:
    """As bytes, without the ids of rings, which are sealed on their way out (`test_the_id_of_a_ring_counts_nothing`)."""
    return orjson.dumps([(name, {field: value for field, value in data.items() if field != "ring"}) for name, data in got])


def resumed(told: list[Told], viewer: Viewer, since: int) -> list[Told]:
    """To one who comes back after everything has happened, having seen the first `since` records."""
    rooms = noted(told)
    found = [rooms.event(viewer, channel, offset, body) for offset, (channel, body) in enumerate(told) if offset >= since]
    return [one for one in found if one is not None]


@pytest.mark.parametrize("time", range(6))
def test_rule_1_duress_changes_no_byte_of_what_the_room_gets(time: int) -> None:
    # Drawn here and not in the list of cases, which every process of a distributed run must make the same.
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    loud, loud_steps = history(seed, duress=True)
    quiet, quiet_steps = history(seed, duress=False)
    assert any(body.get("audience") for channel, body in loud.told if channel == "deliveries.events"), "the code was given"
    for viewer in IN_THE_ROOM:
        assert plain(live(loud.told, viewer)) == plain(live(quiet.told, viewer))
        for after_loud, after_quiet in zip(loud_steps, quiet_steps, strict=True):
            assert plain(resumed(loud.told, viewer, after_loud)) == plain(resumed(quiet.told, viewer, after_quiet))
    for viewer in (DUTY, CHIEF):
        kinds = [data["kind"] for name, data in live(loud.told, viewer) if name == "ring"]
        # The supervisors' rung is at +3: by chance every one may have been resolved before.
        assert kinds.count("duress") == sum(ring["kind"] == "duress" and may_hear(viewer, ring["told"]) for ring in loud.rings)
    assert any(ring["kind"] == "duress" for ring in loud.rings)


@pytest.mark.parametrize("viewer", OUTSIDE)
def test_who_takes_no_part_gets_nothing(viewer: Viewer) -> None:
    office, _ = history(1, duress=True)
    assert live(office.told, viewer) == []
    assert resumed(office.told, viewer, 0) == []


def test_rings_go_to_whom_they_tell() -> None:
    office = Recorded()
    office.running()
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    office.pass_minutes(3)
    rings = {viewer: [data["minute"] for name, data in live(office.told, viewer) if name == "ring"] for viewer in (LEAD, FOLLOWER, DUTY)}
    assert rings == {LEAD: [0], FOLLOWER: [0], DUTY: [3]}


def test_a_shortfall_reaches_the_supervisor_of_the_leads_agency_past_the_room() -> None:
    office = Recorded()
    office.running(2)
    weighed = [{"substance": "heroin", "kg": "20", "uncertainty_kg": "0.05"}]
    office.must("TJ-DCA/n.rahimov", "check_in", eyes_on=True, weighed=weighed)
    chief = Viewer("b.oss", "TJ-DCA", "TJ", "officer", supervises=True)
    # Named nowhere in the room, the chief is told of this alone; without the flag, of nothing; nor is another agency's chief.
    told = live(office.told, chief)
    assert [(name, data["kind"], data["minute"]) for name, data in told] == [("ring", "shortfall", 0)]
    assert "short of what is booked" in told[0][1]["reason"]
    for nobody_told in (replace(chief, supervises=False), replace(chief, agency="UZ-NCDC", country="UZ"), replace(chief, role="analyst")):
        assert live(office.told, nobody_told) == []
    follower = live(office.told, Viewer("b.oss", "KG-SCNBC", "KG", "officer", supervises=True))
    assert "shortfall" not in [data["kind"] for name, data in follower if name == "ring"]


AWAY = Viewer("v.eli", CENTRE, None, "supervisor")
"""A supervisor of the centre whom the lead did not name in the room."""


def test_the_supervisors_rung_reaches_one_who_is_not_in_the_room_and_says_whom_to_ask() -> None:
    office = Recorded()
    office.running(2)
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    office.pass_minutes(4)
    assert live(office.told, AWAY) == [], "the desk has its minutes first"
    office.pass_minutes(11)
    told = live(office.told, AWAY)
    assert {(name, data["kind"]) for name, data in told} == {("ring", "alert")}
    assert (told[0][1]["minute"], told[-1][1]["minute"]) == (5, 15)
    assert all(data.keys() == {"ring", "delivery", "alarm", "kind", "minute", "at", "ask"} for _, data in told), "nothing of the delivery"
    assert told[0][1]["ask"] == ["CARICC/d.duty", "CARICC/s.super"]
    for other in (replace(AWAY, role="coordinator"), replace(AWAY, agency="UZ-NCDC"), replace(AWAY, role="steward")):
        assert live(office.told, other) == []
    office.must("CARICC/d.duty", "alarm_resolved", alarm="1", reason="встали на заправку")
    before = len(told)
    office.pass_minutes(30)
    assert "alert" not in [data["kind"] for _, data in live(office.told, AWAY)[before:]], "it is resolved"
    assert "alert" not in [data["kind"] for _, data in resumed(office.told, AWAY, 0)], "and was, for one who comes back later"


def test_where_nobody_of_the_centre_is_in_the_room_the_lead_is_to_be_asked() -> None:
    visibility = {"lead": "TJ-DCA", "agencies": ("KG-SCNBC", "TJ-DCA"), "members": ("TJ-DCA/n.rahimov",)}
    assert to_ask(visibility) == ["TJ-DCA"]


def test_of_duress_a_supervisor_who_is_not_in_the_room_hears_too() -> None:
    office = Recorded()
    office.running(2)
    office.must("TJ-DCA/n.rahimov", "check_in", eyes_on=True, duress=True)
    office.pass_minutes(3)
    assert [(data["kind"], data["minute"]) for _, data in live(office.told, AWAY)] == [("duress", 3)]


def test_a_shortfall_is_told_to_the_centres_supervisors_at_once_for_nobody_knows_whether_the_lead_has_one() -> None:
    office = Recorded()
    office.running(2)
    weighed = [{"substance": "heroin", "kg": "20", "uncertainty_kg": "0.05"}]
    office.must("TJ-DCA/n.rahimov", "check_in", eyes_on=True, weighed=weighed)
    assert [(data["kind"], data["minute"]) for _, data in live(office.told, AWAY)] == [("shortfall", 0)]
    (said,) = [event["what"] for event in office.events if event["kind"] == "alarm"]
    assert said["past_the_room"] == ["TJ-DCA/supervisor", "CARICC/supervisor"]


def test_of_what_an_analyst_reads_nothing_rings() -> None:
    office = Recorded()
    office.running(2)
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    office.pass_minutes(20)
    assert {name for name, _ in live(office.told, ANALYST)} == {"delivery", "delivery-event"}
    assert "ring" in {name for name, _ in live(office.told, FOLLOWER)}


def test_who_leaves_the_room_is_told_once_and_sees_no_more_not_even_what_was() -> None:
    office = Recorded()
    office.running(2)
    office.must("KG-SCNBC/t.eam", "room", enters=["KG-SCNBC/t.eam", "KG-SCNBC/l.ater"])
    before = len(office.told)
    office.must("KG-SCNBC/l.ater", "room", leaves=["KG-SCNBC/t.eam"])
    left = len(office.told)
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    assert live(office.told, FOLLOWER)[-1] == ("withdrawn", {"delivery": DELIVERY})
    assert resumed(office.told, FOLLOWER, before) == [("withdrawn", {"delivery": DELIVERY})]
    assert resumed(office.told, FOLLOWER, left) == []
    assert resumed(office.told, OTHER_DUTY, 0) == []


def test_of_many_snapshots_one_who_comes_back_gets_the_newest() -> None:
    office, _ = history(3, duress=False)
    snapshots = [data for name, data in resumed(office.told, LEAD, 0) if name == "delivery"]
    assert [one["hash"] for one in snapshots] == [office.board["hash"]]
    versions = [data["version"] for name, data in live(office.told, LEAD) if name == "delivery"]
    assert versions == sorted(versions)
    assert len(versions) > 10


def test_an_event_waits_for_the_snapshot_that_was_written_with_it() -> None:
    office = Recorded()
    office.requested()
    rooms, clock = Rooms(), count()
    event = next(body for channel, body in office.told if channel == "deliveries.events")
    assert not rooms.ready(event)
    first, *_ = [body for channel, body in office.told if channel == "deliveries.current" and body["type"] == "delivery"]
    rooms.take(first, next(clock))
    assert rooms.ready(event)
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    later = [body for channel, body in office.told if channel == "deliveries.events"][-1]
    assert not rooms.ready(later)


async def test_the_id_of_a_ring_counts_nothing() -> None:
    office = Recorded()
    office.running(2)
    office.must("TJ-DCA/n.rahimov", "alert", reason="колонна")
    rooms, feed = noted(office.told), find_feed("deliveries")
    assert feed is not None
    ring = next(body for channel, body in office.told if channel == "deliveries.rings")
    ids = Ids(bytes(range(64)))
    delivery = Delivery(LEAD, feed, ids, Standing, lambda: rooms, nobody)
    event = await delivery.event(Seen(0, 1, 0, ring, "deliveries.rings"), datetime.now(UTC))
    assert event is not None
    assert ring["ring"] not in event[1]["ring"]
    assert ids.unseal("ring", LEAD.agency, event[1]["ring"]) == UUID(ring["ring"]).bytes
    assert ids.unseal("ring", FOLLOWER.agency, event[1]["ring"]) is None


# Leak rule 4: of what meets the guard the room learns nothing but those who are warned.
@pytest.mark.parametrize("time", range(3))
def test_a_match_is_shown_to_who_is_warned_and_changes_no_byte_for_others(time: int) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    warned, steps = guarded(seed, matches=True)
    quiet, quiet_steps = guarded(seed, matches=False)
    for viewer in (FOLLOWER, ANALYST, *OUTSIDE):
        assert plain(live(warned.told, viewer)) == plain(live(quiet.told, viewer))
        for after, after_quiet in zip(steps, quiet_steps, strict=True):
            assert plain(resumed(warned.told, viewer, after)) == plain(resumed(quiet.told, viewer, after_quiet))
    for viewer in (LEAD, DUTY):
        got = live(warned.told, viewer)
        boards = [{alarm["kind"] for alarm in data["alarms"]} for name, data in got if name == "delivery"]
        assert any("guard_match" in kinds for kinds in boards), "the board shows it, not only the ring"
        assert {data["kind"] for name, data in got if name == "ring"} >= {"guard_match"}
        assert "watch_match" in {data["kind"] for name, data in got if name == "delivery-event"}


def guarded(seed: int, *, matches: bool) -> tuple[Recorded, list[int]]:
    """A delivery on its first leg; with `matches` reports meet what it has under watch. How many records there were after each step."""
    chance = random.Random(seed)
    office = Recorded()
    office.running(2)
    steps = [len(office.told)]
    for number in range(14):
        act, minutes, met = chance.randrange(4), chance.randrange(9), chance.random() < 0.5 or number == 0
        if act == 0:
            office.act("KG-SCNBC/t.eam", "alert", reason="колонна")
        elif act == 1:
            office.act("TJ-DCA/n.rahimov", "check_in", eyes_on=True)
        if matches and met:
            handling = {"originator": "KG-SDCA", "tlp": chance.choice(("GREEN", "RED"))}
            found = {"on": [{"kind": "plate", "how": "number"}], "handling": handling, "countries": ["KG"], "closed": False}
            match = {"type": "match", "delivery": DELIVERY, "report": f"KG-SDCA/R-{number}", "revision": 1, "held": True, **found}
            office.take(match | {"at": office.now.isoformat()})
        elif met:
            chance.choice((1, 2))
        office.pass_minutes(minutes)
        steps.append(len(office.told))
    return office, steps

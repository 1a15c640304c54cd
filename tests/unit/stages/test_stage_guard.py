"""The guard on the reports' side: what meets a watch, what is kept in, and that whoever reports learns nothing of it."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from schemas.receipts import Receipt
from schemas.records import CurrentReport
from schemas.watching import WatchedElsewhere, WatchMatch
from streams.engine.effects import Emit, Record
from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.reference.load import load
from streams.reference.watching import Watches, mark
from streams.stages import deduplicate, guard, intake
from streams.stages.opening import about
from streams.store.duty import may_know, unseen
from streams.store.visibility import Viewer
from tests.examples import ASSISTANCE
from tests.unit.duty.house import ANNA, BORIS, VERA, House
from tests.unit.stages.building import AT, Memory, decision, enriched, of, record, report, run, withdrawal

DELIVERY = "KZ-KNB/CD-7"
CONTAINER, PLATE = "MSKU1234565", {"kind": "truck", "registration": "01 KG 777 ABC", "country": "KG"}
REPORTS = deduplicate.stage()
NOW = datetime.fromtimestamp(AT / 1000, UTC)


def watch(*keys: str, delivery: str = DELIVERY, names: tuple[str, ...] = (), places: tuple[Any, ...] = (), **more: Any) -> bytes:
    numbers = [{"key": key, "by": "KZ-KNB", "grounds": "form", "part": None} for key in keys]
    value = {"type": "watch", "delivery": delivery, "since": "2026-11-21T00:00:00Z", "by": "KZ-KNB/a", "members": ["KZ-KNB/a.lead"]}
    return orjson.dumps(value | {"countries": ["KG", "KZ"], "numbers": numbers, "names": names, "places": places} | more)


def watching(*keys: str, **more: Any) -> Watches:
    watches = Watches()
    watches.take(DELIVERY.encode(), watch(*keys, **more))
    return watches


def raw(sent: dict[str, Any], offset: int, agency: str = "KG-SDCA", person: str = "p.atrol") -> Record:
    channel = {"intelligence": "intelligence", "assistance_request": "assistance-requests"}.get(
        sent.get("withdraws", sent["kind"]), "seizures"
    )
    who = (("ric_agency", agency.encode()), ("ric_person", person.encode()))
    key = f"{sent['handling']['originator']}/{sent['report_id']}".encode()
    return record(sent, channel, key=key, offset=offset, headers=who)


def found(watches: Watches, sent: dict[str, Any], person: str = "p.atrol") -> list[dict[str, Any]]:
    (emit,) = (each for each in intake.stage(load, watches).decide(raw(sent, 1, person=person), Memory()) if isinstance(each, Emit))
    assert emit.channel == "reports.enriched", emit.value
    told: list[dict[str, Any]] = orjson.loads(emit.value or b"")["about"].get("watched", [])
    return told


def theirs(**more: Any) -> dict[str, Any]:
    return report(originator="KG-SDCA", **more)


HOW = [
    ("container:MSKU1234565", {"containers": [{"number": "msku 123456-5"}]}, True),
    ("container:MSKU1234565", {"containers": [{"number": "MSKU1234569"}]}, True),  # a wrong check digit
    ("plate:KG:01KG777ABC", {"conveyances": [PLATE]}, True),
    ("plate:KG:01KG777ABC", {"conveyances": [{"kind": "trailer", "registration": "01КG777АВС"}]}, True),  # Cyrillic, no country
    ("plate:KG:01KG777ABC", {"conveyances": [PLATE | {"country": "UZ"}]}, False),
    ("plate:KG:01KG777ABC", {"documents": [{"kind": "other", "number": "01-KG-777-ABC"}]}, True),
    ("plate:KG:01KG777ABC", {"narrative": "На посту остановить 01 KG 777 ABC завтра утром"}, True),
    ("plate:KG:01KG777ABC", {"narrative": "номер ۰۱ KG ۷۷۷ ABC"}, True),
    ("plate:KG:01KG777ABC", {"title": "01KG777АВС"}, True),
    ("cmr:7704512", {"documents": [{"kind": "tir", "number": "7704512"}]}, True),
    ("seal:UZ88120", {"containers": [{"number": "TGHU7654320", "seals": ["UZ-88120"]}]}, True),
    ("imo:9074729", {"conveyances": [{"kind": "vessel", "imo": "IMO 9074729"}]}, True),
    ("phone:+996555123456", {"phones": [{"number": "+996 555 123456"}]}, False),
]


@pytest.mark.parametrize(("key", "bearing", "holds"), HOW, ids=[str(n) for n in range(len(HOW))])
def test_a_number_is_known_however_it_is_written_and_holds_where_one_thing_bears_it(key: str, bearing: dict[str, Any], holds: bool):
    (match,) = found(watching(key), theirs(**bearing))
    assert (match["delivery"], match["holds"]) == (DELIVERY, holds)
    assert found(watching(key), theirs()) == []
    assert found(Watches(), theirs(**bearing)) == []


def test_a_name_and_a_place_at_its_time_only_warn():
    names = ("name:KRMV+RSTM",)
    keys = [key for name in ("Рустам Каримов", "Karimov Rustam") for key in load().name_keys(name).keys]
    watches = watching(names=tuple(keys) or names)
    suspect = {"kind": "person", "names": ["Каримов Рустам"]}
    (match,) = found(watches, theirs(parties=[suspect], place={"country": "KG"}))
    assert not match["holds"]
    assert match["on"] == [{"kind": "name", "how": "name"}]
    spot = {"country": "TJ", "names": ["panji poyon"], "lat": 37.2, "lon": 68.6}
    near = spot | {"begins": "2026-03-17T20:00:00Z", "ends": "2026-03-18T02:00:00Z"}
    (match,) = found(watching(places=(near,)), theirs())
    assert (match["holds"], match["on"]) == (False, [{"kind": "place", "how": "place"}])
    assert found(watching(places=(near | {"begins": "2026-03-18T01:00:00Z"},)), theirs()) == []


def test_an_import_is_kept_in_and_never_only_warns():
    watches = watching("container:MSKU1234565", "phone:+996555123456")
    for bearing, matches in (({"phones": [{"number": "+996 555 123456"}]}, 0), ({"containers": [{"number": CONTAINER}]}, 1)):
        given = raw(theirs(**bearing), 1)._replace(channel="reports.bulk", topic="live.reports.bulk")
        (emit,) = (each for each in intake.stage(load, watches).decide(given, Memory()) if isinstance(each, Emit))
        assert len(orjson.loads(emit.value or b"")["about"].get("watched", [])) == matches


def test_those_who_are_named_in_the_room_report_as_ever_and_their_colleagues_do_not():
    watches = watching("container:MSKU1234565", members=["KG-SDCA/p.atrol"])
    bearing = theirs(containers=[{"number": CONTAINER}])
    assert found(watches, bearing) == []
    assert found(watches, bearing, person="s.omebody")[0]["holds"]


def test_what_ends_is_under_watch_no_more():
    watches = watching("container:MSKU1234565")
    watches.take(b"UZ-SCC/CD-2", watch("plate:KG:01KG777ABC", delivery="UZ-SCC/CD-2"))
    watches.take(DELIVERY.encode(), None)
    watches.take(b"TJ-DCA/CD-unknown", None)
    assert found(watches, theirs(containers=[{"number": CONTAINER}])) == []
    assert [match["delivery"] for match in found(watches, theirs(conveyances=[PLATE]))] == ["UZ-SCC/CD-2"]


# --- a report's life under the guard -----------------------------------------------------------------------------------------


def watched(given: Record, *deliveries: str, holds: bool = True) -> Record:
    """The record as intake makes it of a report that meets a watch."""
    item = orjson.loads(given.value or b"")
    noted = about(item["report"], item["enrichment"]) | {
        "watched": [{"delivery": one, "holds": holds, "on": [{"kind": "container", "how": "number"}]} for one in deliveries]
    }
    last = {name: item.pop(name) for name in ("enrichment", "report")}
    return given._replace(value=orjson.dumps(item | {"about": noted} | last))


def unguard(why: str, offset: int, delivery: str = DELIVERY) -> Record:
    return record({"type": "unguard", "delivery": delivery, "why": why}, key=b"TJ-DCA/2026-0117", offset=offset)


def outline(emits: list[Emit]) -> list[str]:
    return sorted({emit.channel for emit in emits})


def test_a_match_keeps_the_report_in_and_says_so_to_the_delivery_alone():
    state = Memory()
    emits = run(REPORTS, state, watched(enriched(report(release=[{"partner": "EU-EUROPOL"}]), 1), DELIVERY))
    assert outline(emits) == ["deliveries.matches", "feed", "receipts", "reports.current"]
    (match,) = of(emits, "deliveries.matches")
    WatchMatch.model_validate(match)
    assert (match["report"], match["revision"], match["held"]) == ("TJ-DCA/2026-0117", 1, True)
    (current,) = of(emits, "reports.current")
    assert current["guard"] == {"for": ["TJ-DCA"]}
    assert current["hold"] is None
    CurrentReport.model_validate(current)
    (item,) = of(emits, "feed")
    assert item["change"]["guard"] == {"for": ["TJ-DCA"]}


def test_revisions_of_what_is_kept_in_stay_in_until_it_is_let_out():
    state = Memory()
    run(REPORTS, state, watched(enriched(report(), 1), DELIVERY))
    emits = run(REPORTS, state, enriched(report(2), 2))
    assert of(emits, "reports.current")[0]["guard"]
    assert of(emits, "sightings") == of(emits, "deliveries.matches") == []
    emits = run(REPORTS, state, unguard("ended", 3))
    assert [change["change"] for change in of(emits, "reports.current")] == ["released"]
    assert "guard" not in of(emits, "reports.current")[0]
    assert of(emits, "sightings")
    assert of(emits, "feed")[0]["before"]["guard"] == {"for": ["TJ-DCA"]}
    (call,) = of(emits, "receipts")
    Receipt.model_validate(call)
    assert {name: value for name, value in call.items() if value is not None}.keys() == {
        "receipt", "origin", "agency", "status", "contact", "at"
    }  # fmt: skip
    assert (call["status"], call["agency"]) == ("call_us", "TJ-DCA")
    assert run(REPORTS, state, unguard("ended", 4)) == []


def test_what_was_out_is_called_back_when_a_revision_meets_the_watch():
    state = Memory()
    run(REPORTS, state, enriched(report(release=[{"partner": "EU-EUROPOL"}]), 1))
    emits = run(REPORTS, state, watched(enriched(report(2, release=[{"partner": "EU-EUROPOL"}]), 2), DELIVERY))
    assert [candidate["act"] for candidate in of(emits, "bridges.candidates")] == ["recall"]
    assert all(sighting["gone"] for sighting in of(emits, "sightings"))
    assert "guard" not in of(emits, "feed")[0]["before"]


def test_a_weak_match_tells_and_keeps_nothing_in():
    emits = run(REPORTS, Memory(), watched(enriched(report(), 1), DELIVERY, holds=False))
    assert "guard" not in of(emits, "reports.current")[0]
    assert of(emits, "sightings")
    assert of(emits, "deliveries.matches")[0]["held"] is False


def test_what_one_delivery_let_out_by_name_it_keeps_in_no_more_and_another_still_does():
    state = Memory()
    run(REPORTS, state, watched(enriched(report(), 1), DELIVERY, "UZ-SCC/CD-2"))
    assert run(REPORTS, state, unguard("released", 2)) == []
    emits = run(REPORTS, state, unguard("ended", 3, "UZ-SCC/CD-2"))
    assert of(emits, "receipts")[0]["status"] == "call_us"
    emits = run(REPORTS, state, watched(enriched(report(2), 4), DELIVERY))
    assert "guard" not in of(emits, "reports.current")[0]
    assert of(emits, "deliveries.matches")[0]["held"] is False


def test_the_same_report_again_is_no_second_match():
    state = Memory()
    run(REPORTS, state, watched(enriched(report(), 1), DELIVERY))
    assert outline(run(REPORTS, state, watched(enriched(report(), 2), DELIVERY))) == ["receipts"]
    assert run(REPORTS, state, watched(enriched(report(), 1), DELIVERY)) == []


def test_a_hold_and_an_embargo_stand_beside_the_guard():
    state = Memory()
    run(REPORTS, state, watched(enriched(report(), 1), DELIVERY))
    assert of(run(REPORTS, state, decision("hold", 2)), "reports.current")[0]["hold"]["by"] == "c.duty"
    emits = run(REPORTS, state, unguard("ended", 3))
    assert (of(emits, "feed"), of(emits, "sightings")) == ([], [])
    assert of(run(REPORTS, state, decision("release", 4)), "feed")


def test_a_report_held_over_its_withdrawal_is_gone_for_all_but_its_originator():
    state = Memory()
    run(REPORTS, state, watched(enriched(report(), 1), DELIVERY))
    (change,) = of(run(REPORTS, state, enriched(withdrawal(), 2)), "reports.current")
    assert (change["withdrawn"], change["guard"]) == (True, {"for": ["TJ-DCA"]})


# --- noninterference (leak rules 1 and 4) ------------------------------------------------------------------------------------

OWN = Viewer("p.atrol", "KG-SDCA", "KG", "officer")
OTHERS = (
    Viewer("b.serik", "KZ-KNB", "KZ", "officer"),
    Viewer("d.coord", "CARICC", None, "coordinator"),
    Viewer("s.chief", "CARICC", None, "supervisor"),
    Viewer("a.nalyst", "KG-GP", "KG", "analyst"),
)


def traffic(chance: random.Random) -> list[Record]:
    """What one agency sends: reports, revisions, repeats, conflicts, withdrawals, embargoes; some bear the container under watch."""
    sent: list[dict[str, Any]] = []
    for _ in range(14):
        bears = {"containers": [{"number": CONTAINER}]} if not sent or chance.random() < 0.4 else {}
        embargo = {"embargo_until": (NOW + timedelta(hours=1)).isoformat()} if chance.random() < 0.15 else {}
        roll, before = chance.random(), chance.choice(sent or [{}])
        name, last = (
            before.get("report_id", f"R-{len(sent)}"),
            max((one["revision"] for one in sent if one["report_id"] == before.get("report_id")), default=0),
        )
        if roll < 0.4 or not before:
            name, revision = f"R-{len(sent)}", 1
        elif roll < 0.7:
            revision = last + chance.choice((1, 2))
        elif roll < 0.8:
            sent.append(before)
            continue
        elif roll < 0.9:
            revision = chance.randrange(1, last + 1)
        else:
            kind = next((one.get("withdraws", one["kind"]) for one in sent if one["report_id"] == name), "seizure")
            sent.append(withdrawal(last + 1, originator="KG-SDCA", report_id=name) | {"withdraws": kind})
            continue
        tlp = chance.choice(("CLEAR", "GREEN", "AMBER", "RED"))
        place = {"country": chance.choice(("KG", "KZ"))}
        made = theirs(revision=revision, report_id=name, tlp=tlp, place=place, title=chance.choice(("a", "b")), **bears, **embargo)
        before = next((one for one in sent if one["report_id"] == name), None)
        asks = chance.random() < 0.4 if before is None else before.get("withdraws", before["kind"]) == "assistance_request"
        sent.append(request(made) if asks else made)
    return [raw(one, number) for number, one in enumerate(sent)]


def request(made: dict[str, Any]) -> dict[str, Any]:
    """The same as a request for assistance; a container under watch stands in its words."""
    kept = {name: made[name] for name in ("report_id", "revision", "handling", "issued", "title") if name in made}
    numbers = " ".join(one["number"] for one in made.get("containers", ()))
    said = {name: ASSISTANCE[name] for name in ("kind", "priority", "subject", "addressees")}
    return said | kept | {"priority": "flash", "request": f"Остановите фуру {numbers}", "countries": [made["place"]["country"]]}


def lived(records: list[Record], watches: Watches) -> list[Emit]:
    """All that the centre writes of these records."""
    taking, states, emits, offset = intake.stage(load, watches), {}, [], 0  # type: ignore[var-annotated]
    for given in records:
        for taken in taking.decide(given, Memory()):
            assert isinstance(taken, Emit)
            if taken.channel != "reports.enriched":
                emits.append(taken)
                continue
            offset += 1
            state = states.setdefault(taken.key, Memory())
            emits += run(REPORTS, state, record(taken.value, key=taken.key, offset=offset))
    return emits


def unmarked(emits: list[Emit], channel: str) -> list[dict[str, Any]]:
    """What is written on a channel, without the guard's mark, which tells who alone may see it."""
    told = [value or {} for value in of(emits, channel)]
    for value in told:
        for each in (value, value.get("change", {}), value.get("before", {})):
            if isinstance(each, dict):
                each.pop("guard", None)
    return told


async def watched_by(viewer: Viewer, emits: list[Emit]) -> list[Any]:
    """Every event that the viewer's feed shows."""

    async def nobody(uuid: UUID) -> None:
        return None

    standing, feed, events = Standing(), find_feed("all"), []
    assert feed is not None
    delivery = Delivery(viewer, feed, Ids(bytes(range(64))), lambda: standing, Rooms, nobody)
    items = of(emits, "feed")
    for offset, item in enumerate(items):
        standing.take(item["change"], offset, AT)
        if (event := await delivery.event(Seen(0, offset, AT, item), NOW)) is not None:
            events.append(event)
    return events


@pytest.mark.parametrize("number", range(12))
async def test_whoever_reports_sees_the_same_with_and_without_the_delivery(number: int):
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    records = traffic(random.Random(seed))
    without, with_it = lived(records, Watches()), lived(records, watching("container:MSKU1234565"))
    for channel in ("receipts", "reports.rejected", "reports.current", "feed", "timers"):
        assert unmarked(with_it, channel) == unmarked(without, channel), channel
    assert await watched_by(OWN, with_it) == await watched_by(OWN, without)
    # For everybody else what the guard keeps in was never there.
    kept_in = {current["key"] for current in of(with_it, "reports.current") if "guard" in current}
    for viewer in OTHERS:
        told = await watched_by(viewer, with_it)
        elsewhere = [emit for emit in without if emit.key.decode() not in kept_in]
        before = [emit for emit in with_it if emit.key.decode() in kept_in and b'"guard":' not in (emit.value or b"")]
        if not any(emit.channel == "feed" for emit in before):
            assert told == await watched_by(viewer, elsewhere)
        shown = orjson.dumps(told)
        for current in of(with_it, "reports.current"):
            if "guard" in current and current["revision"] == 1:
                assert current["report"]["report_id"].encode() + b'"' not in shown
    matched = {(match["report"], match["revision"]) for match in of(with_it, "deliveries.matches")}
    assert kept_in
    assert of(without, "deliveries.matches") == []
    assert len(of(with_it, "deliveries.matches")) == len(matched)


def desk(emits: list[Emit], room: tuple[str, ...] = (ANNA,)) -> House:
    """The centre's duty over what it is told: Anna is named in the delivery's room, Boris and Vera are not."""
    house = House()
    house.delivery(DELIVERY, room)
    for person in (ANNA, BORIS, VERA):
        house.must(person, "on")
    for emit in emits:
        if emit.channel == "duty.inbox":
            house.take(orjson.loads(emit.value or b""), emit.key.decode())
    return house


def page(house: House, viewer: Viewer, without: set[str]) -> list[bytes]:
    """What the viewer's page is made of, byte by byte, but for these reports. The number of a record is shown to nobody."""
    items = [item for item in house.items.values() if may_know(viewer, item) and item["about"].get("report") not in without]
    return sorted(orjson.dumps({name: value for name, value in item.items() if name != "number"}) for item in items)


OUTSIDE = Viewer("v.era", "CARICC", None, "coordinator")
INSIDE = Viewer("a.nna", "CARICC", None, "coordinator")


@pytest.mark.parametrize("number", range(12))
def test_a_coordinator_who_is_not_in_the_room_has_the_same_page_with_and_without_the_delivery(number: int):
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    records = traffic(random.Random(seed))
    without, with_it = lived(records, Watches()), lived(records, watching("container:MSKU1234565"))
    kept_in = {current["key"] for current in of(with_it, "reports.current") if "guard" in current}
    there, here = desk(without), desk(with_it)
    assert page(here, OUTSIDE, kept_in) == page(there, OUTSIDE, kept_in)
    # Of what is kept in he has at most what he had before it was; and how often the duty is told is no sign either.
    assert not {item["about"]["report"] for item in here.open.values() if may_know(OUTSIDE, item)} & kept_in
    assert [emit.key for emit in with_it if emit.channel == "duty.inbox"] == [emit.key for emit in without if emit.channel == "duty.inbox"]
    # Anna has each that her desk could have read, and the delivery's name.
    asked = {item["about"]["report"] for item in there.open.values() if item["kind"] == "request"} & kept_in
    held = {item["about"]["report"]: item for item in here.open.values() if "held" in item["about"]}
    assert held.keys() == asked
    assert all(may_know(INSIDE, item) and item["responsible"] == ANNA for item in held.values())


def test_a_flash_that_is_kept_in_rings_for_the_room_and_says_to_others_nothing_but_that_there_is_a_request():
    sent = request(theirs(containers=[{"number": CONTAINER}], place={"country": "KG"}))
    house = desk(lived([raw(sent, 0)], watching("container:MSKU1234565")))
    (item,) = (one for one in house.open.values() if "held" in one["about"])
    assert (item["responsible"], item["accepted"], item["members"]) == (ANNA, None, [ANNA])
    assert (item["about"]["held"], item["about"]["priority"]) == (DELIVERY, "flash")
    house.after(5)
    assert item["item"] in [name for _, name in house.rung]
    hidden = orjson.dumps(unseen(house.items[item["item"]], NOW + timedelta(hours=1)))
    assert house.items[item["item"]]["rings"] == 1
    assert not any(word in hidden for word in (b"KZ-KNB", b"KG-SDCA", b"held", b"flash", b"R-0"))


def test_what_one_of_two_deliveries_lets_go_is_an_item_of_the_other_room_alone_until_that_lets_go_too():
    sent, state, other = request(report(place={"country": "KG"})), Memory(), "UZ-SCC/CD-2"
    emits = run(REPORTS, state, watched(enriched(sent, 1), DELIVERY, other))
    for offset, (delivery, held) in enumerate(((DELIVERY, [other]), (other, [])), 2):
        emits += (after := run(REPORTS, state, unguard("released", offset, delivery)))
        assert [told["held"] for told in of(after, "duty.inbox")] == [held]
        house = desk(emits)
        assert {item["about"].get("held") for item in house.open.values() if item["kind"] == "request"} == (set(held) or {None})
    assert [item["members"] for item in house.open.values() if item["kind"] == "request"] == [None]


@pytest.mark.parametrize("ends", ["released", "ended"])
def test_the_desk_that_reports_itself_sees_its_own_request_as_ever(ends: str):
    sent = request(report(originator="CARICC", containers=[{"number": CONTAINER}]))
    second = sent | {"revision": 2, "subject": "иначе"}
    histories = []
    for watches in (Watches(), watching("container:MSKU1234565")):
        taking, state, emits = intake.stage(load, watches), Memory(), []  # type: ignore[var-annotated]
        for offset, one in enumerate((sent, second)):
            (taken,) = (each for each in taking.decide(raw(one, offset, "CARICC", "v.era"), Memory()) if isinstance(each, Emit))
            emits += run(REPORTS, state, record(taken.value, key=taken.key, offset=offset))
        emits += run(REPORTS, state, record({"type": "unguard", "delivery": DELIVERY, "why": ends}, key=b"CARICC/2026-0117", offset=2))
        histories.append(desk(emits))
    there, here = histories
    assert page(here, OUTSIDE, set()) == page(there, OUTSIDE, set())
    assert len(page(there, OUTSIDE, set())) == 1


# --- between reports and deliveries ------------------------------------------------------------------------------------------


def test_a_match_goes_to_the_delivery_that_watches():
    match = {"type": "match", "delivery": DELIVERY}
    (emit,) = run(guard.matches(), Memory(), record(match, "deliveries.matches", key=DELIVERY.encode()))
    assert (emit.channel, emit.key, orjson.loads(emit.value or b"")) == ("deliveries.inbox", DELIVERY.encode(), match)


def test_two_deliveries_that_watch_one_number_are_both_told_and_neither_of_which():
    stage, state = guard.meetings(), Memory()

    def say(delivery: str, *keys: str) -> list[Emit]:
        value = watch(*keys, delivery=delivery) if keys else None
        return run(stage, state, record(value, "deliveries.watch", key=delivery.encode()))

    assert say(DELIVERY, "container:MSKU1234565", "phone:+996555123456") == []
    assert say("UZ-SCC/CD-2", "phone:+996555123456") == []
    told = say("UZ-SCC/CD-2", "container:MSKU1234565", "phone:+996555123456")
    assert sorted(emit.key.decode() for emit in told) == [DELIVERY, "UZ-SCC/CD-2"]
    for emit in told:
        value = orjson.loads(emit.value or b"")
        WatchedElsewhere.model_validate(value)
        assert (value["delivery"], value["kinds"]) == (emit.key.decode(), ["container"])
    assert say("UZ-SCC/CD-2", "container:MSKU1234565") == []
    assert say(DELIVERY) == say("UZ-SCC/CD-2") == []
    assert state.values == {}


def test_marks_leave_out_what_people_get_wrong():
    assert mark("container:MSKU1234565") == mark("container:MSKU1234569")
    assert mark("plate:KG:01KG777ABC").country == "KG"
    assert mark("vehicle_registration:KG:01KG777ABC") == mark("plate:KG:01KG777ABC")

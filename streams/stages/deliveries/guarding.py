"""The guard of a live delivery: what it has under watch, what met it, and what is let out again (decision 0808, leak rule 4).

From READY until its last part has ended a delivery watches what its signed form names, what its parts bear, and what a party adds with its
grounds. Who is in control, the lead and the room's coordinators learn that something met it, and whom to call; nobody learns what was said.
"""

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any

import orjson

from schemas.acts import MatchReleased, Request, Watch
from schemas.handling import is_matched
from schemas.watching import MOST_NUMBERS
from streams.engine.effects import Emit, Record, State
from streams.reference.agencies import MEMBERS
from streams.reference.identifiers import Identifiers, tight
from streams.reference.names import name_keys
from streams.reference.watching import HOLDING, MOST_ON, mark, telling
from streams.stages.deliveries import keeping
from streams.stages.deliveries.acting import CENTRE, Deed, No, event
from streams.stages.deliveries.alarms import FOR_THE_WATCHERS, guard_audience, raise_alarm, watchers
from streams.stages.deliveries.case import Alarm, Case, Json
from streams.stages.naming import utc
from streams.stages.numbering import numbers_named
from streams.stages.timers import milliseconds
from streams.stages.watching import CHANNEL, unguard

SAID = ("match", "looked_back", "watched_elsewhere")
"""What the guard says into a delivery's inbox."""

KINDS = frozenset({*FOR_THE_WATCHERS, "watched_elsewhere"})
MOST_ADDED = 20
MOST_NAMES = 200
MOST_TOLD = 200
"""Matches of one delivery that are told each, and as many of reports from before it; of what comes after them only one in so many: a
flood must not drown the acts."""
AROUND_MS = int(timedelta(hours=3).total_seconds() * 1000)
"""Before and after a planned time, what is reported at its place is told."""

DESK = "the centre's desk"

# The country that a machine-readable zone names is of no use here: only it needs the table of countries.
_CHECK = Identifiers({}).check


def noted(case: Case, act: Request) -> None:
    """What the form names, and what of it cannot be watched. A draft that is replaced forgets the one before."""
    form = act.form.model_dump(mode="json", exclude_none=True)
    bearing = {name: form.get(name) or [] for name in ("containers", "conveyances", "parties")}
    bearing["documents"] = (form.get("customs") or {}).get("documents") or []
    numbers: dict[str, Json] = {}
    refused: list[Json] = []
    for seal in form.get("seals") or []:
        _take(numbers, refused, "seal", seal, None, {"by": f"{case.lead}", "grounds": "form"})
    for _, kind, number, country in numbers_named(bearing):
        _take(numbers, refused, kind, number, country, {"by": f"{case.lead}", "grounds": "form"})
    for number in list(numbers)[MOST_NUMBERS - MOST_ADDED :]:
        refused.append({"number": number.rpartition(":")[2], "reason": f"a form puts {MOST_NUMBERS - MOST_ADDED} numbers under watch"})
        del numbers[number]
    names = [name for party in bearing["parties"] for name in party["names"]]
    keys = dict.fromkeys(key for name in names for key in name_keys(name).keys)
    case.guard |= {"numbers": numbers, "names": list(keys)[:MOST_NAMES], "refused": refused[:MOST_NUMBERS]}


def _take(numbers: dict[str, Json], refused: list[Json], kind: str, number: str, country: str | None, why: Json) -> None:  # noqa: PLR0917
    found = _CHECK(kind, number, country)
    if problem := _problem(kind, found.key, country):
        refused.append({"number": number[:40], "reason": problem})
    else:
        numbers.setdefault(found.key, why)


def _problem(kind: str, key: str, country: str | None) -> str | None:
    """Why a number cannot be under watch."""
    value = mark(key).value if key else ""
    if not telling(value):
        return f"{value or 'nothing'} has fewer than five characters, or too few different ones: it would meet everything"
    if kind == "plate" and country is None:
        return f"number plate {value} is without its country: other states give the same one"
    return None


def watch(deed: Deed) -> None:
    """A party puts numbers under watch, with its grounds, or takes off what it or another has added, or a name."""
    act: Watch = deed.act
    case = deed.case
    numbers: dict[str, Json] = case.guard["numbers"]
    for given in act.drops:
        if named := [key for key in name_keys(given).keys if key in case.guard["names"]]:
            # A name only warns, and one that many bear warns too often.
            case.guard["names"] = [key for key in case.guard["names"] if key not in named]
            continue
        found = [key for key, why in numbers.items() if why["grounds"] != "form" and mark(key).value == mark(f"any:{tight(given)}").value]
        if not found:
            raise No(f"{given} was not added to what is under watch", "numbers of the signed form stay under watch", "drops")
        for key in found:
            del numbers[key]
    for place, value in enumerate(act.adds):
        found_key = _CHECK(value.kind, value.number, value.country).key
        if problem := _problem(value.kind, found_key, value.country):
            raise No(problem, "give the whole number, and for a number plate its country", f"adds[{place}].number")
        numbers.setdefault(found_key, {"by": deed.who, "grounds": value.grounds, "part": act.part})
    if act.part is not None and act.part not in case.parts:
        raise No(f"there is no part {act.part}", f"the parts are {', '.join(case.parts)}", "part")
    added = sum(why["grounds"] != "form" for why in numbers.values())
    if added > MOST_ADDED or len(numbers) > MOST_NUMBERS:
        raise No(f"beside its form a delivery has at most {MOST_ADDED} numbers under watch", "drop what is not needed", "adds")
    deed.tell({"adds": [f"{value.kind} {value.number}: {value.grounds}" for value in act.adds], "drops": list(act.drops)})


def let_out(deed: Deed) -> None:
    """Whoever is in control, the lead or a coordinator lets out a report that the guard keeps in."""
    act: MatchReleased = deed.act
    case = deed.case
    if deed.officer.role not in CENTRE and deed.agency not in watchers(case):
        raise No("a report is let out by whoever is in control, the lead or a coordinator", "ask them", "act")
    kept = deed.items.get(f"match {act.match}")
    if kept is None:
        raise No(f"there is no match {act.match}", "its name stands in the alarm and in the timeline", "match")
    if not kept["held"]:
        raise No(f"match {act.match} keeps no report in", "nothing is to be let out", "match")
    deed.items[f"match {act.match}"] = kept | {"held": False, "released": deed.who}
    case.guard["kept"].pop(act.match, None)
    if kept["report"] is not None:
        case.guard["released"].append(kept["report"])
    what = {"match": act.match, "reason": act.reason, **deed.note}
    deed.events.append(event(act.act, None, None, what, audience=guard_audience(case)))


def heard(case: Case, item: Json, state: State, now: int) -> tuple[list[Json], list[Any]]:
    """The guard's word: lines for the timeline, and effects."""
    if item["type"] == "match":
        return _matched(case, item, state, now)
    return _elsewhere(case, item, state, now) if item["type"] == "watched_elsewhere" else (_looked_back(case, item, now), [])


def _matched(case: Case, item: Json, state: State, now: int) -> tuple[list[Json], list[Any]]:
    """A report meets what is under watch. What comes too late, or was let out by name, is let out.

    One from before the watch keeps nothing in, and is told where nothing was told of that report yet, by whichever way.
    """
    name = f"report {item['report']}"
    received = item.get("received")
    known = keeping.item(case.delivery, name, state)
    if known is not None and (received is not None or (known["revision"] >= item["revision"] and known["held"] >= item["held"])):
        return [], []
    if case.guard["since"] is None:
        return [], [unguard(case.delivery, item["report"], "ended")] if item["held"] else []
    if known is None:
        case.guard["matches"] += 1
        case.guard["before"] += received is not None
    # Counted apart: old reports, however many, leave what arrives now its place.
    count = case.guard["before"] if received is not None else case.guard["matches"] - case.guard["before"]
    drowned = known is None and count > MOST_TOLD and count % MOST_TOLD != 0
    if drowned and not item["held"]:
        return [], []
    match = known["match"] if known is not None else f"m{case.guard['matches']}"
    before = keeping.item(case.delivery, f"match {match}", state) or {}
    passed = before.get("released") is not None
    held = item["held"] and not passed
    effects: list[Any] = [
        keeping.keep_item(case.delivery, name, {"match": match, "revision": item["revision"], "held": item["held"]}),
        keeping.keep_item(case.delivery, f"match {match}", {"report": item["report"], "released": before.get("released"), "held": held}),
    ]
    if item["held"] and passed:
        effects.append(unguard(case.delivery, item["report"], "released"))
    if drowned:
        return [], effects
    _keep(case, match, [each["kind"] for each in item["on"]], now, held=held)
    contact = _contact(case, item)
    kinds = sorted({each["kind"].replace("_", " ") for each in item["on"]})
    fate = "it is held" if held else "it is out"
    reason = f"{match}: a report meets what is under watch ({', '.join(kinds)}); {fate}. Call {contact}"
    if received is not None:
        # In the same words whatever keeps it in besides, which is not for all who are told.
        reason = (
            f"{match}: a report of {received[:16]}Z, from before the watch, meets what is under watch ({', '.join(kinds)});"
            f" take it to be out. Call {contact}"
        )
    on = [f"{each['kind']} ({each['how']})" for each in item["on"]]
    strong = any(each["how"] in ("number", "text") and each["kind"] in HOLDING for each in item["on"])
    what = {"match": match, "again": known is not None, "held": held, "strong": strong, "on": on, "contact": contact}
    if received is not None:
        what["received"] = received
    kind = "guard_match" if strong and received is None else "guard_warning"
    if kind == "guard_match" and contact == DESK:
        reason = _neutral(match, [each["kind"] for each in item["on"]], held=held)
    alarm = raise_alarm(case, kind, now, reason, about=match, contact=contact)
    return [event("watch_match", None, None, what, audience=guard_audience(case)), alarm], effects


def _looked_back(case: Case, item: Json, now: int) -> list[Json]:
    """More reports from before the watch meet it than are told each: how many, once for each look."""
    if case.guard["since"] is None or item["look"] <= case.guard["looked"]:
        return []
    case.guard["looked"] = item["look"]
    found, told = item["found"], item["told"]
    reason = f"{found} reports from before the watch meet what is under watch; the {told} most urgent are told each. Call {DESK}"
    return [raise_alarm(case, "guard_warning", now, reason, contact=DESK)]


def _elsewhere(case: Case, item: Json, state: State, now: int) -> tuple[list[Json], list[Any]]:
    """Another delivery watches the same number: the coordinators of both rooms are to speak with each other.

    Where the signed form names the number, who is in control is told too, as of a report that he may not know of, and nothing in it tells
    which of the two it is: it has a match, which can be let out, and lets out nothing. All that is met elsewhere is one match, or whoever
    adds and drops numbers there could fill the alarms here. A number that one officer alone put under watch asks for nothing so: it would
    be as easy as a guess.
    """
    guard = case.guard
    if guard["since"] is None:
        return [], []
    kinds = ", ".join(kind.replace("_", " ") for kind in item["kinds"])
    reason = f"another delivery has the same number under watch ({kinds}): ask the supervisor"
    lines = [raise_alarm(case, "watched_elsewhere", now, reason)]
    numbers = {_marked(key) for key, why in guard["numbers"].items() if why["grounds"] == "form"}
    theirs = sorted(numbers & set(item.get("numbers", ())))
    if not theirs:
        return lines, []
    again = guard["elsewhere"] is not None
    if not again:
        guard["matches"] += 1
        guard["elsewhere"] = f"m{guard['matches']}"
    match: str = guard["elsewhere"]
    released = (keeping.item(case.delivery, f"match {match}", state) or {}).get("released")
    held = released is None
    on = sorted({name.partition(":")[0] for name in theirs})[:MOST_ON]
    _keep(case, match, on, now, held=held)
    reason = _neutral(match, on, held=held)
    what = {"match": match, "again": again, "held": held, "strong": True, "on": [f"{kind} (number)" for kind in on], "contact": DESK}
    lines += [
        event("watch_match", None, None, what, audience=guard_audience(case)),
        raise_alarm(case, "guard_match", now, reason, about=match, contact=DESK),
    ]
    return lines, [keeping.keep_item(case.delivery, f"match {match}", {"report": None, "released": released, "held": held})]


def _neutral(match: str, on: Iterable[str], *, held: bool) -> str:
    """Of what those who are told may not know more, not even whether it is a report."""
    kinds = ", ".join(sorted({kind.replace("_", " ") for kind in on}))
    fate = "it is held" if held else "it is out"
    return f"{match}: what the centre learned meets what is under watch ({kinds}); {fate}. Call {DESK}"


def _keep(case: Case, match: str, on: Iterable[str], now: int, *, held: bool) -> None:
    """Among what is kept in, since it was first."""
    standing = case.guard["kept"].pop(match, None)
    if held:
        since = standing["since"] if standing is not None else utc(now)
        case.guard["kept"][match] = {"since": since, "on": sorted(set(on))}


def _marked(key: str) -> str:
    found = mark(key)
    return f"{found.family}:{found.value}"


def announced(case: Case, record: Record, state: State) -> tuple[list[Json], list[Any]]:
    """What is under watch, where it is another than before: lines for the timeline, and effects. At its end everything is let out."""
    guard = case.guard
    if not _live(case, record.at):
        if guard["since"] is None:
            return [], []
        effects: list[Any] = [Emit(CHANNEL, case.delivery.encode(), None, partition=0)]
        for number in range(1, guard["matches"] + 1):
            kept = keeping.item(case.delivery, f"match m{number}", state)
            if kept is not None and kept["held"]:
                effects += [unguard(case.delivery, kept["report"], "ended")] if kept["report"] is not None else []
                effects.append(keeping.keep_item(case.delivery, f"match m{number}", kept | {"held": False}))
        guard |= {"since": None, "digest": "", "kept": {}, "elsewhere": None}
        case.alarms = [alarm for alarm in case.alarms if alarm.kind not in KINDS]
        return [event("watch_ends", None, None, {})], effects
    lines = []
    if guard["since"] is None:
        guard["since"] = utc(record.at)
        refused = [f"{each['number']}: {each['reason']}" for each in guard["refused"]]
        lines.append(event("watch_begins", None, None, {"numbers": len(_numbers(case)), "refused": refused}))
    effects = [unguard(case.delivery, report, "released") for report in guard["released"]]
    guard["released"] = []
    value = _value(case)
    digest = blake2b(orjson.dumps(value), digest_size=9).hexdigest()
    if digest != guard["digest"]:
        guard["digest"] = digest
        effects.append(Emit(CHANNEL, case.delivery.encode(), orjson.dumps(value), partition=0))
    for alarm in case.alarms:
        if alarm.kind in FOR_THE_WATCHERS:
            _passed_on(case, alarm)
    return lines, effects


def _passed_on(case: Case, alarm: Alarm) -> None:
    """Control has passed on: so has the alarm. Whom to call was decided for those who watched then; whoever joins them calls the centre."""
    before, alarm.audience = alarm.audience or [], guard_audience(case)
    if alarm.contact is not None and any(each not in before for each in alarm.audience):
        alarm.reason, alarm.contact = f"{alarm.reason.removesuffix(alarm.contact)}{DESK}", DESK


def embargo(case: Case) -> int | None:
    """When the last embargo of a strike ends; None where there is none."""
    return max((part.strike["embargo_until"] or 0 for part in case.parts.values() if part.strike is not None), default=0) or None


def _live(case: Case, now: int) -> bool:
    """From READY to the end of the last part, and of the embargo after it; a checklist that is opened again does not end it."""
    if case.guard["since"] is not None and (embargo(case) or 0) > now:
        return True
    if not any(part.live for part in case.parts.values()):
        return False
    return case.status in ("ready", "running") or (case.status == "declared" and case.guard["since"] is not None)


def _numbers(case: Case) -> dict[str, Json]:
    """Key → by whom and why, with the seals that the parts bear now: where they are very many, those of the parts sealed last."""
    borne: dict[str, Json] = {}
    for part in sorted(case.parts.values(), key=lambda part: part.sealed_at, reverse=True):
        for seal in part.seals if part.live or part.strike is not None else ():
            if (key := _of_seal(seal)) and key not in case.guard["numbers"]:
                borne.setdefault(key, {"by": part.last, "grounds": "part", "part": part.name})
    return {**case.guard["numbers"], **dict(islice(borne.items(), MOST_NUMBERS))}


@lru_cache(maxsize=4_096)
def _of_seal(seal: str) -> str | None:
    """The key of a seal that can be under watch; every act asks for those of all parts."""
    key = _CHECK("seal", seal, None).key
    return key if _problem("seal", key, None) is None else None


def _value(case: Case) -> Json:
    """A `DeliveryWatch`."""
    legs = [leg for part in case.parts.values() if part.live for leg in part.legs if leg.number >= part.leg]
    places: dict[bytes, Json] = {}
    for leg in legs:
        for kind in ("entry", "exit"):
            place, planned = leg.plan.get(kind), leg.plan.get(f"{kind}_planned")
            if place is None or planned is None:
                continue
            at, point = milliseconds(planned), place.get("coordinates") or {}
            names = sorted({place[name].casefold() for name in ("name", "crossing", "unlocode", "airport", "locality") if name in place})
            spot = {"country": place.get("country", leg.country), "names": names, "lat": point.get("lat"), "lon": point.get("lon")}
            spot |= {"begins": utc(at - AROUND_MS), "ends": utc(at + AROUND_MS)}
            places[orjson.dumps(spot)] = spot
    return {
        "type": "watch",
        "delivery": case.delivery,
        "since": case.guard["since"],
        "by": case.signed_by,
        "members": case.members,
        "countries": sorted({leg.country for leg in legs}),
        "numbers": [{"part": None, **why, "key": key} for key, why in _numbers(case).items()],
        "names": case.guard["names"],
        "places": list(places.values()),
    }


def _contact(case: Case, item: Json) -> str:
    """The reporting agency's duty desk where all agencies that are told may know of the report, and of what meets it; else the centre's."""
    handling, countries = item["handling"], item["countries"]
    known = is_matched(handling) and not item["closed"] and all(may_know(agency, handling, countries) for agency in watchers(case))
    return f"the duty desk of {handling['originator']}" if known else DESK


def may_know(agency: str, handling: Json, countries: list[str]) -> bool:
    """Whether each officer of the agency may see a report with this handling that concerns these countries, and that nothing keeps in.

    `streams.store.visibility` decides that where a report is given out, and a stage may not ask it. Never yes where that says no; no for
    agencies outside the member states that are not named, which it may let see one.
    """
    if agency == handling["originator"] or agency in handling.get("recipients", ()):
        return handling["tlp"] in _REACH
    country = agency.partition("-")[0]
    concerned = _REACH.get(handling["tlp"])
    return country in MEMBERS and (concerned == "community" or (concerned == "countries" and country in countries))


_REACH = {"RED": "named", "AMBER+STRICT": "named", "AMBER": "countries", "GREEN": "community", "CLEAR": "community"}
"""Of each label (TLP 2.0), whom it reaches beside its originator and those whom it names."""

"""One record of the deliveries' inbox: what is due comes first, then the act is held against what stands, then what is due after it.

Whatever comes again does nothing again: an act is known by its id and the person, a timer by what is due.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.acts import ACT, CheckIn, Officer
from schemas.problems import Problem, problems
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.stages import timers
from streams.stages.deliveries import (
    alarms,
    answering,
    consents,
    contact,
    devices,
    ending,
    evidence,
    handover,
    holding,
    keeping,
    merging,
    opening,
    parts,
    plans,
    posts,
    room,
    telling,
)
from streams.stages.deliveries.acting import CENTRE, Deed, No, Where, happened, identify, inside, permit, told
from streams.stages.deliveries.case import Case, Json, Part
from streams.stages.deliveries.clocks import Fired, answered, fire, next_due
from streams.stages.deliveries.guarding import SAID, announced, heard, let_out, noted, watch
from streams.stages.deliveries.states import ALWAYS
from streams.stages.refusal import Sender, refuse

INBOX = "deliveries.inbox"
TIMER = "delivery"
MOST_ACT_BYTES = 262_144
MOST_UNCONFIRMED = 200
MOST_SNAPSHOT_BYTES = 2_621_440
"""Beyond it only a stop, a loss or an alert is applied: alarms, of which each part may have one of every kind, and ten alerts more, still
fit into the topic."""

DEEDS: dict[str, Callable[[Deed], None]] = {
    "request": opening.request,
    "signature": opening.signature,
    "posts_informed": posts.informed,
    "ready": opening.ready,
    "ready_confirmed": opening.ready_confirmed,
    "start": opening.start,
    "consent": consents.given,
    "provisional_consent": consents.given,
    "conditional_consent": consents.given,
    "conditions_accepted": consents.accepted,
    "refusal": consents.refused,
    "revocation": consents.revoked,
    "offer": handover.offered,
    "receiver_in_place": handover.in_place,
    "acceptance": handover.accepted,
    "crossed": contact.crossed,
    "check_in": contact.check_in,
    "tracked": contact.tracked,
    "device_placed": devices.placed,
    "device_removed": devices.removed,
    "radio_shadow": contact.radio_shadow,
    "contact_lost": contact.contact_lost,
    "control_lost": contact.control_lost,
    "regained": contact.regained,
    "alert": contact.alert,
    "stop_request": holding.stop_requested,
    "held": holding.held,
    "resumed": holding.resumed,
    "strike": ending.strike,
    "strike_ready": ending.strike_ready,
    "strike_called_off": ending.called_off,
    "delivered_under_watch": ending.delivered,
    "secured": ending.secured,
    "intervened": ending.intervened,
    "aborted": ending.aborted,
    "weighing": ending.weighed,
    "closed": ending.closed,
    "evaluated": ending.evaluated,
    "split": parts.split,
    "merge": merging.merge,
    "route_change": parts.route_changed,
    "room": room.used,
    "voice_confirmed": room.confirmed,
    "evidence": evidence.entered,
    "watch": watch,
    "match_released": let_out,
    "alarm_acknowledged": alarms.acknowledged,
    "alarm_resolved": alarms.resolved,
}


def stage(where: Where) -> Stage:
    """The stage: one inbox, state by delivery. `where` tells the country of a point that lies in it beyond doubt."""
    return Stage("deliveries", (INBOX,), partial(decide, where), poisoned, stateful=True)


def decide(where: Where, record: Record, state: State) -> list[Effect]:
    """What one act or due time changes, and who is told what."""
    delivery, item = (record.key or b"").decode(), orjson.loads(record.value or b"")
    if item["type"] in ("due", "fix", "deconfliction", "duty"):
        return _told(where, record, state, delivery, item)
    if item["type"] in SAID:
        return _guarded(record, state, delivery, item)
    officer = Officer.model_validate(item["by"])
    name = _named(item["act"])
    try:
        act = _read(delivery, item["act"], len(record.value or b""))
        return _act(where, record, state, act, officer, item)
    except No as no:
        case = keeping.recall(delivery, state)
        about = case if case is not None and inside(case, officer.agency, officer.person, officer.role, "") else None
        return [telling.answer(record, delivery, officer, name, _refused(no, about, None))]


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter for the steward, and an answer where it can be told to whom: the act was not applied."""
    what = Problem(field="(whole act)", reason=reason[:400] or "unreadable")
    letters: list[Effect] = [*refuse(record, "deliveries", Sender(None), [what])]
    try:
        item = orjson.loads(record.value or b"")
        officer = Officer.model_validate(item["by"])
    except (ValueError, TypeError, KeyError):
        return letters
    said = {
        "status": "refused",
        "reason": "the centre could not process this act: nothing changed",
        "mend": "tell the coordinator by voice",
    }
    return [*letters, telling.answer(record, (record.key or b"").decode(), officer, _named(item.get("act")), said)]


def _told(where: Where, record: Record, state: State, delivery: str, item: Json) -> list[Effect]:
    """The clock's word, a device's, that of deconfliction, or of the duty."""
    case = keeping.recall(delivery, state)
    if case is None:
        return []
    if item["type"] == "due" and timers.rings(record, item, TIMER, case.wake):
        case.wake = None
    fired = fire(case, record.at)
    effects: list[Effect] = [*_tell(record, case, fired)]
    if item["type"] == "fix" and (lines := devices.told(case, item, record.at, where)):
        effects += telling.timeline(case, record, lines)
        effects += _tell(record, case, fire(case, record.at))
    answered = (item["type"] == "deconfliction" and plans.answered(case, item)) or (item["type"] == "duty" and answering.noted(case, item))
    return [*effects, *_settle(record, state, case, changed=answered or bool(effects))]


def _guarded(record: Record, state: State, delivery: str, item: Json) -> list[Effect]:
    """The guard's word: a report meets what is under watch, others met it before, or another delivery watches the same."""
    case = keeping.recall(delivery, state)
    if case is None:
        return []
    effects = _tell(record, case, fire(case, record.at))
    lines, more = heard(case, item, state, record.at)
    effects += telling.timeline(case, record, lines)
    effects += _tell(record, case, fire(case, record.at))
    return [*effects, *more, *_settle(record, state, case, changed=bool(effects))]


def _act(where: Where, record: Record, state: State, act: Any, officer: Officer, sent: Json) -> list[Effect]:  # noqa: PLR0917
    """Raises No only where nothing at all is to be remembered."""
    delivery, person, now, raw = act.delivery, f"{officer.agency}/{officer.person}", record.at, sent["act"]
    case = keeping.recall(delivery, state)
    fresh = case is None and act.act == "request"
    if case is None:
        if not fresh:
            raise No(telling.NO_SUCH)
        case = opening.opened(delivery, act, officer)
    elif not _may_know(case, act, officer):
        raise No(telling.NO_SUCH)
    digest = evidence.sealed({name: value for name, value in raw.items() if name != "sent"})
    before = keeping.received(delivery, str(act.id), state)
    if before is not None:
        return [telling.answer(record, delivery, officer, str(act.id), _again(before, person, digest, case, officer, act.act))]

    fired = fire(case, now)
    pinned: Json = {"terms": sent.get("written_due_hours", {}), "known": sent.get("known_agencies")}
    deed = Deed(case, act, officer, now, where, happened(act, now), **pinned)
    try:
        identify(deed)
        permit(deed)
        name = act.item if act.act == "evidence" else f"match {act.match}" if act.act == "match_released" else None
        if name is not None and (item := keeping.item(delivery, name, state)) is not None:
            deed.items[name] = item
        DEEDS[act.act](deed)
        deed.events += [*answered(case), *consents.replanned(case)]
        if act.act == "request":
            noted(case, act)
        _note_voice(deed)
        effects = _tell(record, case, fired)
        effects += telling.timeline(case, record, deed.events, telling.Doing(act, officer, deed.happened))
        effects += _tell(record, case, fire(case, now))
        settled: list[Effect] = [*(plans.announce(case, record) if act.act in plans.TOUCHING else ())]
        settled += _settle(record, state, case, changed=True)
        _fits(act.act, settled)
    except No as no:
        if fresh:
            raise
        # What was due stays done; of the act nothing does, but that it was made under duress, and when a consent was said.
        case = keeping.recall(delivery, state)
        assert case is not None
        if not told(case, officer, act.act):
            raise No(telling.NO_SUCH) from no
        effects = _tell(record, case, fire(case, now))
        if isinstance(act, CheckIn):
            silent = contact.under_duress(case, act, person, now)
            effects += telling.timeline(case, record, silent, telling.Doing(act, officer, deed.happened))
            effects += _tell(record, case, fire(case, now))
        remains = replace(deed, case=case, events=[])
        noticed = isinstance(no, consents.Late) and consents.remembered(remains)
        if noticed:
            effects += telling.timeline(case, record, remains.events)
            effects += _tell(record, case, fire(case, now))
        # Where nothing was due either, what is kept stands as it is, and its timer is out.
        awake = noticed or bool(effects) or (case.wake is not None and case.wake <= now)
        settled = _settle(record, state, case, changed=noticed or bool(effects)) if awake else []
        said = _refused(no, case, case.parts.get(no.part.name) if no.part is not None else None)
    else:
        settled += [keeping.keep_item(delivery, name, item) for name, item in deed.items.items()]
        if act.act == "request":
            settled.append(telling.form(case, record, {"form": raw["form"]}))
        said = {"status": "applied", "stands": None, "version": None}
        if told(case, officer, act.act):
            said |= {"stands": telling.what_stands(case, case.parts.get(act.part or "")), "version": case.version}
    kept = keeping.receive(delivery, str(act.id), {"w": person, "d": digest, "a": said})
    return [*effects, *settled, kept, telling.answer(record, delivery, officer, str(act.id), said)]


def _refused(no: No, case: Case | None, part: Part | None) -> Json:
    """What is told of a refusal; of what stands only where it is said what does."""
    stands = telling.what_stands(case, part) if case is not None else None
    version = case.version if case is not None else None
    return {"status": "refused", "reason": no.reason, "field": no.field, "mend": no.mend, "stands": stands, "version": version}


def _fits(act: str, settled: list[Effect]) -> None:
    """Raises No where an act would make the delivery larger than can be told: then no alarm of it could be told either."""
    size = max((len(effect.value or b"") for effect in settled if isinstance(effect, Emit)), default=0)
    if size > MOST_SNAPSHOT_BYTES and act not in ALWAYS:
        raise No("the delivery has grown too large for this", "end parts, shorten papers, or open a second delivery")


def _tell(record: Record, case: Case, fired: Fired) -> list[Effect]:
    return [*telling.timeline(case, record, fired.events), *telling.rung(case, record, fired.rings)]


def _settle(record: Record, state: State, case: Case, *, changed: bool) -> list[Effect]:
    """The snapshot where something changed, the timer where another is needed, and the case as it is kept."""
    effects: list[Effect] = []
    devices.over(case, record.at)
    lines, watched = announced(case, record, state)
    effects += [*telling.timeline(case, record, lines), *watched]
    if changed or lines:
        case.version += 1
        effects.append(telling.snapshot(case, record))
        effects += answering.told(case, record)
    due = next_due(case)
    effects += devices.announced(case, record)
    # A timer that comes too early does no harm, and there are many check-ins: an earlier one is left to ring.
    if case.wake is None or due is None or not record.at < case.wake <= due:
        effects += timers.wake(record, TIMER, case.wake, due)
        case.wake = due
    return [*effects, *keeping.remember(case, state)]


def _read(delivery: str, raw: Any, size: int) -> Any:
    if size > MOST_ACT_BYTES:
        raise No(f"the act has {size} bytes", f"at most {MOST_ACT_BYTES}: put long texts into attachments", "(whole act)")
    try:
        act = ACT.validate_python(raw)
    except ValidationError as error:
        first = problems(error)[0]
        kind = raw.get("act") if isinstance(raw, dict) else None
        field = "act" if first.field == "(whole report)" else first.field.removeprefix(f"{kind}.")
        raise No(first.reason, first.mend or "mend this field and send it as a new act", field) from error
    if act.delivery != delivery:
        raise No("the act is about another delivery", "send it to the delivery that it names", "delivery")
    return act


def _may_know(case: Case, act: Any, officer: Officer) -> bool:
    breaks_in = act.act == "room" and act.break_glass is not None and officer.role in CENTRE
    return breaks_in or inside(case, officer.agency, officer.person, officer.role, act.act)


def _again(before: Json, person: str, digest: str, case: Case, officer: Officer, act: str) -> Json:  # noqa: PLR0917
    if (before["w"], before["d"]) != (person, digest):
        if not told(case, officer, act):
            raise No(telling.NO_SUCH)
        return _refused(No("an act of this id was received with other content", "give every act its own id", "id"), case, None)
    return {**before["a"], "status": "repeated", "first": before["a"]["status"]}


def _note_voice(deed: Deed) -> None:
    act, case = deed.act, deed.case
    if act.by_voice is None or deed.who == f"{deed.officer.agency}/{deed.officer.person}":
        return
    if len(case.unconfirmed) >= MOST_UNCONFIRMED:
        if act.act in ALWAYS:
            return
        raise No("too many entries by voice wait for the officers' word", "have them confirmed first", "by_voice")
    by = f"{deed.officer.agency}/{deed.officer.person}"
    case.unconfirmed[deed.id] = {"act": act.act, "for": deed.who, "by": by, "part": act.part, "means": act.by_voice.means, "at": deed.now}


def _named(act: Any) -> str | None:
    name = act.get("id") if isinstance(act, dict) else None
    return name if isinstance(name, str) and len(name) <= 36 else None

"""The centre's duty: one inbox of one partition, one person who answers for each open item, or the supervisors' list (decision 0810).

What is open comes from the stages that know: deliveries with their alarms, and requests for assistance. Officers come on, accept items one
by one, and go off when nothing is theirs any more. `Desk` (`rosters.py`) is what one record changes: what falls to whom, when it rings.
"""

from hashlib import sha256
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.acts import Officer
from schemas.duty import DUTY_ACT, Accept, ComeOn, DutyAct, Leave, Off, Settle
from schemas.identity import answer_uuid
from schemas.problems import Problem, problems
from streams.engine.effects import Effect, Emit, Record, Stage, State
from streams.stages import kept_in, timers
from streams.stages.naming import utc
from streams.stages.refusal import Sender, refuse
from streams.stages.rosters import TIMER, Desk, Item, name_of

INBOX, ANSWERS = "duty.inbox", "duty.answers"
CENTRE = ("coordinator", "supervisor")
NO_SUCH = Problem(field="item", reason="there is no such item", mend="look at the list again")

Json = dict[str, Any]


def stage() -> Stage:
    """The stage: one inbox of one partition."""
    return Stage("duty", (INBOX,), decide, poisoned, stateful=True)


def decide(record: Record, state: State) -> list[Effect]:
    """What one act, one change of what is open, or one instant changes."""
    item, desk = orjson.loads(record.value or b""), Desk(record, state)
    if item["type"] == "due":
        return _due(record, desk, item)
    if item["type"] == "delivery":
        _delivery(desk, item)
        return desk.effects()
    if item["type"] == "request":
        about = {name: item.get(name) for name in ("report", "priority", "reply_by")}
        # What else keeps it in is not for whoever sees it as his own.
        news = sealed({name: value for name, value in item.items() if name != "held"})
        desk.stands(name_of("request", item["report"]), "request", about, item["members"], is_open=item["open"], news=news)
        kept_in.asked(desk, item)
        return desk.effects()
    officer = Officer.model_validate(item["by"])
    try:
        act: DutyAct = DUTY_ACT.validate_python(item["act"])
    except ValidationError as error:
        return [_answer(record, officer, item["act"], problems(error)[0], None)]
    no = _act(desk, officer, act)
    about_item = desk.item(act.item) if isinstance(act, Accept | Settle) and no is not NO_SUCH else None
    return [*(desk.effects() if no is None else ()), _answer(record, officer, item["act"], no, about_item)]


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter; nothing passes from anybody to anybody."""
    return [*refuse(record, "duty", Sender(None), [Problem(field="(whole record)", reason=reason[:400] or "unreadable")])]


def sealed(item: Json) -> str:
    """What an officer who looks again must notice, in short."""
    return sha256(orjson.dumps(item, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _due(record: Record, desk: Desk, item: Json) -> list[Effect]:
    """A timer counts where it is the one that was armed last, and the broker's time judges."""
    name = (record.key or b"").decode()
    officer = desk.officer(name[1:]) if name.startswith("@") else None
    found = desk.item(name[1:]) if name.startswith("#") else None
    due = officer.due if officer is not None else found.due if found is not None else None
    if due is None or not timers.rings(record, item, TIMER, due):
        return []
    if due > record.at:
        return [timers.ask(record, TIMER, due)]
    if officer is not None:
        desk.leaving(officer)
    elif found is not None:
        desk.ring(found)
    return desk.effects()


def _delivery(desk: Desk, told: Json) -> None:
    """The delivery and each of its alarms."""
    delivery = told["delivery"]
    name = name_of("delivery", delivery)
    found = desk.stands(name, "delivery", {"delivery": delivery}, told["members"], is_open=told["open"], news="")
    open_now = {name_of("alarm", f"{delivery}#{alarm['id']}#{alarm['raised']}"): alarm for alarm in told["alarms"]}
    before: list[str] = desk.noted(f"alarms {delivery}") or []
    for alarm_name, alarm in open_now.items():
        about = {"delivery": delivery, **{each: alarm[each] for each in ("id", "kind", "part", "raised")}}
        one = desk.stands(alarm_name, "alarm", about, told["members"], is_open=True, news=str(alarm["count"]), after=found)
        desk.count(one, alarm["count"])
    for gone in before:
        if gone not in open_now:
            desk.close(gone)
    desk.note(f"alarms {delivery}", list(open_now) or None)
    kept_in.named(desk, delivery, told["members"])


def _act(desk: Desk, officer: Officer, act: DutyAct) -> Problem | None:
    """Do it, or say why not."""
    person = f"{officer.agency}/{officer.person}"
    if officer.role not in CENTRE:
        return Problem(field="act", reason="the duty is the centre's", mend="it is for coordinators and supervisors")
    watch = desk.officer(person)
    if isinstance(act, ComeOn):
        desk.come_on(person, officer.role)
        return None
    if watch is None:
        return Problem(field="act", reason=f"{person} is not on duty", mend="come on duty first")
    if isinstance(act, Leave):
        desk.leaving(watch)
        return None
    if isinstance(act, Off):
        if left := len(desk.of(person)):
            return Problem(field="act", reason=f"{left} items are still yours", mend="each is accepted by somebody, or ends, before you go")
        desk.go_off(watch)
        return None
    item = desk.item(act.item)
    if item is None or not item.may_take(person):
        return NO_SUCH
    if isinstance(act, Settle):
        return _settle(desk, item, person, act)
    if item.responsible == person and item.accepted is not None and item.waiting is None:
        return None
    if item.version != act.seen:
        return Problem(field="seen", reason="it has changed since you looked", mend="look at it again, then accept it")
    desk.accept(item, person)
    return None


def _settle(desk: Desk, item: Item, person: str, act: Settle) -> Problem | None:
    if item.kind != "request":
        return Problem(field="item", reason=f"this is a {item.kind}", mend="it ends on the delivery's board, not here")
    if item.responsible != person or item.accepted is None:
        return Problem(
            field="item", reason=f"it is with {item.responsible or 'nobody'}", mend="accept it first: who settles it answers for it"
        )
    desk.settle(item, act.how)
    return None


def _answer(record: Record, officer: Officer, act: Any, no: Problem | None, item: Item | None) -> Emit:
    name = str(answer_uuid(record.origin))
    made = act.get("id") if isinstance(act, dict) else None
    stands = None if item is None else {"responsible": item.responsible, "since": utc(item.since), "version": item.version}
    value = {
        "answer": name,
        "agency": officer.agency,
        "person": officer.person,
        "act": made if isinstance(made, str) and len(made) <= 36 else None,
        **({"status": "applied"} if no is None else {"status": "refused", **no.model_dump()}),
        "stands": stands,
        "at": utc(record.at),
    }
    return Emit(ANSWERS, name.encode(), orjson.dumps(value))

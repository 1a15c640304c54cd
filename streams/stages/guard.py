"""Between reports and deliveries: what the guard found goes into the delivery's inbox, and two deliveries that watch one number meet here.

Who routes reports does not write into a delivery's inbox itself: readers of it would wait behind every batch of reports under way.
"""

from functools import partial

import orjson

from schemas.problems import Problem
from schemas.receipts import StageName
from streams.engine.effects import Effect, Emit, Record, Remember, Stage, State
from streams.reference.watching import HOLDING, mark
from streams.stages.naming import utc
from streams.stages.refusal import Sender, refuse
from streams.stages.watching import CHANNEL, MATCHES

INBOX = "deliveries.inbox"


def matches() -> Stage:
    """Re-keys each match into the inbox of the delivery that watches."""
    return Stage("matches", (MATCHES,), matched, partial(poisoned, "matches"))


def meetings() -> Stage:
    """One inbox of one partition: state by delivery (what it watches) and by number (who watches it)."""
    return Stage("meetings", (CHANNEL,), met, partial(poisoned, "meetings"), stateful=True)


def matched(record: Record, state: State) -> list[Effect]:
    """The record as it is, by its delivery."""
    if not record.key or record.value is None:
        raise ValueError("a match has its delivery as key")
    return [Emit(INBOX, record.key, record.value)]


def met(record: Record, state: State) -> list[Effect]:
    """Numbers that come under watch while another delivery has them: both are told that there is one, and neither which."""
    delivery = (record.key or b"").decode()
    before = _names(state.get(b"watch %s" % delivery.encode()))
    numbers = orjson.loads(record.value)["numbers"] if record.value is not None else ()
    found = (mark(number["key"]) for number in numbers)
    now = sorted({f"{each.family}:{each.value}" for each in found if each.family in HOLDING})
    effects: list[Effect] = [Remember(b"watch %s" % delivery.encode(), orjson.dumps(now) if now else None)]
    others: dict[str, list[str]] = {}
    for name in sorted(set(before) ^ set(now)):
        key = b"number %s" % name.encode()
        watching = [each for each in _names(state.get(key)) if each != delivery]
        if name in now:
            for other in watching:
                others.setdefault(other, []).append(name)
            watching.append(delivery)
        effects.append(Remember(key, orjson.dumps(watching) if watching else None))
    for other, numbers in sorted(others.items()):
        effects += [_told(record, one, numbers) for one in (delivery, other)]
    return effects


def poisoned(stage: StageName, record: Record, reason: str) -> list[Effect]:
    """A dead letter for the steward: these are the centre's own records."""
    return [*refuse(record, stage, Sender(None), [Problem(field="(whole record)", reason=reason[:400] or "unreadable")])]


def _names(stored: bytes | None) -> list[str]:
    found: list[str] = orjson.loads(stored) if stored else []
    return found


def _told(record: Record, delivery: str, numbers: list[str]) -> Emit:
    kinds = sorted({name.partition(":")[0] for name in numbers})
    value = {"type": "watched_elsewhere", "delivery": delivery, "kinds": kinds, "numbers": sorted(numbers), "at": utc(record.at)}
    return Emit(INBOX, delivery.encode(), orjson.dumps(value))

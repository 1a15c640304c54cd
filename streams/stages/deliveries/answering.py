"""Who at the centre answers for the delivery: what the duty is told of it, and what it says (decision 0810)."""

from hashlib import blake2b

import orjson

from schemas.duty import CENTRE
from streams.engine.effects import Emit, Record
from streams.stages.deliveries.case import Case, Json
from streams.stages.deliveries.states import AGREED
from streams.stages.naming import utc

DUTY = "duty.inbox"


def told(case: Case, record: Record) -> list[Emit]:
    """An `OpenDelivery` where it is another than the last. What was never signed is the lead's own.

    The lead closes a delivery without knowing of alarms that the centre alone hears of: somebody answers for it until they are resolved.
    """
    is_open = case.signed_by is not None and (case.status in AGREED or case.status == "ended" or bool(case.alarms))
    alarms = [
        {"id": alarm.id, "kind": alarm.kind, "part": alarm.part, "raised": utc(alarm.raised), "count": alarm.count} for alarm in case.alarms
    ]
    members = [member for member in case.members if member.startswith(f"{CENTRE}/")]
    value = {"type": "delivery", "delivery": case.delivery, "open": is_open, "members": members, "alarms": alarms if is_open else []}
    digest = blake2b(orjson.dumps(value), digest_size=9).hexdigest()
    if digest == case.duty["digest"] or not (is_open or case.duty["digest"]):
        return []
    case.duty["digest"] = digest
    # One partition: the duty sees all that is open.
    return [Emit(DUTY, case.delivery.encode(), orjson.dumps(value), partition=0)]


def noted(case: Case, item: Json) -> bool:
    """Note who answers; False where it is who did."""
    changed: bool = case.duty["coordinator"] != item["coordinator"]
    case.duty["coordinator"] = item["coordinator"]
    return changed

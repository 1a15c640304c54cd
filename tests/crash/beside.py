"""What the apps beside reports and deliveries get, each directly: so much that every one of them writes state and outputs of it.

The delivery that it is about is none that anybody has requested, so nothing of it meets what the deliveries app decides meanwhile.
Those that reports meet are in `guarded.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid5

import orjson

from schemas.identity import NAMESPACE
from streams.stages.rosters import name_of
from tests.crash.load import Sent

Json = dict[str, Any]
TOLD = {"countries": ["KG", "TJ"], "members": [], "names": [], "places": []}
FOLLOWED = {"part": "A", "kind": "tracker", "silent_after_s": 600, "active": True, "running": True, "profile": "moving", "territory": "TJ"}


def positions(number: int) -> list[Sent]:
    """Four deliveries with a device each, which reports: the timeline is told of its first fix, and the map of it."""
    made: list[Sent] = []
    for each in range(4):
        delivery = f"TJ-DCA/P-{number}-{each}"
        device = str(uuid5(NAMESPACE, delivery))
        watched = {"type": "watched", "devices": {device: FOLLOWED | {"border_at": 0}}}
        made.append(_sent("positions.inbox", delivery, _always(watched)))
        made.append(_sent("positions.inbox", delivery, partial(_fix, device)))
    return made


def _fix(device: str, now: datetime) -> Json:
    return {"type": "fixes", "device": device, "fixes": [{"at": now.isoformat(), "lat": 38.56, "lon": 68.78}]}


def deconfliction(number: int) -> list[Sent]:
    """Two plans that come near each other: supervisors are told, and both are answered when their time has come."""
    return [_sent("deliveries.plans", delivery, partial(_plan, delivery, number)) for delivery in _two(number)]


def _plan(delivery: str, number: int, now: datetime) -> Json:
    # A hundred kilometres from those of the other steps.
    place = {"country": "KZ", "coordinates": {"lat": 44.0 + number, "lon": 66.0}}
    way = {"leg": 1, "kind": "handover", "place": place, "begins": now.isoformat(), "ends": (now + timedelta(hours=1)).isoformat()}
    return {"type": "plan", "delivery": delivery, "number": 1, "stands": True, "changed": now.isoformat(), "places": [way]}


def guard(number: int) -> list[Sent]:
    """Two deliveries that watch one container, of which each is told that there is another."""
    return [_sent("deliveries.watch", delivery, partial(_watch, delivery, number)) for delivery in _two(number)]


def matches(number: int) -> list[Sent]:
    """A report that met the watch of the first."""
    first, _ = _two(number)
    met = {"type": "match", "delivery": first, "report": f"KG-SDCA/M-{number}", "revision": 1, "held": False, "countries": ["KG"]}
    met |= {"on": [{"kind": "container", "how": "number"}], "handling": {"originator": "KG-SDCA", "tlp": "AMBER"}, "closed": False}
    return [_sent("deliveries.matches", first, lambda now: met | {"at": now.isoformat()})]


def _watch(delivery: str, number: int, now: datetime) -> Json:
    # Such a container is in no report that is made up here.
    numbers = [{"key": f"container:QQQU{number:06}0", "by": "TJ-DCA", "grounds": "form", "part": None}]
    return {"type": "watch", "delivery": delivery, "since": now.isoformat(), "by": "TJ-DCA/n.rahimov", "numbers": numbers, **TOLD}


def duty(number: int) -> list[Sent]:
    """An officer comes on duty, a request for assistance falls to whoever came on last, who accepts and settles it."""
    officer, report = f"d.uty-{number}", f"UZ-SCC/S-{number}"
    item = name_of("request", report)
    request = {"type": "request", "report": report, "open": True, "members": None, "priority": "routine", "reply_by": None, "revision": 1}
    return [
        _act(officer, "on"),
        _sent("duty.inbox", report, _always(request)),
        _act(officer, "accept", item=item, seen=2),
        _act(officer, "settle", item=item, how="звонил"),
    ]


def _act(officer: str, act: str, **said: Any) -> Sent:
    by = {"agency": "CARICC", "person": officer, "role": "coordinator", "country": None}
    value = {"type": "act", "by": by, "act": {"id": str(uuid5(NAMESPACE, f"{officer} {act}")), "act": act, **said}}
    return _sent("duty.inbox", f"CARICC/{officer}", _always(value), answered=True)


def everything(number: int) -> list[Sent]:
    """All of it."""
    return [each for app in (positions, deconfliction, guard, matches, duty) for each in app(number)]


def _two(number: int) -> tuple[str, str]:
    return f"TJ-DCA/N-{number}", f"KZ-KNB/N-{number}"


def _always(value: Json) -> Callable[[datetime], Json]:
    return lambda _: value


def _sent(channel: str, key: str, value: Callable[[datetime], Json], *, answered: bool = False) -> Sent:
    def body(now: datetime) -> bytes:
        return orjson.dumps(value(now.astimezone(UTC)))

    return Sent(channel, key.encode(), body, answered=answered)

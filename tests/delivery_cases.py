"""Histories of controlled deliveries as the stage writes them, record by record, for tests of those who read them."""

import random
from typing import Any

import orjson

from streams.engine.effects import Emit
from streams.store.visibility import Viewer
from tests.unit.deliveries.office import CENTRE, Office

Json = dict[str, Any]
READ = ("deliveries.current", "deliveries.events", "deliveries.rings")

LEAD = Viewer("n.rahimov", "TJ-DCA", "TJ", "officer")
UNNAMED = Viewer("c.olleague", "TJ-DCA", "TJ", "officer")
FOLLOWER = Viewer("t.eam", "KG-SCNBC", "KG", "officer")
ANALYST = Viewer("a.nalyst", "KG-SCNBC", "KG", "analyst")
DUTY = Viewer("d.duty", CENTRE, None, "coordinator")
CHIEF = Viewer("s.super", CENTRE, None, "supervisor")
OTHER_DUTY = Viewer("o.ther", CENTRE, None, "coordinator")
STRANGER = Viewer("n.other", "UZ-SCC", "UZ", "officer")
IN_THE_ROOM = (LEAD, FOLLOWER, ANALYST)
OUTSIDE = (UNNAMED, OTHER_DUTY, STRANGER, Viewer("s.super", CENTRE, None, "steward"), Viewer("n.rahimov", "TJ-DCA", "TJ", "contributor"))


class Recorded(Office):
    """An office that keeps what it writes to the topics that others read: `(channel, body)`, in the order of writing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, Json]] = []

    def perform(self, effects: Any) -> None:
        effects = list(effects)
        self.told += [
            (effect.channel, orjson.loads(effect.value or b"")) for effect in effects if isinstance(effect, Emit) and effect.channel in READ
        ]
        super().perform(effects)


def history(seed: int, *, duress: bool, length: int = 30) -> tuple[Recorded, list[int]]:
    """A random delivery of four countries, and how many records there were after each step.

    With `duress` the same officers do the same at the same times, and now and then give the duress code, which the centre then deals with.
    """
    chance = random.Random(seed)
    office = Recorded()
    office.running(2)
    steps = [len(office.told)]
    for _ in range(length):
        act, forced, minutes = chance.randrange(8), chance.random() < 0.4, chance.randrange(12)
        if act < 4:
            office.act("TJ-DCA/n.rahimov", "check_in", eyes_on=chance.random() < 0.9, duress=duress and forced)
        elif act == 4:
            office.act("KG-SCNBC/t.eam", "alert", reason="колонна")
        elif act == 5:
            office.act("TJ-DCA/n.rahimov", "check_in", part="Z", eyes_on=True, duress=duress and forced)
        elif act == 6 and office.alarms:
            kind = [alarm["id"] for alarm in office.board["alarms"] if alarm["audience"] is None][:1]
            for alarm in kind:
                office.act("CARICC/d.duty", "alarm_acknowledged", alarm=alarm)
        if duress:
            _silently(office, forced=forced)
        office.pass_minutes(minutes)
        steps.append(len(office.told))
    return office, steps


def _silently(office: Recorded, *, forced: bool) -> None:
    """The centre acknowledges or resolves what it alone knows of; no id is used up that the others' acts would have."""
    made, office.made = office.made, 10_000 + office.offset
    for alarm in [alarm["id"] for alarm in office.board["alarms"] if alarm["audience"] is not None]:
        office.act(
            "CARICC/d.duty", "alarm_acknowledged" if forced else "alarm_resolved", alarm=alarm, **({} if forced else {"reason": "x"})
        )
    office.made = made


def records(office: Recorded, channel: str) -> list[Json]:
    """What one topic has."""
    return [body for of, body in office.told if of == channel]

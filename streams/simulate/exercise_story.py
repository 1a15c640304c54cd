"""The language of an exercise's story: who acts when, what must then stand, and where to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from streams.simulate.exercise_track import Hush, Track

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Id:
    """The id of the act of an earlier step."""

    of: str


@dataclass(frozen=True, slots=True)
class AlarmId:
    """The id of the alarm of this kind that is open for this part."""

    kind: str
    part: str


@dataclass(frozen=True, slots=True)
class In:
    """So many minutes after the act is sent."""

    minutes: float


@dataclass(frozen=True, slots=True)
class Shows:
    """What the centre must show: of a part what is named, alarms open (`alarm`) and no longer open (`calm`), of the delivery the rest."""

    part: str | None = None
    state: str | None = None
    controller: str | None = None
    hard_stop: int | None = None
    shadow: bool | None = None
    alarm: str | None = None
    calm: str | None = None
    status: str | None = None
    deconflicted: bool | None = None

    def lacking(self, snapshot: Mapping[str, Any]) -> str | None:
        """What a snapshot does not show yet, in words; None: all is there."""
        alarms = {(alarm["kind"], alarm["part"]) for alarm in snapshot["alarms"]}
        if self.status is not None and snapshot["status"] != self.status:
            return f"the delivery is {snapshot['status']}, not {self.status}"
        if self.deconflicted is not None and bool((snapshot["deconfliction"] or {}).get("answered")) is not self.deconflicted:
            return "deconfliction has not answered the plan that stands"
        if self.alarm is not None and (self.alarm, self.part) not in alarms:
            return f"no alarm {self.alarm} is open"
        if self.calm is not None and (self.calm, self.part) in alarms:
            return f"the alarm {self.calm} is still open"
        if self.part is None:
            return None
        part = next((each for each in snapshot["parts"] if each["part"] == self.part), None)
        if part is None:
            return f"there is no part {self.part}"
        found = {
            "state": part["state"],
            "controller": part["controller"],
            "hard_stop": (part["hard_stop"] or {}).get("leg"),
            "shadow": part["clocks"]["shadow_until"] is not None,
        }
        for name, value in found.items():
            wanted = getattr(self, name)
            if wanted is not None and value != wanted:
                return f"{name} of part {self.part} is {value}, not {wanted}"
        return None


@dataclass(frozen=True, slots=True)
class Step:
    """One act of one officer. `says` is told when it is done, `look` where to see it; `refused`: words of the refusal that must come.

    `inject` names what is trained here.
    """

    name: str
    who: str
    act: str
    said: Json
    says: str
    look: str = ""
    shows: Shows | None = None
    refused: str = ""
    inject: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody acts until the centre itself shows something: a clock. `within_s` is how long that may take at most, on a quiet machine."""

    says: str
    look: str
    shows: Shows
    within_s: float
    inject: str = ""


@dataclass(frozen=True, slots=True)
class Consult:
    """The planner is asked with the fictional directory; `refused` are legs that have been."""

    says: str
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One exercise: its delivery and what happens."""

    delivery: str
    form: Json
    happens: tuple["Happening", ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """The centre's officer comes on duty, or accepts what is open of the delivery, each item by itself."""

    who: str
    act: Literal["on", "accept"]
    says: str
    look: str = ""


Happening = Step | Wait | Consult | Track | Hush | Desk


def agency(officer: str) -> str:
    return officer.partition("/")[0]


def after(began: datetime, hours: float) -> str:
    return (began + timedelta(hours=hours)).isoformat(timespec="seconds")


def act_id(delivery: str, step: str) -> UUID:
    """The id of a step's act: the same whenever it is sent again."""
    return uuid5(NAMESPACE_URL, f"urn:ric:exercise:{delivery}:{step}")


def body_of(step: Step, delivery: str, snapshot: Mapping[str, Any] | None, now: datetime) -> Json:
    """The step's act as it is sent: ids and times filled in, alarms as `snapshot` has them. Raises LookupError for one that is not open."""

    def said(value: Any) -> Any:
        match value:
            case Id():
                return str(act_id(delivery, value.of))
            case In():
                return (now + timedelta(minutes=value.minutes)).isoformat()
            case AlarmId():
                alarms = snapshot["alarms"] if snapshot else []
                found = next((alarm["id"] for alarm in alarms if (alarm["kind"], alarm["part"]) == (value.kind, value.part)), None)
                if found is None:
                    raise LookupError(f"no alarm {value.kind} is open for part {value.part}")
                return found
            case Mapping():
                return {name: said(each) for name, each in value.items()}
            case list() | tuple():
                return [said(each) for each in value]
            case _:
                return value

    at = now.isoformat()
    about = {"id": str(act_id(delivery, step.name)), "delivery": delivery, "act": step.act, "at": at, "sent": at}
    filled: Json = said(step.said)
    return about | filled

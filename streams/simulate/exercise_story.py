"""The language of an exercise's story: who acts when, what must then stand, and where to look."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from streams.gateway.word import seal
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
    part: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """The match of the guard's that the alarm which is open names last."""

    kind: str = "guard_match"


@dataclass(frozen=True, slots=True)
class In:
    """So many minutes after the act is sent."""

    minutes: float


@dataclass(frozen=True, slots=True)
class Word:
    """The word of a check-in from the phone, sealed as the phone seals it: well, or duress."""

    duress: bool


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
    contact: bool | None = None

    def lacking(self, snapshot: Mapping[str, Any]) -> str | None:
        """What a snapshot does not show yet, in words; None: all is there."""
        alarms = {(alarm["kind"], alarm["part"]) for alarm in snapshot["alarms"]}
        if self.status is not None and snapshot["status"] != self.status:
            return f"the delivery is {snapshot['status']}, not {self.status}"
        if self.deconflicted is not None and bool((snapshot["deconfliction"] or {}).get("answered")) is not self.deconflicted:
            return "deconfliction has not answered the plan that stands"
        if self.contact is not None and bool((snapshot["deconfliction"] or {}).get("contact")) is not self.contact:
            return (
                "it is not said that the coordinator will be in touch"
                if self.contact
                else "it is still said that the coordinator will be in touch"
            )
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

    `inject` names what is trained here. `delivery`: of another delivery than the story's.
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
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody acts until the centre itself shows something. `within_s` is how long that may take at most, on a quiet machine.

    It is shown to each of `to`, who see the delivery, and not to those of `hidden` who see it too. `silent`: whose silence brings it.
    """

    says: str
    look: str
    shows: Shows
    within_s: float
    inject: str = ""
    to: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    silent: str = ""


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
    """One act of the centre's officers at the shift's page: coming on duty, leaving, going off, or accepting the one open item of a kind.

    `refused`: words of the refusal that must come. `blind`: afterwards nothing of the delivery is on that officer's page.
    """

    who: str
    act: Literal["on", "leave", "off", "accept"]
    says: str
    look: str = ""
    item: Literal["delivery", "alarm"] = "delivery"
    refused: str = ""
    blind: bool = False
    inject: str = ""
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report by an officer who knows of no delivery. The guard keeps it in: its agency reads it like any other, `readers` do not find it.

    `body`: the report but for its id, its handling and when it was issued; `number`: what it is searched by.
    """

    name: str
    who: str
    body: Json
    number: str
    readers: tuple[str, ...]
    says: str
    look: str = ""
    inject: str = ""

    def sent(self, delivery: str, now: datetime) -> Json:
        """As it is sent, once in each exercise."""
        handling = {"originator": agency(self.who), "tlp": "GREEN", "evaluation": {"scheme": "4x4", "source": "B", "information": "2"}}
        return self.body | {"report_id": f"{delivery.partition('/')[2]}-{self.name}", "issued": now.isoformat(), "handling": handling}


@dataclass(frozen=True, slots=True)
class CallUs:
    """A report that was kept in is out: its agency has the one receipt that asks it to call, and its `readers` find it."""

    report: Report
    says: str
    look: str = ""
    inject: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """Another delivery comes near the story's, or no more (`stands`): the supervisor `who` is told, and nobody of `unaware`."""

    other: str
    stands: bool
    who: str
    unaware: tuple[str, ...]
    says: str
    look: str = ""
    inject: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph, uploaded to the room over a line that breaks. `seen_by` has it without where and with what it was taken."""

    name: str
    who: str
    seen_by: str
    note: str
    says: str
    look: str = ""
    inject: str = ""


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """Of two check-ins of `who`, one was forced: to the officer and to `others` in the room both are alike in everything."""

    who: str
    well: str
    forced: str
    others: tuple[str, ...]
    says: str
    look: str = ""


Happening = Step | Wait | Consult | Track | Hush | Desk | Report | CallUs | Near | Photo | Unnoticed


def agency(officer: str) -> str:
    return officer.partition("/")[0]


def after(began: datetime, hours: float) -> str:
    return (began + timedelta(hours=hours)).isoformat(timespec="seconds")


def act_id(delivery: str, step: str) -> UUID:
    """The id of a step's act: the same whenever it is sent again."""
    return uuid5(NAMESPACE_URL, f"urn:ric:exercise:{delivery}:{step}")


NONE_MADE: Mapping[str, str] = {}


def body_of(
    step: Step,
    delivery: str,
    snapshot: Mapping[str, Any] | None,
    now: datetime,
    *,
    made: Mapping[str, str] = NONE_MADE,
    key: str = "",
) -> Json:
    """The step's act as it is sent: ids and times filled in, alarms as `snapshot` has them. Raises LookupError for one that is not open.

    `made`: the ids of acts that a person made, by the step that they were made for. `key`: what the phone seals its word with.
    """
    own = str(act_id(delivery, step.name))

    def said(value: Any) -> Any:
        match value:
            case Id():
                return made.get(value.of) or str(act_id(delivery, value.of))
            case Word():
                return seal(key, own, duress=value.duress)
            case In():
                return (now + timedelta(minutes=value.minutes)).isoformat()
            case AlarmId():
                alarms = snapshot["alarms"] if snapshot else []
                found = next((alarm["id"] for alarm in alarms if (alarm["kind"], alarm["part"]) == (value.kind, value.part)), None)
                if found is None:
                    raise LookupError(f"no alarm {value.kind} is open for part {value.part}")
                return found
            case Match():
                reasons = [alarm["reason"] for alarm in (snapshot["alarms"] if snapshot else []) if alarm["kind"] == value.kind]
                if not reasons:
                    raise LookupError(f"no alarm {value.kind} is open, which would name a match")
                return reasons[-1].partition(":")[0]
            case Mapping():
                return {name: said(each) for name, each in value.items()}
            case list() | tuple():
                return [said(each) for each in value]
            case _:
                return value

    at = now.isoformat()
    about = {"id": own, "delivery": step.delivery or delivery, "act": step.act, "at": at, "sent": at}
    filled: Json = said(step.said)
    return about | filled

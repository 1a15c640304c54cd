"""What a plan says, as data: every line with its reason and the directory entries, by version, that it rests on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from schemas.bounds import Language, Strict
from schemas.directory import DirectoryEntry, PaperKind, Passage, Reach
from streams.planning.directory import Directory, freshness, key_of

Severity = Literal["blocking", "action", "info"]
Topic = Literal[
    "directory",
    "handling",
    "law",
    "passage",
    "substitution",
    "practice",
    "duration",
    "paper",
    "notice",
    "crossing",
    "consent",
    "calendar",
    "time",
    "requirement",
    "route",
]


class Source(Strict):
    """A directory entry that a line rests on; `stale` says why it is not to be relied on."""

    entry: str
    version: int
    stale: str | None = None


class Finding(Strict):
    """One line. `blocking` stands against the delivery as planned, `action` is to be done, `info` is to be known."""

    severity: Severity
    topic: Topic
    legs: tuple[int, ...] = ()
    text: str
    why: str
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Saying:
    """Makes findings of one leg that rest on the same sources."""

    leg: int
    sources: tuple[Source, ...] = ()

    def __call__(self, severity: Severity, topic: Topic, text: str, why: str) -> Finding:
        return Finding(severity=severity, topic=topic, legs=(self.leg,), text=text, why=why, sources=self.sources)


class MissingPaper(Strict):
    """A paper that the entry asks for and the case does not have."""

    kind: PaperKind
    language: Language | None = None
    why: str


class Latest(Strict):
    """The latest moment to ask; `late_by_minutes` is set where it has passed. `text` shows it in the desk's own time."""

    at: datetime
    zone: str
    text: str
    late_by_minutes: int | None = None
    why: str


class Ask(Strict):
    """One authority of one leg: whom to ask or tell, on which ways, in which language, until when."""

    authority: str
    name: dict[str, str]
    competence: Literal["consents", "is_informed"]
    own: bool
    """Of the requesting state: its own authorisation."""
    source: Source
    desk: str
    reach: tuple[Reach, ...]
    languages: tuple[str, ...]
    open_now: bool
    opens: datetime | None
    latest: Latest | None = None
    urgent: Latest | None = None
    written_due_hours: float | None = None
    missing: tuple[MissingPaper, ...] = ()


class LegPlan(Strict):
    """One leg, its authorities and what is found about it."""

    number: int
    country: str
    passage: Passage
    enters: datetime | None
    leaves: datetime | None
    asks: tuple[Ask, ...]
    findings: tuple[Finding, ...]


class HardStop(Strict):
    """The last border up to which consents stand; `after_leg` 0: it may not start. None where every leg has one."""

    after_leg: int
    place: str
    at: datetime | None
    why: str


class Alternative(Strict):
    """What can be done instead where a leg is refused or cannot be asked in time."""

    kind: Literal["other_route", "stop_and_seize", "substitution"]
    for_leg: int
    countries: tuple[str, ...] = ()
    text: str
    why: str
    sources: tuple[Source, ...] = ()


class ConsentPlan(Strict):
    """The plan at `now`; `clear` where nothing blocks. `calendar` is the version of the holidays that were used."""

    delivery_ref: str
    exercise: bool
    now: datetime
    calendar: str
    clear: bool
    legs: tuple[LegPlan, ...]
    conflicts: tuple[Finding, ...]
    hard_stop: HardStop | None
    alternatives: tuple[Alternative, ...]


def source(entry: DirectoryEntry, directory: Directory, now: datetime) -> Source:
    """The reference to an entry, with what makes it stale."""
    return Source(entry=key_of(entry), version=entry.version, stale=freshness(entry, now, directory.verify_every))


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`2026-03-18 04:30 UTC+05:00 (Asia/Almaty)`: never a time without its zone."""
    local = at.astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} UTC{offset[:3]}:{offset[3:]} ({zone.key})"


def spell(minutes: int) -> str:
    """Minutes as `3 d 4 h 5 min`."""
    days, rest = divmod(minutes, 1_440)
    hours, left = divmod(rest, 60)
    parts = [f"{value} {unit}" for value, unit in ((days, "d"), (hours, "h"), (left, "min")) if value]
    return " ".join(parts) or "0 min"

"""Whom to ask on a leg, until when at the latest, and with which papers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.bounds import Language
from schemas.directory import AuthorityEntry, Notice, agency_of
from schemas.handling import Handling
from schemas.request import DeliveryRequest
from streams.planning.calendars import Calendars
from streams.planning.directory import Directory
from streams.planning.findings import Ask, Latest, MissingPaper, moment, source, spell
from streams.planning.hours import Opening

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """What every question on the way is asked against."""

    directory: Directory
    calendars: Calendars
    now: datetime

    def ask(self, entry: AuthorityEntry, request: DeliveryRequest, deadline: datetime | None) -> Ask:
        """How to ask this authority so that its notice is kept before `deadline`. Raises UnknownZone."""
        own = entry.country == request.requesting.split("-", 1)[0]
        opening = self._opening(entry, entry.notice.desk)
        urgent = entry.urgent
        return Ask(
            authority=entry.authority,
            name=dict(entry.name),
            competence=entry.competence,
            own=own,
            source=source(entry, self.directory, self.now),
            desk=opening.desk.desk,
            reach=opening.desk.reach,
            languages=entry.languages,
            open_now=opening.is_open(self.now),
            opens=opening.next_open(self.now),
            latest=self._latest(opening, entry.notice, deadline) if deadline else None,
            urgent=(
                self._latest(self._opening(entry, urgent.desk), Notice(hours=urgent.hours, counted="clock", desk=urgent.desk), deadline)
                if urgent and deadline
                else None
            ),
            written_due_hours=urgent.written_due_hours if urgent else None,
            missing=missing_papers(entry, request),
        )

    def _opening(self, entry: AuthorityEntry, code: str) -> Opening:
        desk = entry.contact(code)
        if desk is None:
            raise ValueError(f"{entry.authority} has no contact point {code}")
        return Opening(desk, entry.country, self.calendars)

    def _latest(self, opening: Opening, notice: Notice, deadline: datetime) -> Latest | None:
        at = opening.latest(notice, deadline)
        if at is None:
            return None
        late = self.now - at
        counted = "by the clock" if notice.counted == "clock" else "of the desk's hours"
        return Latest(
            at=at,
            zone=opening.zone.key,
            text=moment(at, opening.zone),
            late_by_minutes=-(-late // _MINUTE) if late > timedelta() else None,
            why=f"{notice.hours:g} h {counted} before {moment(deadline, opening.zone)}, received while the desk is open",
        )


def may_receive(entry: AuthorityEntry, handling: Handling) -> bool:
    """Whether the case may go to the authority as it is marked: RED and AMBER+STRICT go to the originator and those named alone."""
    if handling.tlp not in {"RED", "AMBER+STRICT"}:
        return True
    return entry.authority in {handling.originator, *map(agency_of, handling.recipients)}


def missing_papers(entry: AuthorityEntry, request: DeliveryRequest) -> tuple[MissingPaper, ...]:
    """What the entry asks for and the case does not hold, in the language that is asked for; and the translation of the case."""
    found: list[MissingPaper] = []
    for paper in entry.papers:
        held = [each for each in request.papers if each.kind == paper.kind and each.country in (None, entry.country)]
        note = f": {paper.note}" if paper.note else ""
        if not held:
            found.append(MissingPaper(kind=paper.kind, language=paper.language, why=f"required by the entry{note}"))
        elif paper.language and all(each.language != paper.language for each in held):
            in_languages = ", ".join(dict.fromkeys(each.language or "a language not stated" for each in held))
            found.append(
                MissingPaper(kind=paper.kind, language=paper.language, why=f"held in {in_languages}, wanted in {paper.language}{note}")
            )
    if untranslated := _untranslated(entry, request):
        found.append(untranslated)
    return tuple(found)


def _untranslated(entry: AuthorityEntry, request: DeliveryRequest) -> MissingPaper | None:
    if request.language is None or _base(request.language) in map(_base, entry.languages):
        return None
    accepted = set(map(_base, entry.languages))
    if any(paper.kind == "translation" and paper.language and _base(paper.language) in accepted for paper in request.papers):
        return None
    why = f"the case is in {request.language}, accepted: {', '.join(entry.languages)}"
    return MissingPaper(kind="translation", language=entry.languages[0], why=why)


def _base(language: Language) -> str:
    return language.split("-", 1)[0]


def lateness(ask: Ask) -> str | None:
    """What is already too late for this authority, in words; None where there is still time."""
    if ask.latest is None or ask.latest.late_by_minutes is None:
        return None
    if ask.urgent is None:
        still = "it takes no urgent request"
    elif ask.urgent.late_by_minutes is None:
        still = f"an urgent request by voice is possible until {ask.urgent.text}, the written one within {ask.written_due_hours:g} h"
    else:
        still = f"for an urgent request by voice it is {spell(ask.urgent.late_by_minutes)} too late"
    return f"the latest moment to ask {ask.authority} was {ask.latest.text}, {spell(ask.latest.late_by_minutes)} ago: {still}"

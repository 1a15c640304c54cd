"""The request form for one authority, filled from the case: every item of the form, missing ones as not stated."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from schemas.consignment import WRITTEN_DUE_HOURS
from schemas.delivery import Leg
from schemas.directory import AuthorityEntry
from schemas.request import DeliveryRequest
from streams.documents import describing as tell
from streams.documents.form import Block, Form, Grid, Heading, Remark, Row, Signatures, Stamp, clean, handled, joined, paragraphs, stated
from streams.documents.under_way import UnderWay
from streams.documents.wording import Tongue, say
from streams.planning.asking import may_receive
from streams.planning.findings import moment
from streams.planning.hours import zone


def request_form(
    request: DeliveryRequest, number: int, entry: AuthorityEntry, stamp: Stamp, tongue: Tongue, *, now: UnderWay | None = None
) -> Form:
    """The request to the authority of leg `number`; times are in that authority's zone. Raises ValueError for another leg's authority.

    Of a delivery that the centre has, `now` says how it stands, and `request` is `now.case`.
    """
    return _Filling(request, number, entry, tongue, now).form(stamp)


def addressee(entry: AuthorityEntry, tongue: Tongue) -> str:
    """The authority's own name of itself in that language, else in the first it gives, with its code."""
    name = entry.name.get(tongue) or next(iter(entry.name.values()))
    return f"{clean(name)} ({entry.authority})"


def zone_of(entry: AuthorityEntry) -> ZoneInfo:
    """The zone of the desk that takes requests."""
    desk = entry.contact(entry.notice.desk)
    return zone(desk.time_zone if desk else "UTC")


def check_leg(request: DeliveryRequest, number: int, entry: AuthorityEntry) -> None:
    """Raises ValueError: no such leg, another country's, real and exercise mixed, or a marking that keeps it from the reader."""
    leg = leg_of(request, number)
    if leg.country != entry.country:
        raise ValueError(f"leg {number} is in {leg.country}, {entry.authority} is of {entry.country}")
    if request.exercise != entry.exercise:
        raise ValueError("the request and the directory's entry must both be real, or both of an exercise")
    if not may_receive(entry, request.handling):
        raise ValueError(f"the case is {request.handling.tlp} and {entry.authority} is not among handling.recipients: name it there first")


def leg_of(request: DeliveryRequest, number: int) -> Leg:
    """The leg of that number: after a change of the way they need not follow each other. Raises ValueError."""
    found = next((leg for leg in request.legs if leg.number == number), None)
    if found is None:
        raise ValueError(f"leg {number}: the request has legs {', '.join(str(leg.number) for leg in request.legs)}")
    return found


def asked(request: DeliveryRequest, number: int, tongue: Tongue) -> str:
    """Which leg of how many, and its country."""
    leg = leg_of(request, number)
    return say("leg_asked", tongue, number=number, total=request.legs[-1].number, country=tell.country(leg.country, tongue))


def written_due_hours(entry: AuthorityEntry, now: UnderWay | None) -> str:
    """Within how many hours an oral consent is confirmed in writing: by the leg's own clock, before there is one by the entry."""
    if now is not None:
        return f"{now.written_due_hours:g}"
    return f"{entry.urgent.written_due_hours if entry.urgent else WRITTEN_DUE_HOURS:g}"


def referring(entry: AuthorityEntry, tongue: Tongue, now: UnderWay | None) -> Iterator[Block]:
    """Of a delivery under way: the part, where there are several, and the authority's word that the form is about."""
    if now is not None and now.part:
        yield Row(say("part", tongue), (now.part,))
    if now is not None and now.said is not None:
        yield Row(say("refers_to", tongue), now.said.lines(tongue, zone_of(entry), asked=True))


class _Filling:
    def __init__(self, request: DeliveryRequest, number: int, entry: AuthorityEntry, tongue: Tongue, now: UnderWay | None) -> None:
        check_leg(request, number, entry)
        self.case, self.number, self.entry, self.tongue, self.now = request, number, entry, tongue, now
        self.zone = zone_of(entry)

    def form(self, stamp: Stamp) -> Form:
        label, handling = handled(self.case.handling, self.tongue)
        blocks = (
            *self._head(),
            *self._case(),
            *self._itinerary(),
            *self._goods(),
            *self._people(),
            *self._transport(),
            *self._conduct(),
            *self._evidence(),
            *self._undertakings(),
            *self._papers(),
            *self._signatures(),
        )
        reference = f"{say('delivery_ref', self.tongue)} {self.case.delivery_ref}"
        return Form(say("request.title", self.tongue), reference, self.tongue, label, handling, self.case.exercise, stamp, blocks)

    def _row(self, key: str, *lines: str | None) -> Row:
        return Row(say(key, self.tongue), stated(lines))

    def _head(self) -> tuple[Block, ...]:
        desk = self.entry.contact(self.entry.notice.desk)
        reach = ", ".join(way.address for way in desk.reach) if desk else None
        return (
            Remark(say("request.law", self.tongue)),
            self._row("delivery_ref", self.case.delivery_ref),
            self._row("case_reference", self.case.case_reference),
            self._row("from", tell.agency(self.case.requesting, self.tongue)),
            self._row("to", addressee(self.entry, self.tongue)),
            self._row("attention", joined((desk.desk if desk else None, reach))),
            self._row("leg", asked(self.case, self.number, self.tongue)),
            *referring(self.entry, self.tongue, self.now),
            self._row("reply_by", moment(self.case.reply_by, self.zone) if self.case.reply_by else None),
            Remark(say("request.asked", self.tongue), strong=True),
            Remark(say("silence", self.tongue), strong=True),
            Remark(say("written_due", self.tongue, hours=written_due_hours(self.entry, self.now))),
        )

    def _case(self) -> tuple[Block, ...]:
        case = self.case
        return (
            Heading(say("section.case", self.tongue)),
            Row(say("offence", self.tongue), paragraphs(case.offence)),
            self._row("penalty", case.penalty),
            self._row("legal_basis", *case.legal_basis),
            self._row("authorisation", *tell.authorisation(case.authorisation, self.tongue, self.zone)),
            Row(say("grounds", self.tongue), paragraphs(case.grounds)),
        )

    def _way(self, legs: tuple[Leg, ...], changed: frozenset[int] = frozenset(), *, stands: bool = True) -> Grid:
        """The legs; of a way that does not stand each row says so, for a row may be read without what stands above the table."""
        tongue, missing = self.tongue, say("not_stated", self.tongue)
        void = "" if stands else f"\n{say('void', tongue)}"
        rows = tuple(
            (
                f"{leg.number}{void}",
                tell.country(leg.country, tongue),
                joined((tell.place(leg.entry) or missing, tell.when(leg.entry_planned, self.zone, tongue)), "; "),
                joined((tell.place(leg.exit) or missing, tell.when(leg.exit_planned, self.zone, tongue)), "; "),
            )
            for leg in legs
        )
        columns = tuple(say(key, tongue) for key in ("leg", "country", "entry", "exit"))
        marked = frozenset(position for position, leg in enumerate(legs) if leg.number in changed)
        return Grid(columns, (0.15, 0.21, 0.32, 0.32), rows, marked)

    def _itinerary(self) -> tuple[Block, ...]:
        tongue, now = self.tongue, self.now
        handovers = (
            joined(
                (
                    say("after_leg", tongue, number=each.after_leg, place=tell.place(each.place)),
                    moment(each.at, self.zone) if each.at else None,
                    each.how,
                )
            )
            for each in self.case.handovers
        )
        blocks: list[Block] = [Heading(say("section.itinerary", tongue)), self._way(self.case.legs, now.changed if now else frozenset())]
        if now is not None and now.superseded:
            blocks.append(Remark(say("way_changed", tongue), strong=True))
        blocks.append(self._row("handovers", *handovers))
        if now is not None and now.superseded:
            blocks += [Remark(say("way_superseded", tongue), strong=True), self._way(now.superseded, stands=False)]
        return tuple(blocks)

    def _goods(self) -> tuple[Block, ...]:
        case, tongue, plan = self.case, self.tongue, self.case.substitution
        substitution = (
            (
                joined((say(f"wanted.{plan.wanted}", tongue), plan.by, tell.place(plan.place))),
                say("custodian", tongue, name=plan.sample_custodian) if plan.sample_custodian else None,
                plan.details,
            )
            if plan
            else ()
        )
        return (
            Heading(say("section.goods", tongue)),
            self._row("goods", *(tell.substance(goods, tongue) for goods in case.goods)),
            self._row("packing", case.packing),
            self._row("seals", ", ".join(case.seals)),
            self._row("substitution", *substitution),
        )

    def _people(self) -> tuple[Block, ...]:
        return (
            Heading(say("section.people", self.tongue)),
            self._row("parties", *(tell.party(who, self.tongue) for who in self.case.parties)),
            self._row("warrants", *self.case.warrants),
        )

    def _transport(self) -> tuple[Block, ...]:
        case, tongue = self.case, self.tongue
        customs, carrier = case.customs, case.carrier
        return (
            Heading(say("section.transport", tongue)),
            self._row("conveyances", *(tell.conveyance(what, tongue) for what in case.conveyances)),
            self._row("containers", *(tell.container(box, tongue) for box in case.containers)),
            self._row("regime", customs.regime if customs else None),
            self._row("customs_documents", *(tell.document(paper, tongue) for paper in (customs.documents if customs else ()))),
            self._row(
                "carrier", joined((carrier.name, say(f"knowledge.{carrier.knowledge}", tongue), carrier.details)) if carrier else None
            ),
        )

    def _conduct(self) -> tuple[Block, ...]:
        case, tongue = self.case, self.tongue
        going = [group for group in case.officers if group.kind != "visiting"]
        visiting = [group for group in case.officers if group.kind == "visiting"]
        return (
            Heading(say("section.conduct", tongue)),
            self._row("surveillance", *case.surveillance),
            self._row("practices", *(say(f"practice.{practice}", tongue) for practice in case.practices)),
            self._row("officers", *(tell.officers(group, tongue) for group in going)),
            self._row("visiting", *(tell.officers(group, tongue) for group in visiting)),
            self._row("seize_if", *case.seize_if),
            self._row("interventions", *(f"{tell.country(each.country, tongue)}: {each.rule}" for each in case.interventions)),
        )

    def _evidence(self) -> tuple[Block, ...]:
        case, tongue = self.case, self.tongue
        sample, hazards = case.sample, case.hazards
        return (
            Heading(say("section.evidence", tongue)),
            Row(say("evidence", tongue), paragraphs(case.evidence)),
            self._row("sample", tell.quantity(sample.size, tongue) if sample else None),
            self._row("sample_papers", *(sample.papers if sample else ())),
            self._row("protection", hazards.protection if hazards else None),
            self._row("naloxone", say(f"naloxone.{hazards.naloxone}", tongue) if hazards and hazards.naloxone else None),
            self._row("adr", hazards.adr if hazards else None),
            self._row("other_hazards", hazards.other if hazards else None),
        )

    def _undertakings(self) -> tuple[Block, ...]:
        case, tongue = self.case, self.tongue
        contacts = (
            joined((each.desk, tell.agency(each.agency, tongue) if each.agency else None, ", ".join(each.reach))) for each in case.contacts
        )
        return (
            Heading(say("section.undertakings", tongue)),
            self._row("undertakings", *(say(f"undertaking.{each}", tongue) for each in case.undertakings)),
            self._row("costs", case.costs),
            Row(say("communications", tongue), paragraphs(case.communications)),
            self._row("contacts", *contacts),
            self._row("languages", ", ".join(tell.language(code, tongue) for code in case.languages)),
            self._row("embargo", case.embargo),
        )

    def _papers(self) -> tuple[Block, ...]:
        mine = (paper for paper in self.case.papers if paper.country in (None, self.entry.country))
        return (
            Heading(say("section.papers", self.tongue)),
            self._row("papers_held", *(tell.held(paper, self.tongue) for paper in mine)),
        )

    def _signatures(self) -> tuple[Block, ...]:
        who = tuple(say(key, self.tongue) for key in ("first_officer", "second_officer"))
        blanks = tuple(say(key, self.tongue) for key in ("name_rank", "date_time_zone", "signature", "seal"))
        return Heading(say("section.signatures", self.tongue)), Signatures(who, blanks)

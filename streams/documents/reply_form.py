"""The reply form that goes with a request: filled with what was asked, with boxes and room for what the authority decides."""

from collections.abc import Iterator
from typing import get_args

from schemas.directory import AuthorityEntry, Practice, Substitution
from schemas.request import DeliveryRequest
from streams.documents import describing as tell
from streams.documents.form import Block, Choice, Form, Grid, Heading, Remark, Room, Row, Signatures, Stamp, handled, joined, stated
from streams.documents.request_form import addressee, asked, check_leg, leg_of, referring, written_due_hours, zone_of
from streams.documents.under_way import UnderWay
from streams.documents.wording import Tongue, say
from streams.planning.asking import missing_papers
from streams.planning.findings import moment

BOX = "□"


def reply_form(
    request: DeliveryRequest, number: int, entry: AuthorityEntry, stamp: Stamp, tongue: Tongue, *, now: UnderWay | None = None
) -> Form:
    """The reply of the authority of leg `number`, to be completed by hand. Raises ValueError for another leg's authority.

    `now` as in `request_form`.
    """
    check_leg(request, number, entry)
    label, handling = handled(request.handling, tongue)
    reference = f"{say('delivery_ref', tongue)} {request.delivery_ref}"
    blocks = tuple(_blocks(request, number, entry, tongue, now))
    return Form(say("reply.title", tongue), reference, tongue, label, handling, request.exercise, stamp, blocks)


def _blocks(request: DeliveryRequest, number: int, entry: AuthorityEntry, tongue: Tongue, now: UnderWay | None) -> Iterator[Block]:
    yield from _head(request, number, entry, tongue, now)
    yield Heading(say("section.decision", tongue))
    hours = written_due_hours(entry, now)
    options = [say(f"decision.{each}", tongue, hours=hours) for each in ("consent", "provisional", "conditional", "refusal")]
    yield Choice(say("decision", tongue), tuple(options))
    yield Room(say("reason_conditions", tongue), 3)
    for key in ("authorisation_number", "issued_by", "valid_from_to", "maximum_duration"):
        yield Room(say(key, tongue))
    yield from _terms(request, number, entry, tongue)
    yield Heading(say("section.contact", tongue))
    yield Room(say("controller", tongue))
    yield Room(say("receiver", tongue))
    yield Room(say("reach", tongue))
    yield Heading(say("section.sign", tongue))
    blanks = tuple(say(key, tongue) for key in ("name_rank", "date_time_zone", "signature", "seal"))
    yield Signatures((addressee(entry, tongue),), blanks)


def _head(request: DeliveryRequest, number: int, entry: AuthorityEntry, tongue: Tongue, now: UnderWay | None) -> Iterator[Block]:
    yield Row(say("delivery_ref", tongue), (request.delivery_ref,))
    yield Row(say("case_reference", tongue), stated((request.case_reference,)))
    yield Row(say("from", tongue), (addressee(entry, tongue),))
    yield Row(say("to", tongue), (tell.agency(request.requesting, tongue),))
    yield Row(say("leg", tongue), (asked(request, number, tongue),))
    yield from referring(entry, tongue, now)
    yield Row(say("reply_by", tongue), (moment(request.reply_by, zone_of(entry)),) if request.reply_by else ())
    yield Remark(say("silence", tongue), strong=True)


def _terms(request: DeliveryRequest, number: int, entry: AuthorityEntry, tongue: Tongue) -> Iterator[Block]:
    leg, zone = leg_of(request, number), zone_of(entry)
    missing = say("not_stated", tongue)
    yield Heading(say("section.terms", tongue))
    both = (say("as_planned", tongue), say("otherwise", tongue))
    for key, where, at in (("entry_agreed", leg.entry, leg.entry_planned), ("exit_agreed", leg.exit, leg.exit_planned)):
        planned = joined((tell.place(where) or missing, tell.when(at, zone, tongue)), "; ")
        yield Choice(say(key, tongue, planned=planned), both, room=1)
    yield Choice(say("load_may_be", tongue), tuple(say(f"substitution.{load}", tongue) for load in get_args(Substitution)))
    columns = (
        say("measures", tongue),
        say("asked_for", tongue),
        *(say(f"rule.{rule}", tongue) for rule in ("allowed", "required", "forbidden")),
    )
    rows = tuple(
        (say(f"practice.{practice}", tongue), say("yes", tongue) if practice in request.practices else "", BOX, BOX, BOX)
        for practice in get_args(Practice)
    )
    yield Grid(columns, (0.4, 0.15, 0.15, 0.15, 0.15), rows)
    for key in ("seize_rule", "intervention_rule", "evidence_rule", "visiting_rule"):
        yield Room(say(key, tongue), 2)
    due = tuple(
        joined((say(f"paper.{paper.kind}", tongue), tell.language(paper.language, tongue) if paper.language else None), " — ")
        for paper in missing_papers(entry, request)
    )
    yield Choice(say("papers_due", tongue), due, room=1)

"""What a form of a delivery is filled from beside its case: the way that stands now, and what the leg's authority has said.

The request that was signed stays as it was signed. Once the way is changed its legs are no longer where the load goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from schemas.consignment import WRITTEN_DUE_HOURS
from schemas.delivery import Authorisation, Leg
from schemas.handling import Handling
from schemas.places import Place
from schemas.request import DeliveryRequest, Handover
from streams.documents import describing as tell
from streams.documents.form import joined
from streams.documents.wording import Tongue, say
from streams.planning.findings import moment

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the leg's authority: its `ConsentView`, and the paper, or of an oral word the name of who gave it.

    `of`: the leg as it was planned then, of a word that a change of the way made void.
    """

    consent: Json
    paper: Authorisation | None = None
    officer: str | None = None
    of: Leg | None = None

    def lines(self, tongue: Tongue, zone: ZoneInfo, *, asked: bool) -> tuple[str, ...]:
        """What was said, when and by whom; its paper; until when it is to be confirmed or stands; whether it is void.

        `asked`: who said it reads this, and of a void word is asked anew.
        """
        consent, due, until = self.consent, self.consent.get("written_due"), self.consent.get("valid_until")
        what, by = say(f"word.{consent['state']}", tongue), joined((self.officer, consent["by"]))
        said = say("word", tongue, what=what, at=_moment(consent["said"], zone), by=by)
        shown = [joined((said, say("word_id", tongue, id=consent["id"])), "; ")]
        paper = self.paper
        if paper is not None:
            on = moment(paper.date, zone)
            shown.append(say("authorisation_line", tongue, number=paper.number, date=on, issued_by=paper.issued_by, officer=paper.officer))
            shown += [say("condition", tongue, text=text) for text in paper.conditions]
        if self.of is not None:
            missing = say("not_stated", tongue)
            entry, leaves = (tell.place(place) or missing for place in (self.of.entry, self.of.exit))
            void = say("word_void", tongue, number=self.of.number, entry=entry, exit=leaves)
            shown.append(joined((void, say("asked_anew", tongue) if asked else None), "; "))
            return tuple(joined((line,)) for line in shown)
        if due and consent["state"] == "PROVISIONAL":
            shown.append(say("word_due", tongue, at=_moment(due, zone)))
        if until:
            shown.append(say("valid_until", tongue, at=_moment(until, zone)))
        if consent.get("reason"):
            shown.append(consent["reason"])
        return tuple(joined((line,)) for line in shown)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """`case`: the signed one with the way that stands. `changed`: its legs that are not as signed, by number.

    `superseded`: the signed way, for an authority that was asked on it and has to know that it stands no longer; else empty.
    """

    case: DeliveryRequest
    authority: str
    written_due_hours: float
    part: str | None = None
    said: Said | None = None
    changed: frozenset[int] = frozenset()
    superseded: tuple[Leg, ...] = ()


def under_way(snapshot: Json, signed: DeliveryRequest, number: int, part: str | None = None) -> UnderWay | None:
    """The delivery as its leg `number` stands, of `part` or else the newest part that has such a leg, one under way before one that ended.

    `snapshot` is a `DeliverySnapshot`. None where there is no such leg.
    """
    having = [each for each in snapshot["parts"] if part in (None, each["part"]) and any(leg["number"] == number for leg in each["legs"])]
    if not having:
        return None
    chosen = next((each for each in reversed(having) if each["ended"] is None and not each["became"]), having[-1])
    plans, legs = snapshot["plans"], chosen["legs"]
    mine = next(leg for leg in legs if leg["number"] == number)
    by_number = {leg.number: leg for leg in signed.legs}
    changed = frozenset(leg["number"] for leg in legs if leg.get("changed") is not None or leg["number"] not in by_number)
    way = tuple(_leg(plans[leg["plan"]], leg) if leg["number"] in changed else by_number[leg["number"]] for leg in legs)
    # What was refused and planned around is gone without a trace on the way that stands.
    another = bool(changed or by_number.keys() - {leg.number for leg in way})
    was_asked = mine["country"] in {leg.country for leg in signed.legs}
    return UnderWay(
        case=signed.model_copy(
            update={
                "legs": way,
                "handovers": _handovers(signed, way, changed, {leg["number"]: plans[leg["plan"]] for leg in legs}),
                "handling": _handling(signed, mine, named=number in changed),
            }
        ),
        authority=mine["authority"],
        written_due_hours=plans[mine["plan"]].get("written_due_hours", WRITTEN_DUE_HOURS),
        part=chosen["part"] if len(snapshot["parts"]) > 1 else None,
        said=_said(mine, plans, snapshot["papers"]),
        changed=changed,
        superseded=signed.legs if another and was_asked else (),
    )


def _leg(plan: Json, leg: Json) -> Leg:
    return Leg.model_validate({**{name: plan[name] for name in Leg.model_fields if name in plan}, "number": leg["number"]})


def _handovers(signed: DeliveryRequest, way: tuple[Leg, ...], changed: frozenset[int], plans: Mapping[int, Json]) -> tuple[Handover, ...]:
    """Those signed after a leg that still leads where it led, and where changed legs are handed over."""
    before = {leg.number: leg for leg in signed.legs}
    stand = {(leg.number, leg.country, leg.exit) for leg in way[:-1]}
    kept = {
        each.after_leg: each
        for each in signed.handovers
        if (leg := before.get(each.after_leg)) is not None and (leg.number, leg.country, leg.exit) in stand
    }
    named = {number: plans[number].get("handover_place") for number in changed if number != way[-1].number}
    told = {number: Handover(after_leg=number, place=Place(name=name)) for number, name in named.items() if name and number not in kept}
    return tuple(each for _, each in sorted((kept | told).items()))


def _handling(signed: DeliveryRequest, leg: Json, *, named: bool) -> Handling:
    """As marked. Whom the lead leads the way through, it names: the originator's own act, and the authority sees the delivery by it."""
    handling = signed.handling
    if not named or leg["authority"] in handling.recipients:
        return handling
    return handling.model_copy(update={"recipients": (*handling.recipients, leg["authority"])})


def _said(leg: Json, plans: Json, papers: Json) -> Said | None:
    consent, earlier = leg["consent"], leg.get("earlier")
    if consent["state"] != "PENDING":
        return word_of(consent, papers)
    return word_of(earlier, papers, plans[earlier["plan"]]) if earlier is not None else None


def word_of(consent: Json, papers: Json, plan: Json | None = None) -> Said:
    """The word with its paper, as `papers` of a `DeliverySnapshot` has it; `plan`: of the leg as it was, where the word is void."""
    paper, of = papers.get(consent["id"]) or {}, _leg(plan, plan) if plan is not None else None
    if "number" in paper:
        return Said(consent, Authorisation.model_validate(paper), of=of)
    return Said(consent, officer=paper.get("officer"), of=of)


def _moment(at: str, zone: ZoneInfo) -> str:
    return moment(datetime.fromisoformat(at), zone)

"""From the draft to the start: the request, the second officer's signature, the lead's checklist and the coordinator's word."""

from collections.abc import Mapping
from math import inf

from schemas.acts import Officer, Ready, ReadyConfirmed, Request, Signature
from schemas.consignment import WRITTEN_DUE_HOURS, PlannedLeg
from schemas.duty import CENTRE as OURS
from schemas.request import DeliveryRequest
from streams.stages.deliveries import mass, plans, posts
from streams.stages.deliveries.acting import Deed, No, milliseconds, permitted
from streams.stages.deliveries.case import ACTIVE, PLANNED, Case, Leg, Part
from streams.stages.deliveries.consents import refused_ahead
from streams.stages.deliveries.contact import begin
from streams.stages.deliveries.terms import compatible, substituted

NEEDED = (
    "case_reference", "offence", "penalty", "legal_basis", "authorisation", "grounds", "goods", "substitution", "conveyances", "carrier",
    "surveillance", "seize_if", "interventions", "evidence", "hazards", "communications", "undertakings", "contacts", "reply_by",
)  # fmt: skip
"""What a complete request form states (DOMAIN: request form). Everything else may rightly be empty."""

WHOLE = "A"


def opened(delivery: str, act: Request, officer: Officer) -> Case:
    """A new draft. The delivery's id begins with the agency that asks, so that nobody learns from a clash that another's exists."""
    if not delivery.startswith(f"{officer.agency}/"):
        raise No("a delivery's id begins with the agency that asks", f"name it {officer.agency}/…", "delivery")
    if officer.role != "officer" or officer.country is None:
        raise No("a request is made by an officer of a state's agency", "ask an officer", "act")
    return Case(delivery, officer.agency, str(act.id), f"{officer.agency}/{officer.person}")


def request(deed: Deed) -> None:
    """The draft takes the form and plan of this request; who signs, signs this one."""
    act: Request = deed.act
    if act.form.requesting != deed.agency:
        raise No(
            f"form.requesting is {act.form.requesting}, the officer is of {deed.agency}", "an agency asks for itself", "form.requesting"
        )
    case, plan = deed.case, act.plan
    if theirs := sorted(name for name in plan.coordinators if not name.startswith(f"{OURS}/")):
        # A party's would shut their own colleagues out; anybody else's would be let in.
        raise No(f"{', '.join(theirs)} is not of {OURS}", "name officers of the centre: each agency names its own", "plan.coordinators")
    case.request, case.requested_by = deed.id, deed.who
    countries = {leg.number: leg.country for leg in plan.legs}
    case.handovers = [
        {
            "after_leg": each.after_leg,
            "country": countries.get(each.after_leg),
            "place": each.place.model_dump(mode="json", exclude_none=True),
        }
        for each in act.form.handovers
    ]
    case.missing = missing(act.form) + ([] if plan.goods else ["plan.goods"])
    case.reply_by = milliseconds(act.form.reply_by) if act.form.reply_by else None
    first = plan.legs[0]
    goods, legs = mass.booked(plan.goods), [planned(leg, deed.terms) for leg in plan.legs]
    case.parts = {
        WHOLE: Part(
            WHOLE, PLANNED, first.controller, first.controller, first.country, first.number, legs,
            profile=first.profile, mass=goods, seals=list(plan.seals),
        )
    }  # fmt: skip
    room = {deed.who, *plan.coordinators}
    case.members = sorted(room | set(case.members))
    deed.tell({"missing": case.missing, "legs": [leg.number for leg in plan.legs], "goods": mass.shown(goods)})


def missing(form: DeliveryRequest) -> list[str]:
    """The fields that the form must have before it is signed and has not."""
    return [f"form.{name}" for name in NEEDED if not getattr(form, name)]


def planned(leg: PlannedLeg, terms: Mapping[str, float]) -> Leg:
    """A leg of the plan, with nobody's word on it. `terms`: by authority its hours for the written consent.

    Whoever plans the leg may ask for less time, never give more: the term is the authority's own.
    """
    plan = leg.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    hours = min(terms.get(leg.authority, WRITTEN_DUE_HOURS), plan.pop("written_due_hours", inf))
    if hours != WRITTEN_DUE_HOURS:
        plan["written_due_hours"] = hours
    return Leg(
        leg.number,
        leg.country,
        leg.authority,
        leg.controller,
        plan,
        milliseconds(leg.exit_planned) if leg.exit_planned else None,
        [[milliseconds(shadow.begins), milliseconds(shadow.ends)] for shadow in leg.shadows],
    )


def signature(deed: Deed) -> None:
    """REQUESTED: the form is complete, and another person of the lead signs the form that stands."""
    act: Signature = deed.act
    case = deed.case
    if str(act.request) != case.request:
        raise No("the form was replaced after it was read", f"read and sign request {case.request}", "request")
    if deed.who == case.requested_by:
        raise No(f"{deed.who} made the request: a second officer signs", f"another officer of {case.lead} signs")
    if case.missing:
        raise No(f"the form is not complete: {', '.join(case.missing)}", "send the request again with them, then sign that", "request")
    case.status, case.signed_by = "requested", deed.who
    case.members = sorted({*case.members, deed.who})
    for part in case.parts.values():
        # Nobody was asked by a time that was over when the form was signed.
        part.reply_called = case.reply_by is not None and case.reply_by <= deed.now
    deed.tell({"request": case.request, "requested_by": case.requested_by})


def ready(deed: Deed) -> None:
    """The lead's checklist. What was taken out in a substitution is no longer in the load."""
    act: Ready = deed.act
    case, part = deed.case, permitted(deed)
    if not part.current.open:
        raise No(f"leg {part.leg} is not consented", f"wait for {part.current.authority}", part=part)
    compatible(part, act.substitution is not None, "agree them with the authorities first, and record what was substituted")
    informed = posts.noted(deed, act.informed_posts)
    posts.all_told(case, [*informed, *case.informed])
    if case.ready is not None:
        part.mass, part.seals = case.ready["before"]
    before = [{name: list(amount) for name, amount in part.mass.items()}, list(part.seals)]
    taken = mass.booked(act.substitution.taken_out) if act.substitution else {}
    if unknown := set(taken) - set(part.mass):
        raise No(f"the load has no {', '.join(sorted(unknown))}", "name the substance as the plan does", "substitution.taken_out", part)
    if reason := mass.lacking(part.mass, taken):
        raise No(reason, "check the weight: it is in kilograms", "substitution.taken_out", part)
    mass.take(part.mass, taken)
    if act.substitution:
        part.seals = list(act.substitution.seals)
    case.ready = {
        "id": deed.id,
        "by": deed.who,
        "substitution": act.substitution.model_dump(mode="json") if act.substitution else None,
        "informed_posts": informed,
        "before": before,
        "confirmed_by": None,
        "deconfliction": None,
    }
    case.status = "declared"
    deed.tell({"informed_posts": informed, "substitution": act.substitution is not None}, part=part, leg=part.leg)


def ready_confirmed(deed: Deed) -> None:
    """READY: the coordinator has gone through the checklist that stands."""
    act: ReadyConfirmed = deed.act
    case = deed.case
    if case.ready is None or str(act.ready) != case.ready["id"]:
        raise No("the declaration was replaced", f"confirm {case.ready['id'] if case.ready else 'the one that comes'}", "ready")
    entry = case.unconfirmed.get(case.ready["id"])
    if entry is not None and entry["by"] == deed.who:
        raise No(
            f"{deed.who} entered the declaration himself, by voice: a second person confirms it",
            "another coordinator confirms, or the officer gives his word to the entry first",
            "ready",
        )
    for part in case.parts.values():
        compatible(part, substituted(case), "agree them with the authorities first")
    if any(alarm.kind == "consent_refused" for alarm in case.alarms):
        refused = ", ".join(str(leg) for part in case.parts.values() for leg in refused_ahead(part))
        raise No(
            f"refused is leg {refused}, and nobody has said how it goes on",
            "the lead changes the way, or resolve the alarm and say how it goes on without it",
            "ready",
        )
    # Since it was declared the way may have changed, and more of it been consented.
    posts.all_told(case, posts.known(case))
    plans.checked(deed, act)
    case.ready |= {"confirmed_by": deed.who, "deconfliction": act.deconfliction}
    case.status = "ready"
    # What was declared would tell the room whether another delivery is near.
    deed.tell({"ready": case.ready["id"], "deconfliction": "answered"})


def start(deed: Deed) -> None:
    """ACTIVE(first leg): its controller begins to follow, and the clocks begin to run."""
    case, part = deed.case, permitted(deed)
    if not part.current.open:
        raise No(f"leg {part.leg} is not consented any more", f"wait for {part.current.authority}", part=part)
    # Consents go on coming after the checklist.
    compatible(part, substituted(case), "agree them with the authorities first")
    part.phase, part.started, part.border_at = ACTIVE, True, deed.happened
    case.status = "running"
    begin(part, deed.happened)
    deed.tell({"controller": part.controller, "country": part.territory}, part=part, leg=part.leg)
    following = part.following
    if following is not None and not following.open:
        deed.tell({"hard_stop": part.leg, "country": part.territory}, part=part, leg=part.leg, kind="hard_stop")

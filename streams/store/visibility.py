"""Who may see a report: one table, read as a Python predicate and as an SQL clause.

Decided at delivery with today's handling and the clock of that moment, never stored (leak rules 1 and 5). Whatever the table does not
grant is denied: an unknown role, an unknown TLP label, a viewer without an agency.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.handling import MATCHED
from streams.reference.agencies import MEMBERS as MEMBER_COUNTRIES

CENTRE = "CARICC"
MEMBER_STATES = frozenset(MEMBER_COUNTRIES)
MEMBERS = frozenset({"officer", "analyst"})
DESK = frozenset({"coordinator", "supervisor"})


def _quoted(code: str) -> str:
    return f"'{code}'"


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who asks, by the token: sign-in name, agency, the agency's country (ISO 3166-1 alpha-2 or None) and role.

    `supervises`: an officer whom alarms past the room are told of; it opens nothing else.
    """

    person: str
    agency: str
    country: str | None
    role: str
    supervises: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What visibility depends on. `held`: until released by name; `embargo_until`: nobody but the originator before that instant.

    `guarded_for`: a live delivery keeps the report in (decision 0808): these agencies see it like any other, the others not at all.
    `match_mode`: who learns that another agency's report meets it; seeing the report itself does not depend on it.
    """

    originator: str
    tlp: str
    recipients: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    held: bool = False
    embargo_until: datetime | None = None
    guarded_for: tuple[str, ...] | None = None
    match_mode: str = "owner_first"


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason to see a report. `sql` is over alias `r`; its parameters are in `_parameters`."""

    roles: frozenset[str]
    holds: Callable[[Viewer, Facts], bool]
    sql: str


OWN = Ground(MEMBERS, lambda viewer, facts: viewer.agency == facts.originator, "r.originator = %(see_agency)s")
NAMED = Ground(
    MEMBERS | DESK,
    lambda viewer, facts: viewer.agency in facts.recipients or f"{viewer.agency}/{viewer.person}" in facts.recipients,
    "r.recipients && ARRAY[%(see_agency)s, %(see_person)s]::text[]",
)
DESK_OF_CENTRE = Ground(DESK, lambda viewer, facts: True, "TRUE")
CONCERNED = Ground(MEMBERS, lambda viewer, facts: viewer.country in facts.countries, "%(see_country)s::text = ANY(r.countries)")
IN_COMMUNITY = Ground(MEMBERS, lambda viewer, facts: viewer.country in MEMBER_STATES, "%(see_member)s")
ANYONE = Ground(MEMBERS, lambda viewer, facts: True, "TRUE")

# TLP 2.0 as this network reads it (docs/architecture.md). OWN is beside the table: a hold or an embargo does not touch it.
POLICY: Mapping[str, tuple[Ground, ...]] = {
    "RED": (NAMED,),
    "AMBER+STRICT": (NAMED, DESK_OF_CENTRE),
    "AMBER": (NAMED, DESK_OF_CENTRE, CONCERNED),
    "GREEN": (NAMED, DESK_OF_CENTRE, CONCERNED, IN_COMMUNITY),
    "CLEAR": (NAMED, DESK_OF_CENTRE, ANYONE),
}


def in_office(viewer: Viewer) -> bool:
    """Whether the role fits the agency: the desk's roles exist at the centre only, and every viewer belongs to an agency as a person."""
    return bool(viewer.agency and viewer.person) and (viewer.role not in DESK | {"steward"} or viewer.agency == CENTRE)


def facts(current: Mapping[str, Any]) -> Facts:
    """The facts of a CurrentReport as read from its topic. Handling that is missing or unknown gives facts that nobody may see."""
    handling = current.get("report", {}).get("handling", {})
    hold, guard = current.get("hold"), current.get("guard")
    hold_until = _instant(hold.get("until")) if hold else None
    ends = [end for end in (_instant(handling.get("embargo_until")), hold_until) if end is not None]
    return Facts(
        originator=handling.get("originator", ""),
        tlp=handling.get("tlp", ""),
        recipients=tuple(handling.get("recipients", ())),
        countries=tuple((current.get("enrichment") or {}).get("countries", ())),
        held=hold is not None and hold_until is None,
        embargo_until=max(ends, default=None),
        guarded_for=None if guard is None else tuple(guard["for"]),
        match_mode=handling.get("match_mode", "owner_first"),
    )


def may_see(viewer: Viewer, facts: Facts, now: datetime) -> bool:
    """Whether this viewer may see a report with these facts at `now` (aware)."""
    grounds = POLICY.get(facts.tlp)
    if grounds is None or not in_office(viewer):
        return False
    if facts.guarded_for is not None and viewer.agency not in facts.guarded_for:
        return False
    if _granted(OWN, viewer, facts):
        return True
    if facts.held or (facts.embargo_until is not None and facts.embargo_until > now):
        return False
    return any(_granted(ground, viewer, facts) for ground in grounds)


def where(viewer: Viewer, now: datetime) -> tuple[str, dict[str, Any]]:
    """The same as an SQL condition over alias `r` of table reports, with its parameters (psycopg style, names begin with `see_`)."""
    if not in_office(viewer):
        return "FALSE", {}
    granted = [
        f"(r.tlp = ANY(ARRAY[{', '.join(_quoted(tlp) for tlp, grounds in POLICY.items() if ground in grounds)}]) AND {ground.sql})"
        for ground in (ANYONE, IN_COMMUNITY, DESK_OF_CENTRE, CONCERNED, NAMED)
        if viewer.role in ground.roles
    ]
    if not granted:
        return "FALSE", {}
    routed = f"NOT r.held AND (r.embargo_until IS NULL OR r.embargo_until <= %(see_now)s) AND ({' OR '.join(granted)})"
    known = f"r.tlp = ANY(ARRAY[{', '.join(map(_quoted, POLICY))}])"
    clause = f"({routed} OR {known} AND {OWN.sql})" if viewer.role in OWN.roles else f"({routed})"
    return f"((r.guarded_for IS NULL OR %(see_agency)s = ANY(r.guarded_for)) AND {clause})", {
        "see_agency": viewer.agency,
        "see_person": f"{viewer.agency}/{viewer.person}",
        "see_country": viewer.country,
        "see_member": viewer.country in MEMBER_STATES,
        "see_now": now,
    }


def reach(viewer: Viewer) -> tuple[str, dict[str, Any]] | None:
    """A condition that has an index and grants nothing: it holds for all that `where` grants, and for some more. With its parameters.

    None for the desk and the community, to whom most reports are open: to look at each is sooner done than to read which they are.
    """
    if viewer.role not in MEMBERS or viewer.country in MEMBER_STATES:
        return None
    open_to_all = [tlp for tlp, grounds in POLICY.items() if ANYONE in grounds]
    words = [viewer.agency, f"{viewer.agency}/{viewer.person}", *filter(None, [viewer.country]), *open_to_all]
    return "(r.recipients || r.countries || ARRAY[r.originator, r.tlp]) && %(see_reach)s::text[]", {"see_reach": words}


def may_list_holds(viewer: Viewer) -> bool:
    """Whether the viewer learns what is held, by whom and why (never the content)."""
    return in_office(viewer) and viewer.role in {"steward", "supervisor"}


def may_release(viewer: Viewer) -> bool:
    """Whether the viewer decides when a held report goes its ways again."""
    return in_office(viewer) and viewer.role in DESK


def may_see_incidents(viewer: Viewer) -> bool:
    """Whether proposals are shown at all; each also needs both of its reports to be visible, and to be `linkable` (leak rule 2)."""
    return in_office(viewer) and viewer.role in DESK


def linkable(viewer: Viewer, facts: Facts) -> bool:
    """Whether the viewer may be shown what a report meets, by its standing revision: asked at delivery (leak rule 5).

    Never what a report of the own agency meets: a guard keeps reports out of matching, so whoever saw what his own report meets would
    see that it meets nothing, and know what is under watch (leak rule 4). The desk asks the owners first, see `ask_first`.
    """
    return facts.match_mode in MATCHED and facts.originator != viewer.agency


MATCH_MODE = "coalesce(v.report->'handling'->>'match_mode', 'owner_first')"
LINKABLE = f"({MATCH_MODE} = ANY(ARRAY[{', '.join(_quoted(mode) for mode in sorted(MATCHED))}]) AND r.originator <> %(see_agency)s)"
"""`linkable` as SQL, over aliases `r` and `v` of a report and its standing revision, with the parameters of `where`."""


def ask_first(sides: Iterable[tuple[str, str]]) -> list[str]:
    """Whose word is needed before the other agency learns of a proposal; `sides`: originator and mode. Nobody's where both say mutual."""
    return sorted({originator for originator, match_mode in sides if match_mode != "mutual"})


def may_see_rejected(viewer: Viewer, agency: str | None) -> bool:
    """Dead letters hold unmarked bytes: for the sending agency and the steward (leak rule 6)."""
    if not in_office(viewer):
        return False
    return viewer.role == "steward" or (viewer.role in MEMBERS and viewer.agency == agency)


def _granted(ground: Ground, viewer: Viewer, facts: Facts) -> bool:
    return viewer.role in ground.roles and ground.holds(viewer, facts)


def _instant(value: str | None) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)

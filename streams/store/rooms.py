"""Who may see what of a controlled delivery: one rule, read as a Python predicate and as SQL, and what is shown to whom.

Decided with the newest snapshot's `visibility`, at delivery. What is meant for an audience (an alarm or event under duress) goes to it
alone, and nothing that others get depends on it: no count, number, version or time (leak rule 1).
"""

from collections.abc import Mapping
from typing import Any

from schemas.alarms import ALARMS
from schemas.delivery_names import ALARMS as KINDS
from streams.store.visibility import CENTRE, DESK, MEMBERS, Viewer, in_office

Json = Mapping[str, Any]

NO_SUCH = "there is no such delivery"
"""What whoever may not see a delivery is told, and whoever asks for one that never was."""

_RUNGS = 1 << 20
_NEVER_SHOWN = ("version", "at")


def may_enter(viewer: Viewer, visibility: Json) -> bool:
    """Whether this viewer sees a delivery with this `visibility` (schemas.deliveries.Visibility)."""
    if not in_office(viewer):
        return False
    if viewer.role in DESK:
        return is_member(viewer, visibility)
    if viewer.role not in MEMBERS or viewer.agency not in visibility["agencies"]:
        return False
    named = any(member.startswith(f"{viewer.agency}/") for member in visibility["members"])
    return is_member(viewer, visibility) or not named


def is_member(viewer: Viewer, visibility: Json) -> bool:
    """Whether the viewer is one of the named members of the room."""
    return f"{viewer.agency}/{viewer.person}" in visibility["members"]


def where_entered(viewer: Viewer) -> tuple[str, dict[str, Any]]:
    """`may_enter` as an SQL condition over alias `d` of table deliveries, with its parameters (names begin with `see_`)."""
    own = {"see_agency": viewer.agency, "see_person": f"{viewer.agency}/{viewer.person}"}
    if not in_office(viewer):
        return "FALSE", {}
    if viewer.role in DESK:
        return "%(see_person)s = ANY(d.members)", own
    if viewer.role not in MEMBERS:
        return "FALSE", {}
    return (
        "(%(see_agency)s = ANY(d.agencies) AND (%(see_person)s = ANY(d.members) OR NOT %(see_agency)s = ANY(d.named)))",
        own,
    )


def named_agencies(visibility: Json) -> list[str]:
    """The agencies that have named members: for table deliveries, column `named`."""
    return sorted({member.partition("/")[0] for member in visibility["members"]})


def audience_names(audience: list[Json] | None) -> list[str] | None:
    """An audience as texts: `TJ-DCA/officers`; of the centre, which has no agency, `/coordinator`, a person `@CARICC/d.duty`. None: all."""
    if audience is None:
        return None
    return [f"@{one['person']}" if one.get("person") else f"{one.get('agency') or ''}/{one.get('role', 'officers')}" for one in audience]


def hears(viewer: Viewer) -> list[str]:
    """The audiences that the viewer belongs to, as `audience_names` writes them."""
    if not in_office(viewer):
        return []
    if viewer.role in DESK:
        return [f"/{viewer.role}", f"{viewer.agency}/{viewer.role}", f"@{viewer.agency}/{viewer.person}"]
    if viewer.role != "officer":
        return []
    return [f"{viewer.agency}/officers", *([f"{viewer.agency}/supervisor"] if viewer.supervises else [])]


def may_hear(viewer: Viewer, audience: list[Json] | None) -> bool:
    """Whether an alarm, event or ring with this audience is for the viewer, once they may see the delivery."""
    names = audience_names(audience)
    return names is None or not set(names).isdisjoint(hears(viewer))


def rings_past_the_room(viewer: Viewer, visibility: Json, told: list[Json]) -> bool:
    """Whether a ring is for the viewer though the room is not: for a supervisor of a party, of what its agency's supervisor is told."""
    chief = f"{viewer.agency}/supervisor"
    return viewer.agency in visibility["agencies"] and chief in hears(viewer) and chief in (audience_names(told) or ())


def rings_a_supervisor(viewer: Viewer, told: list[Json]) -> bool:
    """Whether a ring calls the centre's supervisors and the viewer is one: in the room or not, for somebody must be able to ring."""
    return viewer.role == "supervisor" and may_hear(viewer, told)


def ring_past_the_room(ring: Json, visibility: Json) -> dict[str, Any]:
    """What a supervisor of the centre who is not in the room is told: that an alarm of a kind is still open, and whom to ask."""
    return {name: ring[name] for name in ("ring", "delivery", "alarm", "kind", "minute", "at")} | {"ask": to_ask(visibility)}


def to_ask(visibility: Json) -> list[str]:
    """The centre's officers in the room; where it has none, the lead."""
    return [member for member in visibility["members"] if member.startswith(f"{CENTRE}/")] or [visibility["lead"]]


def snapshot_for(viewer: Viewer, snapshot: Json) -> dict[str, Any]:
    """A DeliverySnapshot as the viewer sees it; call it only where `may_enter`.

    `ru` of an alarm or a stop is its reason in Russian, where that is the centre's own sentence, and of an alarm what its kind is called.
    `version` and `at` of the record count hidden changes too: `version` here is made of what is shown, and grows with it; `at` is left out.
    Of two snapshots the one with the higher version is the newer, of two alike the one that came last.
    """
    alarms = [_in_russian(alarm) for alarm in snapshot["alarms"] if may_hear(viewer, alarm.get("audience"))]
    shown = {name: value for name, value in snapshot.items() if name not in _NEVER_SHOWN} | {"alarms": alarms}
    kept_in = snapshot.get("kept_in")
    shown["kept_in"] = kept_in if kept_in is not None and may_hear(viewer, kept_in["audience"]) else None
    shown["parts"] = [_held(part) for part in snapshot["parts"]]
    if viewer.role not in DESK and viewer.agency != snapshot["lead"]:
        shown |= {name: _without(snapshot.get(name), secret) for name, secret in (("ready", "deconfliction"), ("deconfliction", "contact"))}
    # Between two events of the room nothing grows but the ladders of its alarms, and how often deconfliction has answered.
    climbed = sum(alarm["rung"] + 1 for alarm in alarms if alarm.get("audience") is None)
    climbed += (snapshot.get("deconfliction") or {}).get("answers", 0)
    return shown | {"version": snapshot["events"] * _RUNGS + min(climbed, _RUNGS - 1)}


def _in_russian(alarm: Json) -> dict[str, Any]:
    """The phone has no room for the names of kinds: they go with the alarm."""
    shown = ALARMS.beside(alarm, "reason")
    named = KINDS.get(alarm["kind"])
    return shown if named is None else {**shown, "ru": {"kind": named, **shown.get("ru", {})}}


def _held(part: Json) -> Json:
    return {**part, "hold": ALARMS.beside(part["hold"], "reason", "needed")} if part.get("hold") else part


def _without(value: Json | None, name: str) -> dict[str, Any] | None:
    """Whether another delivery is near is for the lead and the centre (leak rule 9)."""
    return None if value is None else {each: said for each, said in value.items() if each != name}


def is_open(snapshot: Json) -> bool:
    """Whether there is still something to do about the delivery."""
    return snapshot["status"] not in ("closed", "evaluated")

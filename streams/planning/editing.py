"""What an edit does to an entry of the directory. Pure: the caller has checked that `edit.by` is the person who signed."""

from schemas.directory import (
    CallBack,
    Confirm,
    ContactPoint,
    CrossingEntry,
    DirectoryEdit,
    DirectoryEntry,
    Drop,
    Publish,
    Reach,
    Retire,
    Standing,
    Verify,
    agency_of,
    entry_key,
)
from schemas.problems import Problem

NOTHING = Standing()


def apply(edit: DirectoryEdit, standing: Standing = NOTHING) -> Standing | Problem:
    """What stands after the edit, or why it is refused; `standing` is never changed.

    Rules: only a person of the authority edits (DOMAIN "Directory"); who edits has seen the version that stands; a changed way to reach
    somebody is a proposal until another person of that authority confirms it with a call back to each desk's old number.
    """
    if agency_of(edit.by) != edit.authority:
        return _no("by", f"{edit.by} is not of {edit.authority}", "an entry is edited by persons of its own authority alone")
    version = standing.entry.version if standing.entry else 0
    if edit.base_version != version:
        return _no(
            "base_version", f"version {version} stands, the edit was made on {edit.base_version}", "look at what stands and edit that"
        )
    match edit:
        case Publish():
            return _publish(edit, standing, version)
        case Confirm():
            return _confirm(edit, standing)
        case Drop():
            if standing.proposal is None:
                return _no("act", "no proposal stands", "nothing needs to be done")
            return standing.model_copy(update={"proposal": None})
        case Verify() | Retire():
            return _stamp(edit, standing)


def _publish(edit: Publish, standing: Standing, version: int) -> Standing | Problem:
    entry, old = edit.entry, standing.entry
    crossing = entry.crossing if isinstance(entry, CrossingEntry) else None
    if (entry.authority, crossing) != (edit.authority, edit.crossing):
        key = entry_key(entry.authority, crossing)
        return _no("entry", f"it is the entry of {key}, not of {entry_key(edit.authority, edit.crossing)}", "send it under its own key")
    if entry.version != version + 1:
        return _no("entry.version", f"version {version} stands", f"number it {version + 1}")
    if (entry.verified, entry.verified_by) != (edit.at, edit.by):
        return _no(
            "entry.verified", "a new version is verified by whoever publishes it", "set verified and verified_by to at and by of the edit"
        )
    if old is not None and old.exercise != entry.exercise:
        return _no("entry.exercise", "an entry stays real or an exercise", "make another entry in the other space")
    if standing.proposal is not None:
        return _no("act", f"a proposal of {standing.proposal.by} awaits its second person", "confirm or drop it first")
    if changed_desks(old, entry):
        return standing.model_copy(update={"proposal": edit})
    return Standing(entry=entry)


def _confirm(edit: Confirm, standing: Standing) -> Standing | Problem:
    proposal = standing.proposal
    if proposal is None:
        return _no("act", "no proposal stands", "publish the change first")
    if edit.by == proposal.by:
        return _no("by", f"{edit.by} proposed it", "another person of the authority confirms: it takes two")
    if edit.at < proposal.at:
        return _no("at", "the confirmation is earlier than the proposal", "check the clock")
    for desk in changed_desks(standing.entry, proposal.entry):
        numbers = _old_numbers(standing.entry, desk)
        calls = [call for call in edit.call_backs if call.contact == desk]
        if problem := _called_back(desk, numbers, calls, edit, proposal):
            return problem
    return Standing(entry=proposal.entry)


def _called_back(desk: str, numbers: frozenset[str], calls: list[CallBack], edit: Confirm, proposal: Publish) -> Problem | None:
    if not calls:
        which = f" on {', '.join(sorted(numbers))}" if numbers else " on the number that its state gave when it joined"
        return _no("call_backs", f"no call back for {desk} is recorded", f"call the desk{which} and record who answered")
    if numbers and all(call.number not in numbers for call in calls):
        return _no(
            "call_backs", f"{calls[0].number} was no number of {desk} before", f"call back on an old one: {', '.join(sorted(numbers))}"
        )
    if any(not proposal.at <= call.at <= edit.at for call in calls):
        return _no("call_backs", "the call is not between the proposal and the confirmation", "call again, then confirm")
    return None


def _stamp(edit: Verify | Retire, standing: Standing) -> Standing | Problem:
    entry = standing.entry
    if entry is None:
        return _no("authority", f"there is no entry of {entry_key(edit.authority, edit.crossing)}", "publish it first")
    if edit.at < entry.verified:
        return _no("at", f"it was verified later, at {entry.verified.isoformat()}", "check the clock")
    if standing.proposal is not None:
        return _no("act", "a proposal awaits its second person", "confirm or drop it first")
    change: dict[str, object] = {"version": entry.version + 1, "verified": edit.at, "verified_by": edit.by}
    if isinstance(edit, Retire):
        if edit.at <= entry.valid_from:
            return _no("at", "it is not valid yet", "publish a version with other dates")
        change["valid_until"] = min(edit.at, entry.valid_until)
    elif entry.valid_until <= edit.at:
        return _no("at", f"it ended at {entry.valid_until.isoformat()}", "publish a version with a later valid_until")
    return Standing(entry=entry.model_copy(update=change))


def changed_desks(old: DirectoryEntry | None, new: DirectoryEntry) -> list[str]:
    """Codes of the contact points whose ways to be reached differ, appear or disappear; of a first entry all."""
    before, after = _ways(old), _ways(new)
    return sorted(code for code in before.keys() | after.keys() if before.get(code) != after.get(code))


def _ways(entry: DirectoryEntry | None) -> dict[str, frozenset[Reach]]:
    return {desk.code: frozenset(desk.ways()) for desk in entry.desks()} if entry else {}


def _old_numbers(old: DirectoryEntry | None, code: str) -> frozenset[str]:
    """Numbers with a voice behind them: of that desk, else (a new desk, or one without) of any desk of the entry."""
    if old is None:
        return frozenset()
    desk = old.contact(code)
    return (_voices(desk) if desk else frozenset()) or frozenset().union(*map(_voices, old.desks()))


def _voices(desk: ContactPoint) -> frozenset[str]:
    return frozenset(way.address for way in desk.reach if way.voice)


def _no(field: str, reason: str, mend: str) -> Problem:
    return Problem(field=field, reason=reason[:400], mend=mend[:400])

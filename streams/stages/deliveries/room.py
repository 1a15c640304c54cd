"""Who is in the room, what is said there, and what officers say of entries made for them by voice."""

from schemas.acts import Room, VoiceConfirmed
from streams.stages.deliveries.acting import CENTRE, Deed, No
from streams.stages.deliveries.alarms import raise_alarm

MOST_MEMBERS = 300


def used(deed: Deed) -> None:
    """Who enters and leaves, and what is said. What is said without anybody entering or leaving is a message alone."""
    act: Room = deed.act
    said = act.model_dump(mode="json", include={"says", "attachments", "originals"}, exclude_defaults=True)
    if act.originals and deed.agency != deed.case.lead:
        raise No(f"originals are given as evidence to the lead: {deed.case.lead}", "ask the lead, or the agency that sent it", "originals")
    if not said or act.enters or act.leaves or act.break_glass is not None:
        _entered(deed, act)
    if said:
        deed.tell(said, kind="message")


def _entered(deed: Deed, act: Room) -> None:
    """An agency names its own officers, the centre its own. Breaking glass enters the coordinator himself, and the lead is rung."""
    case = deed.case
    if act.break_glass is not None:
        if deed.officer.role not in CENTRE:
            raise No("breaking glass is for the centre's officers", "ask your agency to name you", "break_glass")
        case.members = sorted({*case.members, deed.who})
        deed.events.append(raise_alarm(case, "glass_broken", deed.now, f"{deed.who} entered the room: {act.break_glass}", doer=deed.who))
        deed.tell({"enters": [deed.who], "break_glass": act.break_glass})
        return
    foreign = [name for name in (*act.enters, *act.leaves) if not name.startswith(f"{deed.agency}/")]
    if foreign:
        raise No(f"{', '.join(foreign)} is not of {deed.agency}", "each agency names its own officers", "enters")
    members = (set(case.members) | set(act.enters)) - set(act.leaves)
    if not any(name.startswith(f"{deed.agency}/") for name in members):
        raise No(f"nobody of {deed.agency} would be left in the room", "name who stays", "leaves")
    if len(members) > MOST_MEMBERS:
        raise No(f"a room has at most {MOST_MEMBERS} members", "let some leave first", "enters")
    case.members = sorted(members)
    deed.tell({"enters": list(act.enters), "leaves": list(act.leaves)})


def confirmed(deed: Deed) -> None:
    """The officer says that an entry for him was so, or that it was not: then everybody is told. What was entered stands."""
    act: VoiceConfirmed = deed.act
    case, name = deed.case, str(act.entry)
    entry = case.unconfirmed.get(name)
    if entry is None:
        raise No("no entry of that id waits for a word", "read what waits", "entry")
    if entry["for"] != deed.who:
        raise No(f"the entry was made for {entry['for']}", "he confirms it himself", "entry")
    del case.unconfirmed[name]
    part = case.parts.get(entry["part"] or "")
    deed.tell({"entry": name, "agrees": act.agrees}, part=part)
    if not act.agrees:
        reason = f"{deed.who} did not say what {entry['by']} entered for him: {entry['act']}"
        deed.events.append(raise_alarm(case, "voice_disputed", deed.now, reason, part, doer=entry["by"]))

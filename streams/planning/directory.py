"""The directory as it stands at one moment: look-ups, what is stale, and who may see the named officers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from schemas.directory import VERIFY_EVERY, AuthorityEntry, ContactPoint, CrossingEntry, DirectoryEntry, entry_key
from streams.reference.text import compact, fold

_CLOCKS_APART = timedelta(minutes=5)
_ENTRIES: TypeAdapter[tuple[DirectoryEntry, ...]] = TypeAdapter(tuple[DirectoryEntry, ...])


def freshness(entry: DirectoryEntry, now: datetime, verify_every: timedelta = VERIFY_EVERY) -> str | None:
    """Why the entry is stale at `now`, in words; None where it is good."""
    if now < entry.valid_from:
        return f"not valid before {entry.valid_from.isoformat(timespec='minutes')}"
    if now >= entry.valid_until:
        return f"valid until {entry.valid_until.isoformat(timespec='minutes')}"
    if entry.verified - now > _CLOCKS_APART:
        return f"verified at {entry.verified.isoformat(timespec='minutes')}, which is still to come"
    if now - entry.verified > verify_every:
        return f"not verified for {(now - entry.verified).days} days, {verify_every.days} are allowed"
    return None


@dataclass(frozen=True)
class Directory:
    """Entries as they stand. Raises ValueError where two have one key, or real ones stand among those of an exercise."""

    entries: tuple[DirectoryEntry, ...]
    verify_every: timedelta = VERIFY_EVERY

    def __post_init__(self) -> None:
        keys = [key_of(entry) for entry in self.entries]
        if doubled := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"the directory has {', '.join(sorted(doubled))} twice: one entry stands for each key")
        if len({entry.exercise for entry in self.entries}) > 1:
            raise ValueError("real entries and those of an exercise are in one directory: each space has its own")

    def authorities(self, country: str) -> tuple[AuthorityEntry, ...]:
        """The country's authorities, those that consent first."""
        found = (entry for entry in self.entries if isinstance(entry, AuthorityEntry) and entry.country == country)
        return tuple(sorted(found, key=lambda entry: (entry.competence != "consents", entry.authority)))

    def posts(self, country: str, crossing: str) -> tuple[CrossingEntry, ...]:
        """The country's authorities at that crossing, by its name on this side."""
        wanted = compact(fold(crossing))
        found = (entry for entry in self.entries if isinstance(entry, CrossingEntry) and entry.country == country)
        return tuple(entry for entry in found if compact(fold(entry.crossing)) == wanted)

    def stale(self, now: datetime) -> dict[str, str]:
        """Every stale entry by its key, and why."""
        reasons = ((key_of(entry), freshness(entry, now, self.verify_every)) for entry in self.entries)
        return {key: why for key, why in reasons if why is not None}


def key_of(entry: DirectoryEntry) -> str:
    """The key of an entry."""
    return entry_key(entry.authority, entry.crossing if isinstance(entry, CrossingEntry) else None)


def without_names(entry: DirectoryEntry) -> DirectoryEntry:
    """The entry as those see it who are no party of a delivery with this authority: desks, and no officer by name."""

    def unnamed(desk: ContactPoint) -> ContactPoint:
        return desk.model_copy(update={"named": ()})

    change: dict[str, object] = {"contacts": tuple(map(unnamed, entry.contacts))}
    if isinstance(entry, CrossingEntry):
        change["gate"] = unnamed(entry.gate)
    return entry.model_copy(update=change)


def read_entries(text: str | bytes) -> tuple[DirectoryEntry, ...]:
    """Entries from a JSON list. Raises pydantic's ValidationError."""
    return _ENTRIES.validate_json(text)


@cache
def exercise() -> Directory:
    """The fictional directory of exercises and the demo: invented law, invented desks, numbers that cannot ring."""
    return Directory(read_entries((files("streams.planning") / "data" / "exercise_directory.json").read_bytes()))

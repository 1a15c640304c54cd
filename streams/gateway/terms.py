"""What the directory says of the authorities of an act's legs, put beside the act for the stage, which reads no directory."""

from collections.abc import Container, Iterable, Iterator
from datetime import datetime

import structlog

from schemas.acts import Act, Request, RouteChange, Split
from schemas.consignment import WRITTEN_DUE_HOURS, PlannedLeg
from schemas.directory import AuthorityEntry, DirectoryEntry
from streams.gateway.centre import Centre
from streams.planning.directory import freshness
from streams.store.queries import StoreDown

log = structlog.get_logger()


async def written_due_hours(centre: Centre, said: Act) -> dict[str, float]:
    """`hours_of` the authorities of the legs that an act plans. Without the database none: a change of the way does not wait for it."""
    authorities = {leg.authority for leg in _legs(said)}
    if not authorities:
        return {}
    try:
        entries = await centre.store.directory_entries()
    except StoreDown:
        log.warning("no directory for the terms of written consent", act=said.act)
        return {}
    return hours_of(authorities, entries, centre.now())


def hours_of(authorities: Container[str], entries: Iterable[DirectoryEntry], now: datetime) -> dict[str, float]:
    """By authority, within how many hours its entry wants an oral consent confirmed in writing.

    Who is not named has the term of those who say none: no entry, or no urgent procedure. A stale entry gives no longer
    term than that; the shorter one that it had is kept, and the board marks each leg whose entry is stale.
    """
    found = {}
    for entry in entries:
        if isinstance(entry, AuthorityEntry) and entry.authority in authorities and entry.urgent:
            hours = entry.urgent.written_due_hours
            if freshness(entry, now) is None or hours < WRITTEN_DUE_HOURS:
                found[entry.authority] = hours
    return found


def _legs(said: Act) -> Iterator[PlannedLeg]:
    if isinstance(said, Request):
        yield from said.plan.legs
    elif isinstance(said, RouteChange):
        yield from said.legs
    elif isinstance(said, Split):
        for part in said.into:
            yield from part.legs or ()

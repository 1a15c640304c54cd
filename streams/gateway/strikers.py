"""Whether the agencies that an act brings in are any, put beside the act for the stage, which reads no directory (decision 0801)."""

import structlog

from schemas.acts import Act, Strike
from schemas.directory import AuthorityEntry
from streams.gateway.centre import Centre
from streams.store.queries import StoreDown

log = structlog.get_logger()


async def known_agencies(centre: Centre, said: Act) -> list[str] | None:
    """Of the agencies that a strike names, those of the centre's table or of the directory. None: no strike, or the database is away.

    Whoever is named sees the room from then on, and is waited for: a code that nobody has is a slip of the hand. A stale entry still names
    an agency; one that has ended, by its term or retired by the agency itself, names none.
    """
    if not isinstance(said, Strike):
        return None
    named = set(said.agencies)
    known = {agency for agency in named if centre.agencies.get(agency) is not None}
    if known != named:
        try:
            entries = await centre.store.directory_entries()
        except StoreDown:
            log.warning("no directory for the agencies of a strike")
            return None
        known |= named & {one.authority for one in entries if isinstance(one, AuthorityEntry) and centre.now() < one.valid_until}
    return sorted(known)

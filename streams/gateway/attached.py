"""Files that an act names: looked up before the act goes its way, and the room's to see once it was applied."""

import structlog

from schemas.acts import Act
from schemas.problems import Problem
from streams.gateway.asking import unreadable
from streams.gateway.centre import Centre, viewer
from streams.gateway.tokens import Claims
from streams.store.queries import StoreDown

NO_ATTACHMENT = "there is no such attachment in this delivery"
log = structlog.get_logger()


async def check(centre: Centre, claims: Claims, said: Act) -> None:
    """Return where every file that the act names is one that it may name, described as it is. Raises Refusal 422."""
    files, originals = getattr(said, "attachments", ()), getattr(said, "originals", ())
    if not files and not originals:
        return
    usable = await centre.attachments.usable(viewer(claims), said.delivery, [*(file.id for file in files), *originals])
    rows = {row["upload"]: row for row in usable}
    wrong = []
    for place, file in enumerate(files):
        row = rows.get(file.id)
        if row is None or (row["sha256"], row["media_type"], row["length"]) != (file.sha256, file.media_type, file.bytes):
            mend = "upload it to this delivery, and name it as it is described there once it is ready"
            wrong.append(
                Problem(field=f"attachments.{place}", reason="there is no such attachment of yours, or it is not as said", mend=mend)
            )
    for place, upload in enumerate(originals):
        if upload not in rows or not rows[upload]["named"]:
            wrong.append(Problem(field=f"originals.{place}", reason=NO_ATTACHMENT, mend="name one that is in the timeline"))
    if wrong:
        raise unreadable("act", wrong)


async def note(centre: Centre, claims: Claims, said: Act) -> None:
    """The act was applied: what it names is the room's now. Where the database is away, the timeline will say so later."""
    files, originals = getattr(said, "attachments", ()), getattr(said, "originals", ())
    if files or originals:
        try:
            await centre.attachments.note(claims.agency, said.delivery, [file.id for file in files], originals)
        except StoreDown:
            log.warning("attachments of an act are not noted yet: the timeline tells of them")

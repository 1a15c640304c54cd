"""One file examined: its kind, and what others get of it. Pure."""

import hashlib
from dataclasses import dataclass

from streams.attachments.kinds import PICTURES, Refused, kind_of

MAX_SHOWN_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Examined:
    """`shown`: the bytes for others, None where they are the original's (plain text has nothing beside it).

    `sha256` is of the original. `width`, `height` in pixels and `thumbnail` of pictures and papers alone.
    """

    media_type: str
    sha256: str
    shown: bytes | None = None
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def examined(content: bytes) -> Examined:
    """What the file is. Raises Refused with the reason."""
    kind, digest = kind_of(content), hashlib.sha256(content).hexdigest()
    if kind == "text/plain":
        return Examined(kind, digest)
    if kind == "video/mp4":
        from streams.attachments.recordings import recording

        shown, kind = recording(content)
        return Examined(kind, digest, shown)
    if kind in PICTURES:
        from streams.attachments.pictures import picture

        found = picture(content, kind)
    else:
        from streams.attachments.papers import paper

        found = paper(content)
    if len(found.content) > MAX_SHOWN_BYTES:
        raise Refused("too_large", "for others it would grow past what the centre sends: make it smaller")
    return Examined(kind, digest, found.content, found.width, found.height, found.thumbnail)

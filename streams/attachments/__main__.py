"""`python -m streams.attachments`: a file on standard input, what was found on standard output, under limits of its own.

A process a file, without the centre's settings: a hostile file that takes it over or brings it down has neither. Output: the length of a
JSON object in 4 bytes, the object (`shown` and `thumbnail` are lengths), the bytes shown, the thumbnail.
"""

import json
import os
import resource
import struct
import sys

from streams.attachments.examining import Examined, examined
from streams.attachments.kinds import MAX_BYTES, Refused

MAX_MEMORY = 2 * 1024**3
MAX_SECONDS = 60


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(kind, (most, most))


def _told(found: Examined | Refused) -> bytes:
    if isinstance(found, Refused):
        head: dict[str, object] = {"refused": found.code, "reason": found.reason}
        shown = thumbnail = b""
    else:
        shown, thumbnail = found.shown or b"", found.thumbnail or b""
        head = {
            "media_type": found.media_type,
            "sha256": found.sha256,
            "width": found.width,
            "height": found.height,
            "same": found.shown is None,
            "shown": len(shown),
            "thumbnail": len(thumbnail),
        }
    said = json.dumps(head).encode()
    return struct.pack(">I", len(said)) + said + shown + thumbnail


def main() -> None:
    """Examine one file."""
    os.nice(10)
    _limit()
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        found: Examined | Refused = examined(content)
    except Refused as refused:
        found = refused
    except MemoryError:
        found = Refused("too_large", "it takes too much memory to be examined: make it smaller")
    sys.stdout.buffer.write(_told(found))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

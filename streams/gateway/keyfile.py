"""Secret files that several processes may make at the same moment: whoever links first wins, everyone reads the same bytes."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


class UnsafeKeyFile(ValueError):
    """Others on the machine can read a secret."""


def read_or_create(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's bytes; where there is none, `make()` is written first, mode 0600. Raises UnsafeKeyFile when others may read it."""
    if not path.exists():
        write_secret(path, make())
    if path.stat().st_mode & 0o077:
        raise UnsafeKeyFile(f"{path} can be read by others: run chmod 600 {path}")
    return path.read_bytes()


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file, mode 0600, whole or not at all. A file that is there already stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()

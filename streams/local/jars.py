"""Kafka's jars: pinned by sha256 in kafka.lock, fetched once per user, verified at every start."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from uuid import uuid4

import platformdirs
from maven_artifact import Artifact, Downloader, RequestException

LOCK_FILE = Path(__file__).with_name("kafka.lock")
ATTEMPTS = 3

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""


class JarRefused(RuntimeError):
    """A jar is not the one that kafka.lock pins, or cannot be fetched."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock file."""

    coordinate: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def cache_dir() -> Path:
    """Where jars are kept for this user."""
    return Path(platformdirs.user_cache_dir("ric")) / "jars"


def pinned(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """The lock file's jars."""
    rows = (line.split() for line in lock_file.read_text().splitlines() if line and not line.startswith("#"))
    return [Jar(coordinate, sha256, int(size)) for coordinate, sha256, size in rows]


def missing(jars: list[Jar], folder: Path) -> list[Jar]:
    """The jars not cached yet. Raises JarRefused for a cached file with other content."""
    absent = []
    for jar in jars:
        path = folder / jar.filename
        if not path.exists():
            absent.append(jar)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != jar.sha256:
            raise JarRefused(f"{path} is not {jar.coordinate} as pinned in kafka.lock: it was changed on disk. Delete it and start again")
    return absent


def ensure(folder: Path | None = None, progress: Progress | None = None, lock_file: Path = LOCK_FILE) -> list[Path]:
    """Paths of all pinned jars, verified; what is missing is fetched first. Raises JarRefused."""
    folder = folder or cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    jars = pinned(lock_file)
    absent = missing(jars, folder)
    if absent:
        _fetch_all(absent, folder, progress or (lambda done, total: None))
    return [folder / jar.filename for jar in jars]


def _fetch_all(jars: list[Jar], folder: Path, progress: Progress) -> None:
    total, done, counting = sum(jar.size for jar in jars), 0, Lock()

    def fetch(jar: Jar) -> None:
        nonlocal done
        _fetch(jar, folder)
        with counting:
            done += jar.size
            progress(done, total)

    progress(0, total)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fetch, jars))


def _fetch(jar: Jar, folder: Path) -> None:
    downloader = Downloader()
    url = downloader.resolver.uri_for_artifact(Artifact.parse(jar.coordinate))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            content: bytes = downloader.requestor.request(url, None, lambda response: response.content, timeout=60)
            break
        except (RequestException, OSError) as error:
            if attempt == ATTEMPTS:
                raise JarRefused(
                    f"{jar.coordinate} could not be fetched: {error}. Check the network (or its proxy) and start again"
                ) from error
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise JarRefused(f"{jar.coordinate} as fetched is not the jar that kafka.lock pins: a proxy or mirror serves another file")
    # Renamed when whole, so that an interrupted or concurrent fetch never leaves half a jar.
    part = folder / f"{jar.filename}.{uuid4().hex}.part"
    part.write_bytes(content)
    part.replace(folder / jar.filename)

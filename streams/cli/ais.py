"""Positions of ships from AIS sentences (ITU-R M.1371, NMEA 0183 `!AIVDM`): decoding is pyais's, what is believed of it is decided here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyais.exceptions import AISBaseException
from pyais.queue import NMEAQueue

Fix = dict[str, Any]

POSITION_REPORTS = frozenset({1, 2, 3, 18, 19, 27})
"""Of ships; those of base stations, aircraft and aids are no ship's."""

KNOT_KMH = 1.852
NO_SPEED_KNOTS = {27: 63.0}
NO_COURSE = 360.0
ACCURATE_M, INACCURATE_M, COARSE_M = 10.0, 100.0, 200.0
"""Radius by the position accuracy flag (under 10 m or not [R]); of message 27 its steps of a tenth of a minute."""


@dataclass
class Heard:
    """What a source brought. `undated`: positions that nobody knows the time of; `broken`: sentences with a wrong checksum, or none."""

    positions: int = 0
    others: int = 0
    undated: int = 0
    broken: int = 0


def fixes(lines: Iterable[bytes], ships: frozenset[str], heard: Heard, now: Callable[[], datetime] | None) -> Iterator[Fix | None]:
    """Fixes (`schemas.positions.Fix`) of these ships, as they come; of all others nothing is kept. None for an empty line: nothing came.

    A sentence's time is that of its tag block (`c:`), else, of a live source, `now` with the second that the ship gives.
    """
    queue = NMEAQueue()
    for line in lines:
        if not line.strip():
            yield None
            continue
        try:
            queue.put_line(line.strip())
            sentence: Any = queue.get_or_none()
            if sentence is None:
                continue
            if not sentence.is_valid:
                heard.broken += 1
                continue
            said: Any = sentence.decode()
        except (AISBaseException, ValueError, IndexError):
            heard.broken += 1
            continue
        if said.msg_type not in POSITION_REPORTS or f"{said.mmsi:09d}" not in ships:
            heard.others += 1
            continue
        if not (-90 <= said.lat <= 90 and -180 <= said.lon <= 180):
            # 91 and 181: the ship does not know where it is.
            heard.others += 1
            continue
        at = _time(sentence.tag_block, getattr(said, "second", 60), now)
        if at is None:
            heard.undated += 1
            continue
        heard.positions += 1
        yield _fix(said, at)


def _fix(said: Any, at: datetime) -> Fix:
    found: Fix = {"at": at.isoformat(), "lat": said.lat, "lon": said.lon, "mmsi": f"{said.mmsi:09d}"}
    coarse = said.msg_type == 27
    found["accuracy_m"] = COARSE_M if coarse else ACCURATE_M if said.accuracy else INACCURATE_M
    if said.speed < NO_SPEED_KNOTS.get(said.msg_type, 102.3):
        found["speed_kmh"] = round(said.speed * KNOT_KMH, 1)
    if said.course < NO_COURSE:
        found["course"] = float(said.course)
    return found


def _time(tag: Any, second: int, now: Callable[[], datetime] | None) -> datetime | None:
    if tag is not None:
        tag.init()
        stamp = tag.receiver_timestamp
        if stamp is not None and str(stamp).isdigit():
            seconds = int(stamp)
            # Some receivers write milliseconds.
            return datetime.fromtimestamp(seconds / 1000 if seconds > 99_999_999_999 else seconds, UTC)
    if now is None:
        return None
    received = now()
    if second > 59:
        return received
    at = received.replace(second=second, microsecond=0)
    return at if at <= received + timedelta(seconds=2) else at - timedelta(minutes=1)

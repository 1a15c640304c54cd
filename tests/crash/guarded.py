"""Deliveries that reports of other agencies meet: kept in, the room warned, let out at the end, and their agencies asked to call."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from tests.crash.load import LEAD, Sent, acting, opened
from tests.crash.oracle import Log, Stored
from tests.examples import SEIZURE

AGENCIES = ("KG-SDCA", "UZ-SCC")
"""Of neither is anybody named in the room."""
PLAIN = {name: SEIZURE[name] for name in ("kind", "place", "substances")}


class Story(NamedTuple):
    """The acts until it is under way, the reports of its container, and its end."""

    delivery: str
    opening: list[Sent]
    reports: list[Sent]
    end: list[Sent]


def story(seed: int, number: int, reports: int) -> Story:
    """A delivery with a container of its own."""
    name, container = f"TJ-DCA/W-{number}", f"WWWU{number:06}0"
    act, opening = acting(f"{seed}/{name}", name)
    opened(act, opening, name, containers=[{"number": container}])
    begun = opening.copy()
    act(LEAD, "aborted", reason="груз изъят")
    told = [_report(AGENCIES[each % len(AGENCIES)], f"W-{number}-{each}", container) for each in range(reports)]
    return Story(name, begun, told, opening[len(begun) :])


def delivery(seed: int, number: int) -> list[Sent]:
    """The same in one sequence that waits: for the watch, for each report before the next one, and for every match before the end."""
    made = story(seed, number, reports=2)
    said = [
        replace(report, after=_stand(made.reports[:before]) if before else watched([made])) for before, report in enumerate(made.reports)
    ]
    return [*made.opening, *said, *(replace(end, after=warned([made])) for end in made.end)]


def _report(agency: str, report: str, container: str) -> Sent:
    handling = {**SEIZURE["handling"], "originator": agency, "tlp": "GREEN", "release": []}

    def body(now: datetime) -> bytes:
        # Further back than anybody looks for reports from before a watch: how soon that is done is not in the log.
        occurred = (now - timedelta(days=60)).isoformat()
        said: dict[str, Any] = {"report_id": report, "issued": occurred, "occurred": occurred, "containers": [{"number": container}]}
        return orjson.dumps(PLAIN | {"handling": handling} | said)

    headers = (("ric_agency", agency.encode()), ("ric_person", b"p.atrol"))
    return Sent("seizures", f"{agency}/{report}".encode(), body, headers)


def watched(stories: list[Story]) -> Callable[[Log], bool]:
    """Whether all of them are under watch, in a log."""
    names = {made.delivery.encode() for made in stories}
    return lambda log: names <= {at.key for at in log["deliveries.watch", 0]}


def stand(stories: list[Story]) -> Callable[[Log], bool]:
    """Whether all of their reports were taken in."""
    return _stand([report for made in stories for report in made.reports])


def warned(stories: list[Story]) -> Callable[[Log], bool]:
    """Whether every report of theirs stands, and the room has heard of each that is kept in."""
    reports = [report for made in stories for report in made.reports]
    names = {made.delivery.encode() for made in stories}

    def heard(log: Log) -> bool:
        if not _stand(reports)(log):
            return False
        keys = {report.key for report in reports}
        kept = {at.key for at in _of(log, "reports.current") if at.key in keys and b'"guard":{' in (at.value or b"")}
        told = [at for at in _of(log, "deliveries.events") if at.key in names and b'"watch_match"' in (at.value or b"")]
        return len(told) >= len(kept)

    return heard


def matched(stories: list[Story]) -> Callable[[Log], bool]:
    """Whether a match of each of their reports lies in its delivery's inbox."""
    expected = sum(len(made.reports) for made in stories)
    names = {made.delivery.encode() for made in stories}
    return lambda log: sum(at.key in names and b'"type":"match"' in (at.value or b"") for at in _of(log, "deliveries.inbox")) >= expected


def let_out(stories: list[Story]) -> Callable[[Log], bool]:
    """Whether it is said of each of their reports that it goes out."""
    keys = {report.key for made in stories for report in made.reports}
    return lambda log: keys <= {at.key for at in _of(log, "reports.enriched") if b'"type":"unguard"' in (at.value or b"")}


def _stand(reports: list[Sent]) -> Callable[[Log], bool]:
    keys = {report.key for report in reports}
    return lambda log: keys <= {at.key for at in _of(log, "reports.current")}


def _of(log: Log, channel: str) -> Iterator[Stored]:
    return (at for (name, _), records in log.items() if name == channel for at in records)

"""A live feed as a stream of events, which resumes where it was when the line broke (server-sent events, HTML Standard section 9.2)."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.cli.connection import Connection, answer
from streams.cli.failures import Failure

if TYPE_CHECKING:
    import httpx

# The centre sends a heartbeat every 10 seconds: three missed are a broken line.
SILENCE_S = 35.0
FEEDS = "name one of: all, own, country-TJ, kind-seizure, receipts, incidents"
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `cursor` is the place behind it; an empty `name` is a heartbeat, which only moves the place on."""

    name: str
    data: Any
    cursor: str | None


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Events from the lines of a stream; one that is cut off is dropped, for it comes again."""
    name, cursor, begun = "", None, False
    data: list[str] = []
    for line in lines:
        if line == "":
            if begun:
                yield Event(name if data else "", json.loads("\n".join(data)) if data else None, cursor)
            name, data, cursor, begun = "", [], None, False
            continue
        begun = True
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            cursor = value


def follow(connection: Connection, feed: str, since: str | None, on_state: Callable[[str], None]) -> Iterator[Event]:
    """The feed's events for ever, across broken lines; `on_state` is told when it is not live and when it is again.

    Raises Failure when the centre refuses: no such feed, no permission, an expired token.
    """
    import httpx

    last, tries, live = since, 0, False
    with connection.client(read_timeout=SILENCE_S) as client:
        while True:
            try:
                headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
                with client.stream("GET", f"/v1/feeds/{feed}", headers=headers) as response:
                    if response.status_code in _AGAIN:
                        raise httpx.ReadError(f"the centre answered {response.status_code}")
                    if not response.is_success:
                        response.read()
                        if response.status_code == 404:
                            raise Failure(f"there is no feed {feed} for you", FEEDS)
                        answer(response)
                    if not live:
                        on_state("live")
                    live, tries = True, 0
                    for event in read_events(_lines(response)):
                        last = event.cursor or last
                        yield event
            except httpx.TransportError as error:
                if not live and tries == 0 and isinstance(error, httpx.ConnectError):
                    on_state(f"no connection to {connection.url}")
                elif live:
                    on_state("not live: the line broke; trying again")
            else:
                if live:
                    on_state("not live: the centre ended the stream; trying again")
            live = False
            tries += 1
            time.sleep(min(0.5 * 2 ** min(tries, 6), 15.0))


def _lines(response: "httpx.Response") -> Iterator[str]:
    """Lines as they come. Only CR and LF end a line: httpx's own splitting also cuts at U+2028, which JSON may hold."""
    rest = ""
    for text in response.iter_text():
        *whole, rest = (rest + text).split("\n")
        yield from (line.removesuffix("\r") for line in whole)

"""`ric publish`: split what an officer gives into reports, keep them in the outbox, send what waits in order."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.cli.failures import Exit, Failure
from streams.cli.outbox import Outbox
from streams.cli.posting import post_batch

if TYPE_CHECKING:
    import httpx

_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Sent:
    """How a sending went: how many reports were answered for, and why it stopped early, if it did."""

    answered: int
    stopped: str = ""
    forbidden: bool = False
    busy: bool = False


def split_reports(data: bytes) -> list[bytes]:
    """The reports in one object, a list, or one object a line, each as JSON on one line with its numbers as written.

    Raises Failure naming line or place.
    """
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise Failure(f"byte {error.start} of the input is not UTF-8", "save it as UTF-8; a table goes through: ric import") from error
    if not text:
        raise Failure("the input is empty", "give one report as a JSON object, a list, or one a line")
    if text.startswith("["):
        return [_one_line(raw) for raw in _elements(text)]
    try:
        _decoder.decode(text)
        return [_one_line(text)]
    except json.JSONDecodeError as whole:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        for number, line in lines:
            try:
                _decoder.decode(line.strip())
            except json.JSONDecodeError as error:
                at = whole.lineno if len(lines) == 1 or number == 1 else number
                raise Failure(f"line {at} is not JSON", "give one object, a list, or one object a line, in double quotes") from error
        return [_one_line(line.strip()) for _, line in lines]
    except RecursionError as error:
        raise Failure("the JSON is nested too deeply", "give reports as the schema says") from error


def _elements(text: str) -> Iterator[str]:
    at = 1
    while True:
        while text[at : at + 1] in (" ", "\t", "\r", "\n", ","):
            at += 1
        if text[at : at + 1] == "]":
            return
        try:
            end = _decoder.raw_decode(text, at)[1]
        except (json.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            raise Failure(f"the list is not JSON from line {line}", "separate the reports by commas and end the list with ]") from error
        yield text[at:end]
        at = end


def _one_line(raw: str) -> bytes:
    # JSON text has line breaks only between its tokens; inside a string they are escaped.
    return " ".join(raw.split("\n")).replace("\r", " ").encode()


def send_waiting(
    outbox: Outbox,
    destination: str,
    client: "httpx.Client",
    *,
    patience: float,
    on_retry: Callable[[str, float], None] | None = None,
) -> Sent:
    """Send what waits for this centre, oldest first, until all is answered for or the line stays bad."""
    answered = 0
    with outbox.sending() as alone:
        if not alone:
            return Sent(0, "another ric is sending from this outbox", busy=True)
        while (batch := outbox.next_batch(destination)) is not None:
            outcome = post_batch(client, list(batch.bodies), batch.key, patience=patience, parameters={"wait": "5s"}, on_retry=on_retry)
            if outcome.kind == "answered":
                outbox.settle(destination, batch, outcome.receipts)
                answered += len(batch.numbers)
            elif outcome.kind == "refused" and len(batch.numbers) > 1:
                outbox.divide(batch)
            elif outcome.kind == "refused":
                problems = list(outcome.problems) or [{"field": "(whole report)", "reason": outcome.detail}]
                outbox.settle(destination, batch, [{"status": "rejected", "problems": problems}])
                answered += 1
            else:
                return Sent(answered, outcome.detail, forbidden=outcome.kind == "forbidden")
    return Sent(answered)


def check(body: bytes) -> list[dict[str, Any]]:
    """What this version's schema says against a report; said at once, also without a connection. Events are left to the centre."""
    from pydantic import ValidationError

    from schemas.problems import problems
    from schemas.reports import read_report

    if b'"specversion"' in body:
        return []
    try:
        read_report(body)
    except ValidationError as error:
        return [problem.model_dump(exclude_none=True) for problem in problems(error)]
    return []


def exit_code(receipts: list[dict[str, Any] | None], sent: Sent) -> Exit:
    """Of one publish."""
    if sent.forbidden:
        return Exit.NOT_PERMITTED
    if any(receipt is None for receipt in receipts):
        return Exit.STORED
    return Exit.REFUSED if any(receipt and receipt.get("status") == "rejected" for receipt in receipts) else Exit.DONE

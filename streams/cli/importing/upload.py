"""An import: rows in batches through the bulk lane, and what became of every one of them."""

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from streams.cli.connection import answer, reaching
from streams.cli.failures import Exit, Failure
from streams.cli.importing.rows import Converted, RowProblem
from streams.cli.posting import post_batch

if TYPE_CHECKING:
    import httpx

BATCH_ROWS = 2_000
BATCH_BYTES = 8 * 1024 * 1024
WAIT = "20s"
# An import is watched over by a person or started again: it waits out a restart of the centre.
PATIENCE_S = 300.0
SETTLE_S = 300.0
SHOWN_ROWS = 20


@dataclass(slots=True)
class Reason:
    """One reason of refusals, with how many rows it struck and the first of them."""

    column: str | None
    field: str | None
    reason: str
    mend: str | None
    count: int = 0
    rows: list[int] = dataclasses.field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """What became of the rows of a file. `adds_up` is the promise: every row read is in exactly one of the other counts."""

    read: int = 0
    skipped: int = 0
    accepted: int = 0
    duplicate: int = 0
    superseded: int = 0
    rejected: int = 0
    pending: int = 0
    seconds: float = 0.0
    reasons: list[Reason] = dataclasses.field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        return self.read == self.skipped + self.accepted + self.duplicate + self.superseded + self.rejected + self.pending

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self) | {"adds_up": self.adds_up}

    def refuse(self, row: int, problem: RowProblem) -> None:
        """Count a refused row under its reason."""
        key = (problem.column, problem.field, problem.reason)
        found = next((each for each in self.reasons if (each.column, each.field, each.reason) == key), None)
        if found is None:
            found = Reason(*key, problem.mend)
            # Values differ without end; past a hundred reasons the rest share one.
            if len(self.reasons) >= 100:
                found = next((each for each in self.reasons if each.reason == _OTHER), None) or Reason(None, None, _OTHER, None)
            if found not in self.reasons:
                self.reasons.append(found)
        found.count += 1
        if len(found.rows) < SHOWN_ROWS:
            found.rows.append(row)


_OTHER = "other reasons: see the dead letters (GET /v1/rejected, or the dashboard)"


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is remembered of a row until it is settled."""

    row: int
    problems: tuple[RowProblem, ...]


def batches(rows: Iterable[Converted | None], summary: Summary) -> Iterator[list[Converted]]:
    """Rows in batches that a call may have; those to skip are counted and left out."""
    batch: list[Converted] = []
    size = 0
    for row in rows:
        summary.read += 1
        if row is None:
            summary.skipped += 1
            continue
        if batch and (len(batch) == BATCH_ROWS or size + len(row.body) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.body)
    if batch:
        yield batch


def upload(
    client: "httpx.Client",
    rows: Iterable[Converted | None],
    *,
    on_batch: Callable[[Summary], None] | None = None,
    on_retry: Callable[[str, float], None] | None = None,
) -> Summary:
    """Send every row and learn its fate. Batches go one after the other: of two rows with one number the first always wins.

    Raises Failure where the centre does not answer for `PATIENCE_S`, or does not permit it; a new import of the file then completes it.
    """
    summary, began, run = Summary(), time.monotonic(), uuid.uuid4()
    unsettled: dict[str, _Sent] = {}
    for number, batch in enumerate(batches(rows, summary)):
        # A key of this run: the next import of the file is to be decided anew, not answered from memory.
        outcome = post_batch(
            client,
            [row.body for row in batch],
            f"import-{run}-{number}",
            patience=PATIENCE_S,
            parameters={"lane": "bulk", "wait": WAIT},
            on_retry=on_retry,
        )
        if outcome.kind == "forbidden":
            raise Failure(outcome.detail, "use a token that may publish for this agency", Exit.NOT_PERMITTED)
        if outcome.kind != "answered":
            mend = "import the file again: what has arrived will be duplicates, nothing doubles"
            raise Failure(f"the import stopped at row {batch[0].row.number}: {outcome.detail}", mend, Exit.UNREACHABLE)
        for row, receipt in zip(batch, outcome.receipts, strict=True):
            sent = _Sent(row.row.number, row.problems)
            if not _count(summary, sent, receipt):
                unsettled[str(receipt["id"])] = sent
        summary.pending = len(unsettled)
        summary.seconds = time.monotonic() - began
        if on_batch:
            on_batch(summary)
    _settle(client, unsettled, summary, on_batch)
    summary.seconds = time.monotonic() - began
    return summary


def _count(summary: Summary, sent: _Sent, receipt: dict[str, Any]) -> bool:
    """Count a settled receipt; False while it is pending."""
    status = receipt.get("status")
    if status == "rejected":
        summary.rejected += 1
        said = (receipt.get("problems") or [{}])[0]
        # The importer's own words name the column; the centre's stand where it alone knows the reason.
        problem = sent.problems[0] if sent.problems else RowProblem(None, said.get("field"), str(said.get("reason")), said.get("mend"))
        summary.refuse(sent.row, problem)
    elif status in ("accepted", "duplicate", "superseded"):
        setattr(summary, status, getattr(summary, status) + 1)
    else:
        return False
    return True


def _settle(client: "httpx.Client", unsettled: dict[str, _Sent], summary: Summary, on_batch: Callable[[Summary], None] | None) -> None:
    """Ask for the receipts that were pending, until all are settled or none settles for `SETTLE_S`."""
    last, pause = time.monotonic(), 0.2
    while unsettled and time.monotonic() - last < SETTLE_S:
        before = len(unsettled)
        for receipt_id, sent in list(unsettled.items()):
            with reaching(str(client.base_url)):
                receipt = answer(client.get(f"/v1/receipts/{receipt_id}"))
            if not _count(summary, sent, receipt):
                break
            del unsettled[receipt_id]
        summary.pending = len(unsettled)
        if len(unsettled) < before:
            last, pause = time.monotonic(), 0.2
            if on_batch:
                on_batch(summary)
        else:
            time.sleep(pause)
            pause = min(pause * 1.5, 5.0)
    summary.pending = len(unsettled)

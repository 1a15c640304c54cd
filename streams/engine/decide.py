"""From a batch of records to what is to be written: run the stage, check its effects, give up the records that it cannot take."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from time import monotonic

from streams.engine.effects import Effect, Emit, Record, Remember, Stage
from streams.engine.failure import EngineError, describe
from streams.engine.journal import Journal, Refusals
from streams.engine.parking import StageFails
from streams.engine.state import MAX_VALUE_BYTES, Base, NotAtHand, Overlay
from streams.engine.topics import Route, key_hash
from streams.engine.transaction import NO_HEADERS, Header, Outgoing
from streams.engine.watchdog import Watchdog

TURN_S = 0.005
"""After this long other partitions get a turn, and the transactions under way the loop: each takes dozens of steps of it."""

ENOUGH_BYTES = 64 * 1024 * 1024
"""Outputs of one transaction, which has to end within seconds: small records may ask for large ones that were kept in."""

MAX_REASON = 500

GIVEN_UP = "this record ended the process twice and was given up undecoded"
"""What the dead letter of a hopeless record says: whoever decides again gives it up too."""

MAX_TRACE = 128
"""W3C Trace Context, section 3.2: 55 characters today, later versions may add some. What anyone sent must fit beside every output."""

log = logging.getLogger("streams.engine")


class BadEffect(ValueError):
    """A stage returned an effect that cannot be performed."""


class PerhapsTheRecords(EngineError):
    """Memory or the system failed under the stage's own hands: most likely the machine's fault, and the record's if it comes again."""


class CannotRefuse(StageFails):
    """A stage failed at a record, and at saying so."""


class Released(Exception):
    """The partition went to another worker, or its app was parked, before the batch was decided."""


class Turns:
    """One partition of the process decides at a time, a few milliseconds each, in the order in which they ask.

    Without turns, as many partitions as have a backlog would hold up the loop one after the other between any two steps of a transaction.
    """

    def __init__(self, watchdog: Watchdog) -> None:
        self.watchdog = watchdog
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._lock.acquire()
        self.watchdog.arm()

    async def __aexit__(self, *_: object) -> None:
        self.watchdog.disarm()
        self._lock.release()


class Decider:
    """Decides batches of one stage, in one partition."""

    def __init__(
        self,
        stage: Stage,
        routes: Mapping[str, Route],
        base: Base | None,
        *,
        refusals: Refusals,
        turns: Turns,
        released: Callable[[], bool],
        reread: Callable[[int], Awaitable[bytes]],
    ) -> None:
        self._stage = stage
        self._routes = routes
        self._base = base
        self._refusals = refusals
        self._turns = turns
        self._released = released
        self._reread = reread

    async def decide(self, records: Sequence[Record], journal: Journal, *, hopeless: bool = False) -> "Decision":
        """The outputs and state changes of the batch, or of its beginning where that writes much (`decided` says how many records it is).

        `hopeless` refuses the records without showing them to the stage.

        Raises Released when the partition is given up meanwhile, StageFails (TooManyRefused, CannotRefuse), and EngineError for what is no
        record's fault.
        """
        decision = Decision(self._stage, self._routes, Overlay(self._base))
        decided = 0
        asked: int | None = None
        while True:
            async with self._turns:
                if self._released():
                    raise Released
                journal.enter()
                try:
                    decided, asked = self._turn(decision, records, decided, hopeless)
                except PerhapsTheRecords:
                    # It is found by trying less and less of the batch, as one that ends the process without a word. What fails below
                    # the stage (its state cannot be read) is never held against the records, whatever caused it.
                    raise
                except BaseException:
                    journal.leave()
                    raise
                journal.leave()
            if decided == len(records) or decision.written >= ENOUGH_BYTES:
                decision.decided = decided
                return decision
            if asked is not None:
                decision.overlay.reread[asked] = await self._reread(asked)
            else:
                await asyncio.sleep(0)

    def _turn(self, decision: "Decision", records: Sequence[Record], start: int, hopeless: bool) -> tuple[int, int | None]:
        """Decide until the turn is over; how many of the records are decided now, and what of the inbox the next one asks for."""
        decide, watchdog, overlay, refusals = self._stage.decide, self._turns.watchdog, decision.overlay, self._refusals
        now = monotonic()
        ends = now + TURN_S
        for position in range(start, len(records)):
            record = records[position]
            watchdog.record, watchdog.since = record, now
            try:
                if hopeless:
                    raise RuntimeError(GIVEN_UP)
                decision.perform(record, decide(record, overlay))
            except NotAtHand as missing:
                # It is decided again, from its beginning, when that is there.
                return position, missing.offset
            except (MemoryError, OSError) as error:
                raise PerhapsTheRecords(f"{self._stage.name} at {record.origin}: {describe(error)}: no fault of the record") from error
            except Exception as error:
                self._refuse(decision, record, error, hopeless)
            else:
                refusals.passed(1)
            now = monotonic()
            if now > ends or decision.written >= ENOUGH_BYTES:
                return position + 1, None
        return len(records), None

    def _refuse(self, decision: "Decision", record: Record, error: Exception, hopeless: bool) -> None:
        # The message may quote the report: it belongs in the dead letter, which is handled as RED, and not in a log.
        log.warning("%s refuses %s: %s", self._stage.name, record.origin, type(error).__name__)
        log.debug("refused %s", record.origin, exc_info=error)
        try:
            decision.perform(record, self._stage.refuse(record, describe(error)[:MAX_REASON]))
            sender = self._stage.sender(record)
        except (MemoryError, OSError) as failure:
            if hopeless:
                raise CannotRefuse(f"{self._stage.name} cannot refuse {record.origin}: {type(failure).__name__}") from failure
            raise PerhapsTheRecords(f"{self._stage.name} refuses {record.origin}: {describe(failure)}: no fault of the record") from failure
        except Exception as failure:
            raise CannotRefuse(f"{self._stage.name} cannot refuse {record.origin}: {type(failure).__name__}") from failure
        decision.refused += 1
        self._refusals.refuse(sender)


class Decision:
    """What a batch writes: records by topic and partition, and changes of state. A record's effects are all in it, or none."""

    __slots__ = ("_routes", "_stage", "decided", "outputs", "overlay", "refused", "written")

    def __init__(self, stage: Stage, routes: Mapping[str, Route], overlay: Overlay) -> None:
        self._stage = stage
        self._routes = routes
        self.overlay = overlay
        self.outputs: defaultdict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        self.refused = 0
        self.decided = 0
        self.written = 0

    def perform(self, record: Record, effects: Iterable[Effect]) -> None:
        """Add one record's effects. Raises BadEffect, or what the stage raises, and then adds none of them."""
        outgoing: list[tuple[tuple[str, int], Outgoing]] = []
        changes: list[Remember] = []
        trace = _trace(record.headers)
        at, routes, written = record.at, self._routes, 0
        for effect in effects:
            if type(effect) is Emit:
                channel, key, value, given, partition = effect
                route = routes.get(channel)
                if route is None:
                    raise BadEffect(f"{self._stage.name} writes to {channel}, which its app does not say that it writes")
                size = len(key) if value is None else len(key) + len(value)
                written += size
                headers = NO_HEADERS
                if given or trace is not None:
                    headers = list(given)
                    if trace is not None and _trace(given) is None:
                        headers.append(trace)
                    for name, said in headers:
                        size += len(name) + len(said)
                if size > route.room:
                    raise BadEffect(f"{self._stage.name} writes {size} bytes to {channel}, which takes {route.room}")
                if partition is None:
                    partition = key_hash(key) % route.partitions
                elif not 0 <= partition < route.partitions:
                    raise BadEffect(f"{self._stage.name} writes to partition {partition} of {channel}, which has {route.partitions}")
                outgoing.append(((route.topic, partition), (key, value, headers, at)))
            elif type(effect) is Remember:
                self._check(effect)
                changes.append(effect)
            else:
                raise BadEffect(f"{self._stage.name} returned {type(effect).__name__}, which is no effect")
        outputs = self.outputs
        for destination, out in outgoing:
            outputs[destination].append(out)
        self.written += written
        for change in changes:
            self.overlay.changes[change.key] = change.value

    def _check(self, change: Remember) -> None:
        if not self._stage.stateful:
            raise BadEffect(f"{self._stage.name} is not stateful and remembers a key")
        if change.value is not None and len(change.value) > MAX_VALUE_BYTES:
            raise BadEffect(f"{self._stage.name} remembers {len(change.value)} bytes under one key: at most {MAX_VALUE_BYTES}")


def _trace(headers: Iterable[Header]) -> Header | None:
    for header in headers:
        if header[0] == "traceparent" and len(header[1]) <= MAX_TRACE:
            return header
    return None

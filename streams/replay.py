"""`python -m streams.replay APP [--from TIME] [--apply]`: the app's state decided again from its inbox (decision 0106).

Beside the worker, from the first record of the inbox to the one that the worker has committed, by the stages of this release. What comes of
it is held against what stands: the changelog, the newest value of each key of the compacted topics that the app writes, and of the others
what was written since TIME. With `--apply` the partition is taken over, and what differs is written in one transaction. What stands
already is never written again, so doing it twice changes nothing. `ric replay --state APP` runs this and shows what it says.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.channels import BY_NAME, Channel
from streams.engine.again import Again
from streams.engine.decide import GIVEN_UP, Turns
from streams.engine.effects import App, Record
from streams.engine.failure import EngineError, describe
from streams.engine.topics import Inbox, Route, Unprovisioned, inboxes, partition_counts, require, routes, written
from streams.engine.transaction import Outgoing, Outputs, TransactionFailed
from streams.engine.watchdog import DECIDE_LIMIT_S, Watchdog
from streams.kafka import UnsafeKafkaConnection, kafka_client_kwargs, stop
from streams.local.process import DataFolderInUse, owned
from streams.settings import Settings, settings

CHAINED = frozenset({"deliveries.events"})
"""Each record seals the one before: what was told is evidence, and a state that tells it otherwise does not take over."""
DEAD_LETTERS = "reports.rejected"
ATTEMPTS = 3
"""A worker that was shut out comes back within seconds and shuts us out: a large state may need another go."""

LOOKS = 3
"""How often it is looked again whether something still differs, beside a worker that goes on."""

Place = tuple[str, int]
Tell = Callable[[str], None]
Missing = Callable[[], Awaitable[dict[Place, list[Outgoing]]]]


class Refused(RuntimeError):
    """The state cannot be decided again, or must not take over; nothing was written for this partition."""


@dataclass(frozen=True, slots=True)
class Found:
    """One partition decided again. `keys` of state and `outputs` by channel differ from what stands; `taken_over`: they were written."""

    partition: int
    records: int
    keys: int
    outputs: Mapping[str, int]
    taken_over: bool


class Written:
    """What stands in the topics that an app writes, read on whenever asked: compacted and chained ones whole, others from `since`."""

    def __init__(self, consumer: AIOKafkaConsumer, counts: Mapping[str, int], channels: Mapping[str, Channel], since: int | None) -> None:
        self._consumer = consumer
        self._counts = counts
        self._since = since
        self.channels = channels
        self.newest: dict[tuple[str, bytes], bytes] = {}
        """Of compacted topics: the value that each key has."""
        self.unclaimed: Counter[bytes] = Counter()
        """Of the others: what nothing that was decided again has been found equal to yet."""

    def compared_from(self, topic: str) -> int | None:
        """From which broker time on what is written there is compared; None: not at all."""
        channel = self.channels[topic]
        return 0 if channel.compact or channel.name in CHAINED else self._since

    async def start(self) -> None:
        """Begin where comparing begins."""
        places = [
            TopicPartition(topic, number)
            for topic in self.channels
            if self.compared_from(topic) is not None
            for number in range(self._counts[topic])
        ]
        self._consumer.assign(places)
        starts = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        later = {place: at for place in places if (at := self.compared_from(place.topic))}
        found = await self._consumer.offsets_for_times(later) if later else {}
        for place in places:
            first = found.get(place)
            self._consumer.seek(place, starts[place] if place not in later else ends[place] if first is None else first.offset)

    async def read_on(self) -> None:
        """Read what has been written since."""
        places = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(places)
        while any([await self._consumer.position(place) < ends[place] for place in places]):
            for place, records in (await self._consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    self.note(place.topic, record.key, record.value)

    def note(self, topic: str, key: bytes, value: bytes | None) -> None:
        """A record stands."""
        if not self.channels[topic].compact:
            self.unclaimed[_digest(topic, key, value)] += 1
        elif value is None:
            self.newest.pop((topic, key), None)
        else:
            self.newest[topic, key] = value

    def claim(self, topic: str, said: Outgoing) -> bool:
        """Whether something equal stands that has not been claimed; it is now."""
        digest = _digest(topic, said[0], said[1])
        if self.unclaimed[digest] < 1:
            return False
        self.unclaimed[digest] -= 1
        return True


def _digest(topic: str, key: bytes | None, value: bytes | None) -> bytes:
    hashed = blake2b(topic.encode(), digest_size=16)
    for part in (key, value):
        hashed.update(b"%d:" % (-1 if part is None else len(part)) + (part or b""))
    return hashed.digest()


class Said:
    """What one partition's records say when they are decided again."""

    def __init__(self, stands: Written) -> None:
        self._stands = stands
        self._newest: dict[tuple[str, bytes], tuple[Place, Outgoing]] = {}
        self._unequal: list[tuple[Place, Outgoing]] = []
        self._fired: set[bytes] = set()
        self.records = 0

    def heard(self, records: Sequence[Record], outputs: Outputs) -> None:
        """A batch was decided."""
        self.records += len(records)
        self._fired.update(timer for record in records if (timer := _fired(record.value)) is not None)
        for place, written_there in outputs.items():
            topic = place[0]
            since = self._stands.compared_from(topic)
            if self._stands.channels[topic].compact:
                self._newest |= {(topic, said[0]): (place, said) for said in written_there}
            elif since is not None:
                self._unequal += [(place, said) for said in written_there if said[3] >= since and not self._stands.claim(topic, said)]

    def missing(self) -> dict[Place, list[Outgoing]]:
        """What does not stand as it was said now: of compacted topics the newest of each key, and never a timer that has fired."""
        self._unequal = [(place, said) for place, said in self._unequal if not self._stands.claim(place[0], said)]
        absent = [
            (place, said)
            for (topic, key), (place, said) in self._newest.items()
            if self._stands.newest.get((topic, key)) != said[1]
            and not (self._stands.channels[topic].name == "timers" and key in self._fired and said[1] is not None)
        ]
        found: defaultdict[Place, list[Outgoing]] = defaultdict(list)
        for place, said in [*self._unequal, *absent]:
            found[place].append(said)
        return dict(found)


def _fired(value: bytes | None) -> bytes | None:
    """The timer that a record of the clock names; None of any other."""
    if value is None or b'"due"' not in value:
        return None
    item = orjson.loads(value)
    timer = item.get("timer") if isinstance(item, dict) and item.get("type") == "due" else None
    return timer.encode() if isinstance(timer, str) else None


@dataclass(frozen=True, slots=True)
class _Work:
    settings: Settings
    app_id: str
    inbox: Inbox
    routes: Mapping[str, Route]
    partitions: int
    cluster: str
    turns: Turns
    apply: bool
    tell: Tell


async def replay(  # noqa: PLR0917
    chosen: Settings, apps: Iterable[App], name: str, since: datetime | None, apply: bool, tell: Tell, turns: Turns
) -> list[Found]:
    """Decide the app's state again; with `apply` put it in the place of the one that stands, partition by partition.

    Raises Refused, ValueError where there is no such app or it has no state, EngineError, Unprovisioned and aiokafka's errors.
    """
    by_name = {app.name: app for app in apps}
    if name not in by_name:
        raise ValueError(f"there is no app {name}: {', '.join(by_name)}")
    app = by_name[name]
    if not any(stage.stateful for stage in app.stages):
        raise ValueError(f"app {name} has no state: its dead letters are sent through again with `ric replay --from TIME --apply`")
    # Stages without state, which may stand beside it, have nothing to be decided again.
    (inbox,) = (each for each in inboxes(app, chosen.space, chosen.agencies, BY_NAME).values() if each.stage.stateful)
    if BY_NAME[inbox.channel].compact:
        raise ValueError(f"app {name} reads {inbox.channel}, which is compacted: not everything that its state was made of is kept")
    if inbox.stage.tables:
        raise ValueError(f"app {name} looks up {', '.join(inbox.stage.tables)}, and what these said at the time is not kept")
    kafka = kafka_client_kwargs(chosen)
    cluster, counts = await partition_counts(kafka)
    require(counts, [inbox.topic, BY_NAME[f"{name}.changelog"].topic(chosen.space)])
    channels = written(app, BY_NAME)
    app_id = f"{chosen.space}.{name}"
    work = _Work(chosen, app_id, inbox, routes(chosen.space, channels, counts), counts[inbox.topic], cluster, turns, apply, tell)
    by_topic = {channel.topic(chosen.space): channel for channel in channels.values()}
    with owned(chosen.data_dir / "again" / app_id):
        letters = BY_NAME[DEAD_LETTERS].topic(chosen.space)
        given_up = await _given_up([TopicPartition(letters, number) for number in range(counts[letters])], kafka)
        async with _consumer(kafka) as consumer:
            stands = Written(consumer, counts, by_topic, None if since is None else int(since.timestamp() * 1000))
            await stands.start()
            return [await _partition(work, name, number, stands, given_up[inbox.topic, number]) for number in range(work.partitions)]


@asynccontextmanager
async def _consumer(kafka: Mapping[str, Any]) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(**kafka, isolation_level="read_committed", enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        yield consumer
    finally:
        await stop(consumer)


async def _partition(work: _Work, name: str, number: int, stands: Written, given_up: set[int]) -> Found:
    said = Said(stands)
    again = Again(
        TopicPartition(work.inbox.topic, number),
        work.inbox,
        app_id=work.app_id,
        kafka=kafka_client_kwargs(work.settings),
        routes=work.routes,
        changelog=TopicPartition(BY_NAME[f"{name}.changelog"].topic(work.settings.space), number),
        folder=work.settings.data_dir / "again" / work.app_id / str(number),
        cluster=work.cluster,
        given_up=given_up,
        turns=work.turns,
        heard=said.heard,
    )

    async def missing() -> dict[Place, list[Outgoing]]:
        await stands.read_on()
        return said.missing()

    async with again:
        await stands.read_on()
        await again.read_to(await again.committed())
        absent, keys = await missing(), await again.keys_that_differ()
        for _ in range(LOOKS):
            if not absent and not keys:
                break
            # The worker goes on meanwhile, and what differs for that alone is equal at a later look.
            await again.read_to(await again.committed())
            absent, keys = await missing(), keys & await again.keys_that_differ()
        outputs = Counter(stands.channels[topic].name for (topic, _), found in absent.items() for _ in found)
        work.tell(f"{again.name}: {said.records} records decided again, {len(keys)} keys and {outputs.total()} outputs differ")
        taken = work.apply and (keys or outputs)
        if taken:
            await _take_over(work, again, missing, stands)
        return Found(number, said.records, len(keys), dict(outputs), bool(taken))


async def _take_over(work: _Work, again: Again, missing: Missing, stands: Written) -> None:
    async def unchained() -> dict[Place, list[Outgoing]]:
        found = await missing()
        if chained := CHAINED & {stands.channels[topic].name for topic, _ in found}:
            raise Refused(
                f"{again.name}: {', '.join(chained)} would come out otherwise, and each record there seals the one before: what was told "
                "stands, and so does the state. Correct it by acts, or run the release that decided it"
            )
        return found

    # Before the worker is shut out, too.
    await unchained()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            keys, outputs = await again.take_over(unchained)
        except TransactionFailed as error:
            if attempt == ATTEMPTS:
                raise
            work.tell(f"the worker came back first, trying again: {error}")
        else:
            work.tell(f"{again.name}: taken over; {keys} keys and {outputs} outputs written")
            return


async def _given_up(places: Sequence[TopicPartition], kafka: Mapping[str, Any]) -> defaultdict[tuple[str, int], set[int]]:
    """Offsets by topic and partition of records that ended workers, by their dead letters."""
    found: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    async with _consumer(kafka) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for origin in _origins(record.value for record in records):
                    topic, partition, offset = origin.rsplit("/", 2)
                    found[topic, int(partition)].add(int(offset))
    return found


def _origins(letters: Iterable[bytes]) -> Iterator[str]:
    for letter in letters:
        if GIVEN_UP.encode() in letter:
            yield orjson.loads(letter)["origin"]


def main() -> int:
    """One JSON line a partition on stdout, what is done meanwhile on stderr. Exit code 1 with the reason where it cannot be done."""
    # Here and not above: whoever reads `replay` for other apps (a test) needs no reference data.
    from streams.topology import APPS

    parser = argparse.ArgumentParser(prog="python -m streams.replay")
    parser.add_argument("app")
    parser.add_argument(
        "--from", dest="since", type=datetime.fromisoformat, help="compare, and with --apply write, outputs since this time"
    )
    parser.add_argument("--apply", action="store_true")
    said = parser.parse_args()
    watchdog = Watchdog(DECIDE_LIMIT_S)
    watchdog.start()

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    try:
        found = asyncio.run(replay(settings(), APPS, said.app, said.since, said.apply, tell, Turns(watchdog)))
    except (Refused, ValueError, Unprovisioned, DataFolderInUse, UnsafeKafkaConnection) as error:
        tell(f"replay: {error}")
        return 1
    except (EngineError, KafkaError) as error:
        tell(f"replay: {describe(error)}: nothing of this partition was written")
        return 1
    for each in found:
        print(json.dumps(asdict(each)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Rate and p99 of each app from what its workers say at GET /metrics: the difference between two readings."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import CONSUMED, DELAY, DESTINATION, GROUP, LAG, PARKED, PARTITION, PARTITION_PARKED, PROCESS, TIMERS

TIMEOUT_S = 2.0
QUANTILE = 0.99


@dataclass(frozen=True, slots=True)
class Reading:
    """What all processes together said of each group. `at`: monotonic seconds; `lag` by topic; `buckets` cumulative, by bound in s.

    `timers`: how many wait, due or not. `parked`: in how many processes the app takes in nothing more.
    `parked_partitions`: of apps that go on, topic/number of those whose log has lost what they go on from.
    """

    at: float
    answered: int = 0
    consumed: Mapping[str, float] = field(default_factory=dict)
    delay_s: Mapping[str, float] = field(default_factory=dict)
    lag: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    buckets: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    timers: Mapping[str, int] = field(default_factory=dict)
    parked: Mapping[str, int] = field(default_factory=dict)
    parked_partitions: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a group goes. `p99_ms`: of a batch, from its first record's turn to its commit; None where none was committed meanwhile."""

    rate: float
    p99_ms: float | None
    delay_s: float | None


def local_urls(data_dir: Path) -> list[str]:
    """Where the processes that `ric up` runs here answer, by the notes that it keeps."""
    ports = []
    for note in sorted((data_dir / "metrics").glob("*")):
        text = note.read_text(encoding="ascii", errors="replace").strip()
        if text.isdigit():
            ports.append(text)
    return [f"http://127.0.0.1:{port}/metrics" for port in ports]


async def read(urls: Sequence[str]) -> Reading:
    """What answers now; who does not is left out, and `answered` says how many did."""
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False) as client:
        texts = await asyncio.gather(*(_text(client, url) for url in urls))
    return reading([text for text in texts if text is not None], asyncio.get_running_loop().time())


async def _text(client: httpx.AsyncClient, url: str) -> str | None:
    try:
        answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return answer.text if answer.is_success else None


def reading(texts: Iterable[str], at: float) -> Reading:
    """The processes' answers added up by group; an answer that is no metrics is left out."""
    answered = 0
    consumed: defaultdict[str, float] = defaultdict(float)
    delay: defaultdict[str, float] = defaultdict(float)
    lag: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    buckets: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    timers: defaultdict[str, int] = defaultdict(int)
    parked: defaultdict[str, int] = defaultdict(int)
    alone: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        try:
            samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        except ValueError:
            continue
        answered += 1
        for sample in samples:
            group = sample.labels.get(GROUP)
            if group is None:
                continue
            if sample.name == f"{CONSUMED}_total":
                consumed[group] += sample.value
            elif sample.name == f"{PROCESS}_bucket":
                buckets[group][float(sample.labels["le"])] += sample.value
            elif sample.name == DELAY:
                delay[group] = max(delay[group], sample.value)
            elif sample.name == LAG:
                lag[group][sample.labels[DESTINATION]] += int(sample.value)
            elif sample.name == TIMERS:
                timers[group] += int(sample.value)
            elif sample.name == PARKED:
                parked[group] += int(sample.value)
            elif sample.name == PARTITION_PARKED and sample.value:
                alone[group].append(f"{sample.labels[DESTINATION]}/{sample.labels[PARTITION]}")
    return Reading(at, answered, consumed, delay, lag, buckets, timers, parked, alone)


def pace(before: Reading, after: Reading, group: str) -> Pace | None:
    """How fast the group went between two readings; None where no process spoke of it, or one was started anew meanwhile."""
    seconds = after.at - before.at
    records = after.consumed.get(group, 0.0) - before.consumed.get(group, 0.0)
    known = group in after.consumed or group in after.delay_s
    if not known or seconds <= 0 or records < 0:
        return None
    earlier = before.buckets.get(group, {})
    grown = {bound: number - earlier.get(bound, 0.0) for bound, number in after.buckets.get(group, {}).items()}
    p99 = quantile(grown, QUANTILE)
    return Pace(records / seconds, None if p99 is None else p99 * 1000, after.delay_s.get(group))


def quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """As Prometheus' histogram_quantile: linear within the bucket; the highest bound but infinity where it lies beyond. None when empty."""
    bounds = sorted(buckets)
    if not bounds or buckets[bounds[-1]] <= 0:
        return None
    rank = share * buckets[bounds[-1]]
    lower, below = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return lower
            inside = buckets[bound] - below
            return lower + (bound - lower) * (rank - below) / inside if inside else bound
        lower, below = bound, buckets[bound]
    return lower

"""The whole flow in a real worker on a real broker: what goes in by every way comes out once, as the contract says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from schemas.channels import BY_NAME, KIND_CHANNELS
from schemas.envelope import envelop
from schemas.links import IncidentProposal, Sighting
from schemas.receipts import DeadLetter, Receipt
from schemas.records import CurrentReport, Decision, EnrichedReport, FeedItem, ReleaseCandidate
from schemas.reports import read_report
from streams import topics
from streams.kafka import kafka_client_kwargs
from tests.examples import EXAMPLES, SEIZURE
from tests.system import PATIENT_S, System, ending

MODELS = {
    "reports.current": CurrentReport,
    "receipts": Receipt,
    "feed": FeedItem,
    "incidents": IncidentProposal,
    "bridges.candidates": ReleaseCandidate,
    "reports.rejected": DeadLetter,
    "sightings": Sighting,
}
AGENCIES = ("UZ-CUS",)
OFFICERS = {"TJ-DCA": b"n.rahimov", "CARICC": b"c.duty"}


def seizure(originator: str, report_id: str, revision: int = 1, **more: Any) -> dict[str, Any]:
    release = more.pop("release", [])
    handling = {**SEIZURE["handling"], "originator": originator, "release": release}
    plain = {name: SEIZURE[name] for name in ("kind", "issued", "occurred", "place", "substances")}
    return {**plain, "report_id": report_id, "revision": revision, "handling": handling, **more}


def withdrawal(originator: str, report_id: str, revision: int) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in seizure(originator, report_id, revision).items()
        if name in ("report_id", "revision", "handling", "issued")
    }
    return {"kind": "withdrawal", "withdraws": "seizure", "reason": "sent in error", **kept}


def decision(act: str, originator: str, report_id: str) -> dict[str, Any]:
    who = {"by": "c.duty", "by_agency": "CARICC", "reason": "a source", "at": "2026-11-22T00:00:00Z"}
    return {"type": "decision", "act": act, "originator": originator, "report_id": report_id, **who}


@dataclass
class Flow:
    """A worker, what was published, and what all readers of its outputs see."""

    system: System
    producer: AIOKafkaProducer
    expected: dict[str, str] = field(default_factory=dict)
    """Origin of each raw record → the status that its receipt is to have."""

    async def send(self, value: Any, status: str | None, *, channel: str = "seizures", agency: str = "TJ-DCA", key: str = "") -> None:
        """Write one raw record as the gateway (or, on the inbound topic, the agency) does."""
        body = value if isinstance(value, bytes) else orjson.dumps(value)
        name = BY_NAME[channel].topic(self.system.space, "UZ-CUS" if channel.startswith("inbound") else None)
        headers = [] if channel.startswith("inbound") else [("ric_agency", agency.encode()), ("ric_person", OFFICERS[agency])]
        if not key and isinstance(value, dict) and "handling" in value:
            key = f"{value['handling']['originator']}/{value['report_id']}"
        sent = await self.producer.send_and_wait(name, body, key=key.encode() or None, headers=headers)
        if status is not None:
            self.expected[f"{sent.topic}/{sent.partition}/{sent.offset}"] = status

    async def settled(self) -> None:
        """Until every app has read all there is in its inboxes."""
        settings = self.system.settings
        kinds = [*KIND_CHANNELS.values(), "reports.bulk", "decisions", "inbound.{agency}"]
        inboxes = {"intake": kinds, "reports": ["reports.enriched"], "links": ["sightings"]}
        admin = AIOKafkaAdminClient(**kafka_client_kwargs(settings))
        consumer = AIOKafkaConsumer(**kafka_client_kwargs(settings), isolation_level="read_committed", enable_auto_commit=False)
        await admin.start()
        await consumer.start()
        behind: dict[str, int] = {}
        try:
            async with asyncio.timeout(PATIENT_S):
                for app, channels in inboxes.items():
                    at = [place for channel in channels for place in self.places(channel)]
                    while True:
                        ends = await consumer.end_offsets(at)
                        try:
                            done = await admin.list_consumer_group_offsets(f"{settings.space}.{app}")
                        except GroupCoordinatorNotAvailableError:  # The broker makes its offsets topic for the first group.
                            done = {}
                        offsets = {place: done[place].offset if place in done else 0 for place in at}
                        behind = {str(place): ends[place] - offsets[place] for place in at if offsets[place] < ends[place]}
                        if not behind:
                            break
                        assert self.system.alive("worker"), self.system.log("worker").read_text()[-3000:]
                        await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not settled: {behind}\n{self.system.log('worker').read_text()[-3000:]}") from None
        finally:
            await consumer.stop()
            await admin.close()

    def places(self, channel: str) -> list[TopicPartition]:
        declared = BY_NAME[channel]
        count = self.system.partitions if declared.spread == "keyed" else 1
        return [TopicPartition(declared.topic(self.system.space, "UZ-CUS"), number) for number in range(count)]

    async def read(self, channel: str) -> list[dict[str, Any]]:
        """Every record of a topic that a read_committed reader sees."""
        at = self.places(channel)
        consumer = AIOKafkaConsumer(
            **kafka_client_kwargs(self.system.settings),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        found: list[dict[str, Any]] = []
        await consumer.start()
        try:
            consumer.assign(at)
            ends = await consumer.end_offsets(at)
            async with asyncio.timeout(PATIENT_S):
                while any([await consumer.position(place) < ends[place] for place in at]):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        found += [orjson.loads(record.value) for record in records]
        finally:
            await consumer.stop()
        for value in found:
            if channel in MODELS:
                MODELS[channel].model_validate_json(orjson.dumps(value))
        return found


@asynccontextmanager
async def flow(kafka: str, home: Any) -> AsyncIterator[Flow]:
    system = System(kafka, "postgresql://unused", f"flow-{uuid4().hex[:8]}", home, partitions=2, agencies=AGENCIES)
    await topics.apply(system.settings)
    producer = AIOKafkaProducer(**kafka_client_kwargs(system.settings), acks="all", enable_idempotence=True, max_request_size=4_000_000)
    await producer.start()
    try:
        with ending(system):
            system.start("worker")
            yield Flow(system, producer)
    finally:
        await producer.stop()


async def test_what_goes_in_by_every_way_comes_out_once(kafka, tmp_path):
    async with flow(kafka, tmp_path) as going:
        send = going.send
        for example in EXAMPLES.values():
            travels = example.get("withdraws") or example["kind"]
            if example["kind"] != "withdrawal":
                await send({**example, "report_id": f"kind-{example['kind']}"}, "accepted", channel=KIND_CHANNELS[travels])
        # One report's life, in its topic's order.
        await send(seizure("TJ-DCA", "life", 1, release=[{"partner": "EUROPOL", "hops": 1}]), "accepted")
        await send(seizure("TJ-DCA", "life", 1, release=[{"partner": "EUROPOL", "hops": 1}]), "duplicate")
        await send(seizure("TJ-DCA", "life", 1, title="other"), "rejected")
        await send(seizure("TJ-DCA", "life", 3), "accepted")
        await send(seizure("TJ-DCA", "life", 2), "superseded")
        await send(withdrawal("TJ-DCA", "life", 4), "accepted")
        await send(withdrawal("TJ-DCA", "never-seen", 2), "accepted")
        await send(seizure("TJ-DCA", "never-seen", 1), "superseded")
        # Refusals, and good reports behind them in every partition.
        await send(b"not JSON", "rejected", key="a")
        await send(b"\xff\xfe", "rejected", key="b")
        await send(b'{"narrative":"' + b"x" * 900_000 + b'"}', "rejected", key="c")
        await send(seizure("UZ-CUS", "claimed"), "rejected")
        await send({**seizure("TJ-DCA", "lost"), "colour": "red"}, "rejected")
        await send(seizure("TJ-DCA", "wrong-topic"), "rejected", channel="intelligence")
        # The bulk lane, and an agency that writes to Kafka itself: plain and as a structured event.
        await send(seizure("TJ-DCA", "bulk", occurred="2025-01"), "accepted", channel="reports.bulk")
        await send(seizure("UZ-CUS", "direct", occurred="2025-02"), "accepted", channel="inbound.{agency}")
        event = envelop(read_report(orjson.dumps(seizure("UZ-CUS", "event", occurred="2025-03"))), id="1", source="/agencies/UZ-CUS")
        await send(event, "accepted", channel="inbound.{agency}")
        await send(seizure("TJ-DCA", "impersonated"), "rejected", channel="inbound.{agency}")
        # One seizure, two agencies.
        container = {"containers": [{"number": "CSQU3054383"}], "occurred": "2026-05-05T10:00:00+05:00"}
        await send(seizure("TJ-DCA", "same", **container), "accepted")
        await send(seizure("UZ-CUS", "same", **container), "accepted", channel="inbound.{agency}")
        await going.settled()
        await send(decision("hold", "TJ-DCA", "bulk"), None, channel="decisions", agency="CARICC", key="TJ-DCA/bulk")
        await send(decision("release", "TJ-DCA", "bulk"), None, channel="decisions", agency="CARICC", key="TJ-DCA/bulk")
        await send(b"{}", None, channel="decisions", key="x")
        await going.settled()

        receipts = await going.read("receipts")
        assert Counter(receipt["receipt"] for receipt in receipts).most_common(1)[0][1] == 1
        seen = {receipt["origin"]: receipt["status"] for receipt in receipts}
        assert {origin: seen.get(origin) for origin in going.expected} == going.expected
        extra = [receipt for receipt in receipts if receipt["origin"] not in going.expected]
        assert len(extra) == 1, "the wrong decision's"

        currents = await going.read("reports.current")
        life = sorted((c["version"], c["change"], c["revision"], c["current_revision"]) for c in currents if c["key"] == "TJ-DCA/life")
        assert life == [(1, "applied", 1, 1), (2, "applied", 3, 3), (3, "history", 2, 3), (4, "withdrawn", 4, 4)]
        bulk = sorted((c["version"], c["change"]) for c in currents if c["key"] == "TJ-DCA/bulk")
        assert bulk == [(1, "applied"), (2, "held"), (3, "released")]
        assert len({(c["key"], c["version"]) for c in currents}) == len(currents)
        answered = Counter(going.expected.values())
        assert len(currents) == answered["accepted"] + answered["superseded"] + 2

        enriched = await going.read("reports.enriched")
        for value in enriched:
            (EnrichedReport if value["type"] == "report" else Decision).model_validate_json(orjson.dumps(value))
        assert len(enriched) == sum(answered.values()) - answered["rejected"] + 1 + 2

        rejected = await going.read("reports.rejected")
        assert len({letter["origin"] for letter in rejected}) == len(rejected) == answered["rejected"] + 1
        assert {letter["agency"] for letter in rejected} == {"TJ-DCA", "UZ-CUS"}

        (incident,) = await going.read("incidents")
        assert incident["status"] == "proposed"
        assert {incident["first_key"], incident["second_key"]} == {"TJ-DCA/same", "UZ-CUS/same"}

        feed = await going.read("feed")
        assert Counter(item["type"] for item in feed) == {"report": len(currents) - answered["superseded"], "incident": 1}
        candidates = [(c["key"], c["act"]) for c in await going.read("bridges.candidates") if c["key"] == "TJ-DCA/life"]
        assert candidates == [("TJ-DCA/life", "release"), ("TJ-DCA/life", "recall")]
        assert going.system.alive("worker")

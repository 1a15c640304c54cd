"""A delivery in a real worker with a real clock: killed between offer and acceptance, it neither loses control nor gives it twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.channels import BY_NAME
from streams.kafka import kafka_client_kwargs
from tests.system import PATIENT_S, System, ending
from tests.unit.deliveries.office import AUTHORISATION, DELIVERY, INFORMED, SPOKEN, form, plan

LEAD, SECOND, DUTY = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", "CARICC/d.duty"
CHANNELS = ("deliveries.answers", "deliveries.current", "deliveries.events", "deliveries.rings")


@dataclass
class Room:
    """Acts go in as from the gateway; `heard` is what every reader of the outputs sees, by channel."""

    system: System
    producer: AIOKafkaProducer
    consumer: AIOKafkaConsumer
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {channel: [] for channel in CHANNELS})

    async def act(self, who: str, act: str, **said: Any) -> str:
        """Write one act; its id."""
        agency, person = who.split("/")
        name = str(uuid4())
        role, country = ("coordinator", None) if agency == "CARICC" else ("officer", agency[:2])
        by = {"agency": agency, "person": person, "role": role, "country": country}
        body = {"id": name, "delivery": DELIVERY, "at": datetime.now(UTC).isoformat(), "act": act, **said}
        topic = BY_NAME["deliveries.inbox"].topic(self.system.space)
        await self.producer.send_and_wait(topic, orjson.dumps({"type": "act", "by": by, "act": body}), key=DELIVERY.encode())
        return name

    async def until(self, found: Callable[[], Any], what: str) -> Any:
        """The first truthy value of `found`, looking again whenever something is heard."""
        try:
            async with asyncio.timeout(PATIENT_S):
                while not (value := found()):
                    assert all(self.system.alive(name) for name in self.system.processes), self.system.log("worker").read_text()[-3000:]
                    for place, records in (await self.consumer.getmany(timeout_ms=200)).items():
                        channel = place.topic.removeprefix(f"{self.system.space}.")
                        for record in records:
                            said = orjson.loads(record.value)
                            SPOKEN["form" if said.get("type") == "form" else channel].model_validate(said)
                            self.heard[channel].append(said)
                return value
        except TimeoutError:
            raise AssertionError(f"not within 90 s: {what}\n{self.system.log('worker').read_text()[-3000:]}") from None

    async def answer(self, act: str) -> dict[str, Any]:
        answers = self.heard["deliveries.answers"]
        await self.until(lambda: [answer for answer in answers if answer["act"] == act], f"the answer to {act}")
        found = [answer for answer in answers if answer["act"] == act]
        assert len(found) == 1
        return found[0]

    async def must(self, who: str, act: str, **said: Any) -> str:
        name = await self.act(who, act, **said)
        answer = await self.answer(name)
        assert answer["status"] == "applied", answer
        return name

    async def running(self) -> None:
        """On leg 1, with legs 1 and 2 consented."""
        request = await self.must(LEAD, "request", form=form(), plan=plan())
        await self.must(SECOND, "signature", request=request)
        await self.must(LEAD, "consent", leg=1, authorisation=AUTHORISATION)
        await self.must("KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION)
        ready = await self.must(LEAD, "ready", informed_posts=INFORMED)
        # The answer of the app `deconfliction`, which the clock has woken.
        boards = self.heard["deliveries.current"]
        await self.until(
            lambda: [board for board in boards if (board.get("deconfliction") or {}).get("answered")], "deconfliction's answer"
        )
        await self.must(DUTY, "ready_confirmed", ready=ready, deconfliction="clear")
        await self.must(LEAD, "start")


@asynccontextmanager
async def room(kafka: str, database: str, space: str, data_dir: Any) -> AsyncIterator[Room]:
    with ending(System(kafka, database, space, data_dir, partitions=2)) as system:
        system.environment["RIC_SESSION_TIMEOUT_S"] = "6"
        await system.install()
        client = kafka_client_kwargs(system.settings)
        producer = AIOKafkaProducer(**client)
        consumer = AIOKafkaConsumer(**client, isolation_level="read_committed", auto_offset_reset="earliest", enable_auto_commit=False)
        await producer.start()
        await consumer.start()
        try:
            consumer.assign([TopicPartition(BY_NAME[channel].topic(space), number) for channel in CHANNELS for number in range(2)])
            system.start("worker", "clock")
            yield Room(system, producer, consumer)
        finally:
            await producer.stop()
            await consumer.stop()


async def test_a_worker_killed_between_offer_and_acceptance(kafka, postgres_url, space, tmp_path):
    async with room(kafka, postgres_url, space, tmp_path) as going:
        await going.running()
        await going.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
        soon = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
        offer = await going.must(LEAD, "offer", handover_at=soon, place="Карамык")

        going.system.kill("worker")
        accepted = await going.act("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True)
        rival = await going.act("KG-SCNBC/o.ther", "acceptance", leg=2, offer=offer, eyes_on=True)
        going.system.start("worker")
        assert (await going.answer(accepted))["stands"]["controller"] == "KG-SCNBC"
        assert (await going.answer(rival))["status"] == "refused"

        # Nobody accepts the next one: the clock says so, once.
        await going.must("KZ-GP/p.rosecutor", "consent", leg=3, authorisation=AUTHORISATION)
        now = datetime.now(UTC)
        times = {"handover_at": (now + timedelta(seconds=1)).isoformat(), "expires": (now + timedelta(seconds=5)).isoformat()}
        await going.must("KG-SCNBC/t.eam", "offer", place="Кордай", **times)
        events, rings = going.heard["deliveries.events"], going.heard["deliveries.rings"]
        await going.until(lambda: [ring for ring in rings if ring["kind"] == "offer_expired"], "the expired offer rings")
        expired = [event for event in events if event["what"].get("alarm_kind") == "offer_expired"]
        assert len(expired) == 1
        assert [event["number"] for event in events] == list(range(1, len(events) + 1))
        assert all(event["previous"] == before["hash"] for before, event in pairwise(events))
        board = [snapshot for snapshot in going.heard["deliveries.current"] if snapshot["type"] == "delivery"][-1]
        assert board["parts"][0]["controller"] == "KG-SCNBC"

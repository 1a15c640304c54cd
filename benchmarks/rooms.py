"""Milliseconds from an officer's act until it is on every screen of those who take part in the delivery.

    python -m benchmarks.rooms [--deliveries 50] [--screens 200] [--rates 1,5,20] [--seconds 30] [--seed 1]

The whole centre as real processes. All deliveries are live, each with four people in its room: the lead's officer, who is in control, the
next leg's, its authority's, and one of ten coordinators. The screens are open feeds `deliveries`, dealt out evenly: each coordinator has
five rooms before him, everyone else one. Acts are check-ins, each with a position, of the officers in control, with pauses as independent
arrivals have them (exponential, seeded).

An act is on a screen when both what happened (`delivery-event`) and what stands since (`delivery`) have come; it is counted when it is on
the last screen of those that may see it. Time counts from when the act was due, so that falling behind is in the figures; one process
sends and watches, and `own cpu` is its share of one core. What was sent in the first 5 seconds of a phase is not counted.

`open`: the same with rooms in which only the lead names his officers: every officer of the other two agencies sees every delivery, so that
each act goes to all their screens.

Takes some 5 minutes and 1 GB under TMPDIR. The goal with 50 deliveries and 200 screens: p99 under 200 ms.
"""

import argparse
import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, process_time
from typing import Any
from uuid import UUID

import httpx
import orjson

from benchmarks.centre import measured
from tests.system import System
from tests.unit.deliveries.office import AUTHORISATION, INFORMED, form, plan

WARM_UP_S = 5.0
SETTLE_S = 30.0
READY_S = 120.0
LINE_LIMIT = 4 * 1024 * 1024
WAY = ("TJ", "KG")
DESKS = 10


@dataclass(frozen=True)
class Room:
    """One delivery and its people, each as agency, role and name."""

    delivery: str
    lead: tuple[str, str, str]
    second: tuple[str, str, str]
    receiver: tuple[str, str, str]
    authority: tuple[str, str, str]
    desk: tuple[str, str, str]

    @classmethod
    def number(cls, each: int) -> "Room":
        """The room with that number."""
        people = {
            "lead": ("TJ-DCA", "officer", f"l.{each}"),
            "second": ("TJ-DCA", "officer", f"s.{each}"),
            "receiver": ("KG-SCNBC", "officer", f"r.{each}"),
            "authority": ("KG-GP", "officer", f"a.{each}"),
            "desk": ("CARICC", "coordinator", f"d.{each % DESKS}"),
        }
        return cls(f"TJ-DCA/B-{each}", **people)

    @property
    def before_screens(self) -> tuple[tuple[str, str, str], ...]:
        """Those who watch."""
        return self.lead, self.receiver, self.authority, self.desk


class Officers:
    """People who act."""

    def __init__(self, system: System, client: httpx.AsyncClient, chance: random.Random) -> None:
        self._system, self._client, self._chance = system, client, chance
        self._tokens: dict[tuple[str, str, str], str] = {}

    def token(self, who: tuple[str, str, str]) -> str:
        """That person's token."""
        if who not in self._tokens:
            agency, role, person = who
            self._tokens[who] = self._system.token(agency, role, person)
        return self._tokens[who]

    async def act(self, who: tuple[str, str, str], room: Room, act: str, name: str = "", wait: str = "10s", **said: Any) -> httpx.Response:
        """Send one act now."""
        now = datetime.now(UTC).isoformat()
        whole = {"id": name or self.name(), "delivery": room.delivery, "at": now, "sent": now, "act": act, **said}
        headers = {"Authorization": f"Bearer {self.token(who)}", "Content-Type": "application/json"}
        return await self._client.post("/v1/deliveries/acts", params={"wait": wait}, headers=headers, content=orjson.dumps(whole))

    def name(self) -> str:
        """An act's new id."""
        return str(UUID(int=self._chance.getrandbits(128)))

    async def must(self, who: tuple[str, str, str], room: Room, act: str, **said: Any) -> str:
        """Send one act that has to be applied, again where no answer came in time; its id. Raises RuntimeError."""
        name, until = self.name(), monotonic() + READY_S
        while (answer := await self.act(who, room, act, name, **said)).status_code == 202 and monotonic() < until:
            pass
        if answer.status_code != 200:
            raise RuntimeError(f"{act} in {room.delivery}: {answer.status_code} {answer.text}")
        return name

    async def bring_to_life(self, room: Room, *, named: bool, **bearing: Any) -> None:
        """From the request to the start; `bearing`: what the form says of the load besides."""
        way = plan(WAY) | {"coordinators": [f"CARICC/{room.desk[2]}"]}
        request = await self.must(room.lead, room, "request", form=form(WAY, delivery_ref=room.delivery, **bearing), plan=way)
        await self.must(room.second, room, "signature", request=request)
        if named:
            # Each agency names its own officers.
            await self.must(room.lead, room, "room", enters=[f"{room.lead[0]}/{who[2]}" for who in (room.lead, room.second)])
            for who in (room.receiver, room.authority):
                await self.must(who, room, "room", enters=[f"{who[0]}/{who[2]}"])
        await self.must(room.lead, room, "consent", leg=1, authorisation=AUTHORISATION)
        await self.must(room.authority, room, "consent", leg=2, authorisation=AUTHORISATION)
        ready = await self.must(room.lead, room, "ready", informed_posts=INFORMED)
        # The word about other deliveries nearby takes its time, on purpose.
        until = monotonic() + READY_S
        while (answer := await self.act(room.desk, room, "ready_confirmed", ready=ready, deconfliction="clear")).status_code != 200:
            if monotonic() > until or answer.status_code != 409:
                raise RuntimeError(f"{room.delivery} is not ready: {answer.text}")
            await asyncio.sleep(5)
        await self.must(room.lead, room, "start")


async def shown(port: int, token: str, ready: asyncio.Event) -> AsyncIterator[tuple[float, bytes, Any]]:
    """What an open feed `deliveries` shows: when, `delivery` or `delivery-event`, what it says. Raises RuntimeError where it is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=LINE_LIMIT)
    writer.write(f"GET /v1/feeds/deliveries HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(f"a feed cannot be watched: {head!r}")
    ready.set()
    name = b""
    while line := await reader.readline():
        if line.startswith(b"event: "):
            name = line[7:].strip()
        elif line.startswith(b"data: ") and name in (b"delivery", b"delivery-event"):
            yield monotonic(), name, orjson.loads(line[6:])


@dataclass
class Screens:
    """All open feeds: when each act, by its number in its room's timeline, was whole on each screen."""

    reached: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    """By delivery and act."""

    came: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def watched(self, system: System, tokens: Sequence[str]) -> AsyncIterator["Screens"]:
        """For the block; raises in its place where one of them ends."""
        async with asyncio.TaskGroup() as group:
            ready = [asyncio.Event() for _ in tokens]
            tasks = [group.create_task(self._watch(system.port, token, seen)) for token, seen in zip(tokens, ready, strict=True)]
            for seen in ready:
                await seen.wait()
            yield self
            for task in tasks:
                task.cancel()

    async def _watch(self, port: int, token: str, ready: asyncio.Event) -> None:
        waiting: dict[str, dict[int, str]] = {}
        stands: dict[str, int] = {}
        async for now, name, said in shown(port, token, ready):
            delivery = said["delivery"]
            if name == b"delivery":
                stands[delivery] = said["events"]
            elif said["kind"] == "check_in":
                waiting.setdefault(delivery, {})[said["number"]] = said["act"]
            due = waiting.get(delivery, {})
            for number in [number for number in due if number <= stands.get(delivery, 0)]:
                self.reached.setdefault((delivery, due.pop(number)), []).append(now)
                self.came.set()
        raise RuntimeError("a feed ended")


@dataclass
class Phase:
    """Acts with the moment that each is due, in seconds from the start."""

    due: list[tuple[float, Room, str]]
    refused: int = 0

    async def make(self, officers: Officers, began: float) -> None:
        """Send each when it is due."""

        async def one(at: float, room: Room, name: str) -> None:
            await asyncio.sleep(max(0.0, began + at - monotonic()))
            place = {"lat": 38.5, "lon": 68.7, "accuracy_m": 50}
            where = {"coordinates": place, "captured": datetime.now(UTC).isoformat(), "source": "hand"}
            answer = await officers.act(room.lead, room, "check_in", name, "0s", eyes_on=True, position=where)
            self.refused += answer.status_code not in (200, 202)

        async with asyncio.TaskGroup() as group:
            for at, room, name in self.due:
                group.create_task(one(at, room, name))


async def phase(officers: Officers, screens: Screens, rooms: Sequence[Room], wide: int, rate: float, seconds: float, seed: int) -> str:
    """One line of the table; `wide`: how many screens an act has to reach."""
    chance, at, due = random.Random(seed), 0.0, list[tuple[float, Room, str]]()
    while (at := at + chance.expovariate(rate)) < WARM_UP_S + seconds:
        due.append((at, chance.choice(rooms), officers.name()))
    acts, began, cpu = Phase(due), monotonic() + 0.1, process_time()
    await acts.make(officers, began)
    own = (process_time() - cpu) / (monotonic() - began)
    keys = {(room.delivery, name): at for at, room, name in due}
    while not all(len(screens.reached.get(key, ())) >= wide for key in keys):
        screens.came.clear()
        try:
            async with asyncio.timeout(SETTLE_S):
                await screens.came.wait()
        except TimeoutError:
            break
    counted = [key for key, at in keys.items() if at >= WARM_UP_S]
    whole = [key for key in counted if len(screens.reached.get(key, ())) >= wide]
    took = sorted((max(screens.reached[key]) - began - keys[key]) * 1e3 for key in whole)
    figures = " ".join(f"{took[min(len(took) - 1, int(len(took) * share))] if took else float('nan'):>8.1f}" for share in (0.5, 0.99, 1.0))
    said = [f"{acts.refused} refused"] if acts.refused else []
    said += [f"{len(counted) - len(whole)} not on every screen"] if len(whole) < len(counted) else []
    return f"{rate:>7g} {len(counted):>8} {wide:>8} {figures} {own:>8.0%}  {'; '.join(said)}"


def sees(who: tuple[str, str, str], room: Room, *, named: bool) -> bool:
    """Whether the delivery is on that person's screen."""
    return who in room.before_screens or (not named and who[0] in {room.receiver[0], room.authority[0]})


async def measure(system: System, arguments: argparse.Namespace) -> None:
    """Both kinds of rooms, one after the other, in one space: the second brings its own deliveries."""
    await system.install()
    system.start("worker", "projector", "clock", "gateway")
    await asyncio.to_thread(system.wait_ready)
    chance = random.Random(arguments.seed)
    rates = [float(rate) for rate in arguments.rates.split(",")]
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=system.url, timeout=60, limits=limits) as client:
        officers = Officers(system, client, chance)
        print(
            f"{'rooms':>7} {'acts/s':>7} {'counted':>8} {'screens':>8} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'own cpu':>8}", flush=True
        )
        for kind in ("named", "open"):
            first = 0 if kind == "named" else arguments.deliveries
            rooms = [Room.number(each) for each in range(first, first + arguments.deliveries)]
            await asyncio.gather(*(officers.bring_to_life(room, named=kind == "named") for room in rooms))
            people = [who for room in rooms for who in room.before_screens][: arguments.screens]
            people += [rooms[each % len(rooms)].lead for each in range(arguments.screens - len(people))]
            async with Screens().watched(system, [officers.token(who) for who in people]) as screens:
                for number, rate in enumerate(rates):
                    wide = sum(sees(who, rooms[0], named=kind == "named") for who in people)
                    line = await phase(officers, screens, rooms, wide, rate, arguments.seconds, arguments.seed * 1_000 + number)
                    print(f"{kind:>7} {line}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rooms", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=50, help="live at a time (default %(default)s)")
    parser.add_argument("--screens", type=int, default=200, help="open feeds (default %(default)s)")
    parser.add_argument("--rates", default="1,5,20", help="acts a second, in all deliveries together (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=30, help="counted of each phase (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same acts (default %(default)s)")
    arguments = parser.parse_args()
    print(
        f"{arguments.deliveries} live deliveries, {arguments.screens} screens, {arguments.seconds:g} s a phase, seed {arguments.seed}",
        flush=True,
    )
    measured(lambda system: measure(system, arguments))


if __name__ == "__main__":
    main()

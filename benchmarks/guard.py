"""Milliseconds until the guard's alarm is on the controller's screen, from when the gateway has accepted the report that names his load.

    python -m benchmarks.guard [--deliveries 20] [--reports 200] [--rate 2] [--seed 1]

The whole centre as real processes. All deliveries are live, each with a lorry and a container of its own under watch, and its controller's
feed `deliveries` open. A patrol of an agency that is in none of the rooms reports them, one delivery after the other, with pauses as
independent arrivals have them (exponential, seeded). Both go one way, over intake, reports, guard and deliveries:

`number`: a seizure that bears the container's number. `words`: an intelligence report that announces in plain text that the lorry will be
stopped, as stop orders and planned raids are.

The alarm is there when the delivery as it stands shows `guard_match` once more. Time counts from the gateway's 202, by which the report is
on all in-sync replicas; `from due` counts from when the report was due to be sent, so that falling behind is in it. What was sent in the
first 5 seconds of a kind is not counted. One process sends and watches, and `own cpu` is its share of one core.

Takes some 5 minutes and 1 GB under TMPDIR. The goal: within a second.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, process_time
from typing import Any

import httpx
import orjson
from stdnum import iso6346

from benchmarks.centre import measured
from benchmarks.rooms import SETTLE_S, WARM_UP_S, Officers, Room, shown
from tests.system import System

PATROL = ("KZ-CUS", "officer", "p.atrol")
KINDS = ("number", "words")
Json = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """What one delivery has under watch."""

    room: Room
    container: str
    plate: str

    @classmethod
    def number(cls, each: int) -> "Load":
        """The load with that number."""
        serial = f"RICU{100_000 + each}"
        return cls(Room.number(each), f"{serial}{iso6346.calc_check_digit(serial)}", f"{1000 + each} RC 01")

    @property
    def bearing(self) -> Json:
        """For the request form."""
        truck = {"kind": "truck", "registration": self.plate, "country": "TJ"}
        return {"containers": [{"number": self.container}], "conveyances": [truck]}

    def report(self, kind: str, number: int) -> Json:
        """A report that names it."""
        now = datetime.now(UTC).isoformat()
        handling = {"originator": PATROL[0], "tlp": "GREEN", "evaluation": {"scheme": "4x4", "source": "B", "information": "2"}}
        head = {"report_id": f"{kind}-{number}", "issued": now, "handling": handling}
        if kind == "number":
            seized = {"name": "heroin", "quantity": {"amount": "1", "unit": "kg"}}
            place = {"country": "KZ", "locality": "Balkhash"}
            return head | {
                "kind": "seizure",
                "occurred": now,
                "place": place,
                "substances": [seized],
                "containers": [{"number": self.container}],
            }
        return head | {"kind": "intelligence", "summary": f"Планируем остановить грузовой автомобиль {self.plate} у Балхаша для досмотра"}


@dataclass
class Alarms:
    """How often each delivery's controller has been warned, and when for the n-th time."""

    at: dict[tuple[str, int], float] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, port: int, token: str, ready: asyncio.Event) -> None:
        """One controller's screen."""
        async for now, name, said in shown(port, token, ready):
            counts = [alarm["count"] for alarm in said["alarms"] if alarm["kind"] == "guard_match"] if name == b"delivery" else []
            for number in range(1, sum(counts) + 1):
                self.at.setdefault((said["delivery"], number), now)
            self.came.set()
        raise RuntimeError("a feed ended")

    async def all_of(self, keys: Sequence[tuple[str, int]]) -> None:
        """Until each is there, or none has come for long."""
        while not all(key in self.at for key in keys):
            self.came.clear()
            try:
                async with asyncio.timeout(SETTLE_S):
                    await self.came.wait()
            except TimeoutError:
                return


@dataclass
class Sent:
    """One report: of which delivery the how manieth, when it was due, and when it was accepted."""

    key: tuple[str, int]
    due: float
    accepted: float = 0.0


class Patrol:
    """Reports each load, and knows how often."""

    def __init__(self, client: httpx.AsyncClient, token: str, loads: Sequence[Load]) -> None:
        self._client, self._loads = client, loads
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._times: dict[str, int] = {}

    async def report(self, kind: str, number: int, sent: list[Sent], due: float) -> None:
        """The next load's turn. Raises RuntimeError where the report is refused."""
        load = self._loads[number % len(self._loads)]
        times = self._times[load.room.delivery] = self._times.get(load.room.delivery, 0) + 1
        one = Sent((load.room.delivery, times), due)
        sent.append(one)
        await asyncio.sleep(max(0.0, due - monotonic()))
        answer = await self._client.post("/v1/reports", content=orjson.dumps(load.report(kind, number)), headers=self._headers)
        one.accepted = monotonic()
        if answer.status_code != 202:
            raise RuntimeError(f"a report was refused: {answer.status_code} {answer.text}")


async def phase(patrol: Patrol, alarms: Alarms, kind: str, arguments: argparse.Namespace) -> str:
    """One line of the table."""
    chance, sent = random.Random(f"{arguments.seed} {kind}"), list[Sent]()
    began, cpu = monotonic() + 0.1, process_time()
    due = began
    async with asyncio.TaskGroup() as group:
        for number in range(arguments.reports + int(WARM_UP_S * arguments.rate)):
            due += chance.expovariate(arguments.rate)
            group.create_task(patrol.report(kind, number, sent, due))
    own = (process_time() - cpu) / (monotonic() - began)
    await alarms.all_of([one.key for one in sent])
    counted = [one for one in sent if one.due >= began + WARM_UP_S]
    warned = [one for one in counted if one.key in alarms.at]
    figures = "".join(f"{_share([(alarms.at[one.key] - one.accepted) * 1e3 for one in warned], share):>9.1f}" for share in (0.5, 0.99, 1.0))
    figures += f"{_share([(alarms.at[one.key] - one.due) * 1e3 for one in warned], 0.99):>13.1f}"
    remark = f"  {len(counted) - len(warned)} without an alarm" if len(warned) < len(counted) else ""
    return f"{kind:>7} {len(counted):>8} {figures} {own:>8.0%}{remark}"


def _share(took: Sequence[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * share))] if took else float("nan")


async def measure(system: System, arguments: argparse.Namespace) -> None:
    """Both kinds, one after the other."""
    await system.install()
    system.start("worker", "projector", "clock", "gateway")
    await asyncio.to_thread(system.wait_ready)
    loads = [Load.number(each) for each in range(arguments.deliveries)]
    async with httpx.AsyncClient(base_url=system.url, timeout=60) as client, asyncio.TaskGroup() as group:
        officers, alarms = Officers(system, client, random.Random(arguments.seed)), Alarms()
        await asyncio.gather(*(officers.bring_to_life(load.room, named=True, **load.bearing) for load in loads))
        ready = [asyncio.Event() for _ in loads]
        screens = [
            group.create_task(alarms.watch(system.port, officers.token(load.room.lead), seen))
            for load, seen in zip(loads, ready, strict=True)
        ]
        for seen in ready:
            await seen.wait()
        print(f"{'report':>7} {'counted':>8} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'p99 from due':>12} {'own cpu':>8}", flush=True)
        patrol = Patrol(client, officers.token(PATROL), loads)
        for kind in KINDS:
            print(await phase(patrol, alarms, kind, arguments), flush=True)
        for screen in screens:
            screen.cancel()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.guard", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=20, help="live at a time (default %(default)s)")
    parser.add_argument("--reports", type=int, default=200, help="counted of each kind, about (default %(default)s)")
    parser.add_argument("--rate", type=float, default=2, help="reports a second (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same pauses (default %(default)s)")
    arguments = parser.parse_args()
    print(f"{arguments.deliveries} live deliveries, {arguments.rate:g} reports a second, seed {arguments.seed}", flush=True)
    measured(lambda system: measure(system, arguments))


if __name__ == "__main__":
    main()

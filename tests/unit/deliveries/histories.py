"""Random histories of a delivery, held against the model and the invariants.

`python -m tests.unit.deliveries.histories --count 100000 --seed 7 --processes 2` runs many. Each history has its own seed, so that the one
that breaks something runs again alone: `--seed S --count 1`. Of that one the acts up to the break are printed.
Acts come from the wrong party, late, twice, out of order, with clocks wrong by hours; the worker is killed between deciding and committing.
"""

import argparse
import gc
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from random import Random
from typing import Any

import orjson

from streams.engine.effects import Effect, Emit, Record
from streams.stages.deliveries.clocks import next_due
from streams.stages.deliveries.evidence import sealed
from streams.stages.deliveries.keeping import recall
from streams.stages.deliveries.stage import decide
from streams.stages.naming import utc
from tests.unit.deliveries import openings, passing, places
from tests.unit.deliveries.invariants import Broken, hold
from tests.unit.deliveries.inventing import PERSON, Inventor
from tests.unit.deliveries.model import MINUTE, RUNS, Model
from tests.unit.deliveries.office import CENTRE, DELIVERY, INFORMED, Office, where
from tests.unit.deliveries.words import Json, is_open
from tests.unit.stages.building import Memory, Timers

LENGTH = 40
BATCH = 50
TELL_EVERY_S = 5
KEY = DELIVERY.encode()
DUTY = {"agency": CENTRE, "person": "d.duty", "role": "coordinator", "country": None}
SUBSTITUTION = {
    "by": "АКН",
    "taken_out": [{"substance": "heroin", "kg": "16", "uncertainty_kg": "0.02"}],
    "put_in": "муляж",
    "put_in_kg": "16",
    "seals": ["S-2"],
    "sample_custodian": "Эксперт",
}
TRACKER = {"kind": "tracker", "device": "D1", "placed_by": "капитан Рахимов", "legal_basis": "постановление 7"}
MINUTES, OFTEN = (1, 3, 6, 14, 16, 31, 61, 240, 1500), (9, 9, 6, 2, 2, 1, 1, 0.3, 0.1)


def beginning(*, substituted: bool = False) -> Office:
    """A delivery that is ready to start, with legs 1 and 2 consented: where histories begin."""
    office = Office().requested().consented(1, 2)
    said = {"substitution": SUBSTITUTION} if substituted else {}
    ready = office.must("TJ-DCA/n.rahimov", "ready", informed_posts=INFORMED, **said)
    office.must("CARICC/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    return office


class History:
    """One history. `wild` also makes acts that the model does not know, and then only the invariants are checked."""

    def __init__(self, random: Random, began: Office, *, wild: bool) -> None:
        self.random = random
        self.wild = wild
        self.inventor = Inventor(random, wild=wild)
        self.state = Memory(dict(began.state.values))
        self.now = int(began.now.timestamp() * 1000)
        self.offset = began.offset
        self.sent: dict[str, tuple[str, Json]] = {}
        self.answers: dict[str, Json] = {}
        self.queued: list[tuple[str, Json]] = []
        self.hash, self.number, self.version = began.events[-1]["hash"], began.events[-1]["number"], began.snapshots[-1]["version"]
        self.timers = Timers(began.timers.waiting)
        self.board: Json = began.snapshots[-1]
        self.been: set[tuple[str, int]] = set()
        self.alarmed: set[tuple[str, str]] = set()
        """Which act or record raised which kind of alarm."""
        self.done: list[tuple[int, Json, Json]] = []
        """Every record that was decided: when, what, and the answer."""
        ready = self.board["ready"]
        self.model = Model(substituted=ready["substitution"] is not None)
        for leg in self.board["parts"][0]["legs"]:
            if leg["consent"]["in_force"]:
                word = {
                    "state": "CONSENTED",
                    "given": "CONSENTED",
                    "said": self.now,
                    "id": leg["consent"]["id"],
                    "ends": None,
                    "terms": [],
                    "accepted": False,
                }
                self.model.parts["A"]["way"][leg["number"]]["word"] = word

    def run(self, length: int) -> None:
        """So many steps: acts, time, timers, replays and crashes."""
        self.one("TJ-DCA", self.inventor.stamped({"act": "start", "part": "A"}, self.now))
        if self.random.random() < 0.4:
            placed = {"act": "device_placed", "part": "A", **TRACKER}
            self.one("TJ-DCA", self.inventor.stamped(placed, self.now))
        for _ in range(length):
            roll = self.random.random() if len(self.queued) < 4 else 0.4
            if roll < 0.3:
                self.now += self.random.choices(MINUTES, OFTEN)[0] * MINUTE
                self.ring(late=self.random.random() < 0.3)
            elif roll < 0.36:
                self.again(*self.sent[self.random.choice(list(self.sent))])
            elif roll < 0.42 and self.queued:
                self.one(*self.queued.pop(self.random.randrange(len(self.queued))))
            elif 0.42 <= roll < 0.43:
                self.two_orders()
            elif 0.43 <= roll < 0.46:
                self.fix()
            else:
                agency, act = self.inventor.invent(self.board, self.now)
                if self.random.random() < (0.5 if act["act"] == "consent" else 0.08):
                    self.queued.append((agency, act))
                else:
                    self.one(agency, act)

    def one(self, agency: str, act: Json) -> None:
        """Send one act and compare."""
        wrong = act["_wrong"]
        said = _said(act)
        if self.random.random() < 0.5:
            said["sent"] = utc(self.now + wrong)
        happened = self.now - max(0, self.now + wrong - act["_at"]) if "sent" in said else min(act["_at"], self.now)
        if act["act"] == "merge":
            self.named_otherwise(agency, act, said)
        if "position" in act:
            captured = act["_captured"]
            seen = self.now - max(0, self.now + wrong - captured) if "sent" in said else min(captured, self.now)
            act["_seen"] = (seen, *act["_point"], self.now)
        answer = self.take({"type": "act", "by": _officer(agency, act), "act": said})
        if f"{DELIVERY}#act/{act['id']}".encode() in self.state.values:
            # Of what an outsider said nothing is remembered.
            self.sent[act["id"]], self.answers[act["id"]] = (agency, act), answer
        if self.wild:
            return
        ought = self.model.apply(agency, act, happened, self.now)
        if ought != (answer["status"] == "applied"):
            raise Broken(f"the model says {'apply' if ought else 'refuse'}: {agency} {act}; the stage answered {answer}")
        self.compare("after that")

    def again(self, agency: str, act: Json) -> None:
        """The same act once more, perhaps hours later, perhaps changed under way: the same answer, and nothing else."""
        said, first = _said(act), self.answers[act["id"]]
        if changed := self.random.random() < 0.1:
            said["note"] = "иначе"
        stood = dict(self.state.values)
        answer = self.take({"type": "act", "by": _officer(agency, act), "act": said})
        if self.state.values != stood:
            raise Broken(f"{act} changed something when it came again")
        if answer["status"] == "applied":
            raise Broken(f"{act} was applied twice")
        inside = "by_voice" in act or agency in self.board["visibility"]["agencies"]
        if inside and not changed and any(answer[name] != first[name] for name in first.keys() - {"answer", "status", "at", "first"}):
            raise Broken(f"{act} was answered {first}, and {answer} when it came again")

    def named_otherwise(self, agency: str, act: Json, said: Json) -> None:
        """Parts become the same whole in whatever order they are named."""
        ends = []
        for parts in (said["parts"], said["parts"][::-1]):
            state = Memory(dict(self.state.values))
            value = {"type": "act", "by": _officer(agency, act), "act": {**said, "parts": parts}}
            state.apply(decide(where, self._record(value, self.offset + 1), state))
            case = recall(DELIVERY, state)
            assert case is not None
            ends.append((case.parts, case.alarms))
        if ends[0] != ends[1]:
            raise Broken(f"{act} ends otherwise when the parts are named the other way round: {ends}")

    def two_orders(self) -> None:
        """What an authority says of a leg ahead comes in two orders, and one of them stands."""
        ahead = [
            (part, leg["number"])
            for part in self.board["parts"]
            if part["phase"] in RUNS
            for leg in part["legs"]
            if leg["number"] > part["leg"]
        ]
        if not ahead:
            return
        part, number = self.random.choice(ahead)
        acts = self.inventor.words(part, number, self.now, 3)
        ends = []
        for order in (acts, self.random.sample(acts, 3)):
            state, board = Memory(dict(self.state.values)), self.board
            for place, act in enumerate(order, 1):
                authority = next(leg["authority"] for leg in part["legs"] if leg["number"] == number)
                value = {"type": "act", "by": _officer(authority, act), "act": _said(act)}
                effects = decide(where, self._record(value, self.offset + place), state)
                state.apply(effects)
                board = next((shown for effect in effects if (shown := _board(effect))), board)
            words = next(each for each in board["parts"] if each["part"] == part["part"])["legs"]
            stands = next(leg["consent"] for leg in words if leg["number"] == number)
            ends.append((stands["in_force"], stands["id"] if stands["in_force"] else None))
        if ends[0] != ends[1]:
            raise Broken(f"in two orders {ends} stand on leg {number} of part {part['part']}: {acts}")

    def fix(self) -> None:
        """A device tells a position that the timeline keeps: now, of a while ago, or one that is said to be a jump."""
        case = recall(DELIVERY, self.state)
        assert case is not None
        devices = [(name, part.name) for part in case.parts.values() for name in part.devices]
        if not devices:
            return
        device, part = self.random.choice(devices)
        seen = (self.now - self.random.choice((0, 0, 1, 20)) * MINUTE, *self.random.choice(list(places.COUNTRY)), self.now)
        jump = self.random.random() < 0.2
        position: Json = dict(zip(("captured", "lat", "lon", "received"), seen, strict=True))
        position |= {"accuracy_m": None, "source": "tracker", "jump": jump}
        self.take({"type": "fix", "device": device, "why": ["border"], "position": position, "more": {}})
        if not self.wild:
            self.model.fix(part, seen, jump=jump)
            self.compare("after that fix")

    def ring(self, *, late: bool) -> None:
        """Timers that are due ring, now and then only with the next time; sometimes one rings twice."""
        if late:
            return
        while timer := self.timers.due(self.now):
            for _ in range(self.random.choice((1, 1, 2))):
                self.take(orjson.loads(timer.value))
        if not self.wild:
            self.model.tick(self.now)
            self.compare("after the clock")

    def take(self, value: Json) -> Json:
        """Decide one record, perhaps after a crash, and check what holds whatever happened."""
        self.offset += 1
        answer: Json = {}
        self.done.append((self.now, value, answer))
        record = self._record(value, self.offset)
        effects = decide(where, record, self.state)
        # Killed before the commit: the state is as it was, and the record comes again.
        if self.random.random() < 0.05 and effects != decide(where, record, self.state):
            raise Broken(f"decided differently the second time: {value}")
        before = self.board
        raised = self.perform(effects, answer)
        self.alarmed |= {(value["act"]["act"] if value["type"] == "act" else value["type"], kind) for _, kind in raised}
        if self.board is not before:
            applied = value["act"] if value["type"] == "act" and answer["status"] == "applied" else None
            hold(before, self.board, applied, raised)
            self.been |= {(part["state"], part["leg"]) for part in self.board["parts"]}
        if self.offset % 6 == 0:
            self.wakes()
        return answer

    def perform(self, effects: list[Effect], answer: Json) -> set[tuple[str | None, str]]:
        """Which alarms were raised, by part and kind; the answer is filled in."""
        raised: set[tuple[str | None, str]] = set()
        self.state.apply(effects)
        for effect in effects:
            if not isinstance(effect, Emit) or self.timers.note(effect):
                continue
            if effect.channel == "deliveries.answers":
                answer |= orjson.loads(effect.value or b"")
            elif effect.channel == "deliveries.events":
                event = orjson.loads(effect.value or b"")
                self.chain(event)
                if event["kind"] == "alarm":
                    raised.add((event["part"], event["what"]["alarm_kind"]))
            elif board := _board(effect):
                if board["version"] <= self.version:
                    raise Broken(f"version {board['version']} follows {self.version}")
                self.version, self.board = board["version"], board
        return raised

    def chain(self, event: Json) -> None:
        if (event["number"], event["previous"]) != (self.number + 1, self.hash):
            raise Broken(f"event {event['number']} does not follow {self.number}")
        self.number, self.hash = event["number"], event.pop("hash")
        if sealed(event) != self.hash:
            raise Broken(f"event {event['number']} does not have its hash")

    def wakes(self) -> None:
        """Nothing due is left undone, and someone will look again."""
        case = recall(DELIVERY, self.state)
        assert case is not None
        due = next_due(case)
        if due is not None and self.board["at"] == utc(self.now) and due <= self.now:
            raise Broken(f"something was due at {due} and was not done at {self.now}")
        if due is not None and (case.wake is None or case.wake > due):
            raise Broken(f"nothing will wake the delivery at {due}: {case.wake}")
        if case.wake is not None and all(timer.due > case.wake for timer in self.timers.waiting.values()) and case.wake > self.now:
            raise Broken(f"the delivery waits for {case.wake}, and no timer is out for it")

    def compare(self, when: str) -> None:
        """The stage's parts against the model's, where what is due by now was looked at: the board shows what stands at its own time."""
        if any(timer.due <= self.now for timer in self.timers.waiting.values()):
            return
        if len(self.board["parts"]) != len(self.model.parts):
            raise Broken(f"{when}: the model has the parts {list(self.model.parts)}")
        for part in self.board["parts"]:
            ours = self.model.parts[part["part"]]
            shown: dict[str, Any] = {name: part[name] for name in ("state", "phase", "controller", "territory", "leg")}
            model: dict[str, Any] = {name: ours[name] for name in ("phase", "controller", "territory", "leg")}
            model["state"] = self.model.shown(ours)
            if part["phase"] in RUNS:
                shown["offer"] = part["offer"]["id"] if part["offer"] else None
                model["offer"] = ours["offer"][0] if ours["offer"] else None
                shown["words"] = [(leg["number"], leg["consent"]["state"], leg["consent"]["in_force"]) for leg in part["legs"]]
                words = [(number, leg["word"]["state"] if leg["word"] else "PENDING", is_open(leg)) for number, leg in ours["way"].items()]
                model["words"] = words
                shown["stop"] = part["hold"] and (part["hold"]["id"], part["hold"]["before"])
                model["stop"] = ours["stop"] and (ours["stop"]["id"], ours["stop"]["before"])
                shown["strike"], model["strike"] = part["strike"] is not None, ours["strike"] is not None
            if shown != model:
                raise Broken(f"{when}: part {part['part']} is {shown}, and ought to be {model}")
        posts = {(tuple(post[name] for name in ("leg", "side", "country", "post", "named")), post["state"]) for post in self.board["posts"]}
        if posts != (ought := passing.passed(self.model.live(), self.model.told)):
            raise Broken(f"{when}: the posts ahead are {posts}, and ought to be {ought}")

    def _record(self, value: Json, offset: int) -> Record:
        return Record("deliveries.inbox", "live.deliveries.inbox", 0, offset, KEY, orjson.dumps(value), (), self.now)


def _board(effect: Effect) -> Json | None:
    """The snapshot that is told, None where it is anything else."""
    if not isinstance(effect, Emit) or effect.channel != "deliveries.current" or effect.key != KEY:
        return None
    board: Json = orjson.loads(effect.value or b"")
    return board


def _said(act: Json) -> Json:
    return {name: value for name, value in act.items() if name[0] != "_"}


def _officer(agency: str, act: Json) -> Json:
    if "by_voice" in act:
        return DUTY
    return {"agency": agency, "person": PERSON.get(agency, "o.fficer"), "role": "officer", "country": agency[:2]}


def _line(at: int, value: Json, answer: Json) -> str:
    if value["type"] != "act":
        return f"{utc(at)} {value['type']} {value.get('due', '')}"
    by = value["by"]
    return f"{utc(at)} {by['agency']}/{by['person']} {value['act']}: {answer.get('status')} {answer.get('reason') or ''}"


Began = tuple[Office, Office]


def begun() -> Began:
    """Where histories begin: as it was found, and with most of the load replaced."""
    return beginning(), beginning(substituted=True)


def play(seed: int, began: Began, length: int = LENGTH) -> None:
    """The history of this seed: of four one is wild, of eight one an opening. Raises what it breaks on, with the acts up to there."""
    random = Random(seed)
    history = openings.Opening(random) if seed % 8 == 5 else History(random, began[random.random() < 0.25], wild=seed % 4 == 3)
    try:
        history.run(length)
    except Exception as error:
        error.add_note(f"history with seed {seed}, length {length}, breaks with the last of these {len(history.done)} records:")
        for done in history.done:
            error.add_note(f"  {_line(*done)}")
        raise


def run(seed: int, count: int, length: int = LENGTH) -> None:
    """So many histories from this seed on. Raises what one breaks on, naming its seed."""
    began = begun()
    for each in range(seed, seed + count):
        play(each, began, length)


@cache
def _prepared() -> Began:
    """Once in each process."""
    # What is there by now stays, and histories make few cycles.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    return begun()


def _some(seeds: range, length: int) -> str | None:
    """Run these; what one of them breaks on, in words that pass from one process to another."""
    began = _prepared()
    try:
        for each in seeds:
            play(each, began, length)
    except Exception as error:
        return "".join(traceback.format_exception(error))
    return None


def search(seed: int, count: int, length: int, processes: int, say: Callable[[str], None]) -> str | None:
    """Run them all in so many processes, telling how it goes; what the first by seed breaks on, or None."""
    started = said = time.monotonic()
    done = 0
    batches = [range(first, min(first + BATCH, seed + count)) for first in range(seed, seed + count, BATCH)]
    with ProcessPoolExecutor(processes) as pool:
        for seeds, broken in zip(batches, pool.map(_some, batches, [length] * len(batches)), strict=True):
            if broken is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                return broken
            done, now = done + len(seeds), time.monotonic()
            if now - said >= TELL_EVERY_S and done < count:
                rate, said = done / (now - started), now
                say(f"{done} of {count}, {rate:.0f} a second, {(count - done) / rate:.0f} s to go")
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=LENGTH)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    print(f"seeds from {given.seed}, {given.count} histories of {given.length} steps, {given.processes} processes", flush=True)
    started = time.monotonic()
    broken = search(given.seed, given.count, given.length, given.processes, lambda line: print(line, flush=True))
    took = time.monotonic() - started
    if broken is not None:
        sys.exit(broken)
    print(f"none broke anything, in {took:.0f} s: {1000 * took * given.processes / given.count:.1f} ms a history and process")


if __name__ == "__main__":
    main()

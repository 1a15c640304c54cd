"""Random histories of a delivery, held against the model and the invariants.

`python -m tests.unit.deliveries.histories --count 100000 --seed 7` runs many and prints the seed of the one that breaks something.
Acts come from the wrong party, late, twice, out of order, with clocks wrong by hours; the worker is killed between deciding and committing.
"""

import argparse
import copy
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson

from streams.engine.effects import Effect, Emit, Record
from streams.stages.deliveries.clocks import next_due
from streams.stages.deliveries.evidence import sealed
from streams.stages.deliveries.keeping import recall
from streams.stages.deliveries.stage import decide
from tests.unit.deliveries.model import LEAD, PARTIES, RUNS, Model
from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, COUNTRIES, DELIVERY, FOLLOWS, Office, where
from tests.unit.stages.building import Memory, Timers

MINUTE = 60_000
PERSON = {"TJ-DCA": "n.rahimov"}
OUTSIDER = "UZ-NCB"
REPORT = {"originator": "TJ-DCA", "report_id": "2026-0117"}
HARMLESS = ("check_in",) * 4 + ("consent", "receiver_in_place", "offer", "alert")
HARMFUL = (
    *("refusal", "revocation", "crossed", "contact_lost", "control_lost", "stop_request", "held", "strike", "delivered_under_watch"),
    *("secured", "intervened", "aborted", "provisional_consent", "acceptance", "regained", "resumed", "split"),
)
SENSIBLE = {
    "PLANNED": ("start",),
    "ACTIVE": ("check_in", "check_in", "offer", "offer", "consent", "receiver_in_place", "split"),
    "OFFERED": ("receiver_in_place", "receiver_in_place", "acceptance", "check_in"),
    "RECEIVER_IN_PLACE": ("acceptance", "acceptance", "acceptance", "check_in"),
    "CONTACT_LOST": ("check_in", "check_in", "regained"),
    "CONTROL_LOST": ("regained",),
    "CROSSED_UNACCEPTED": ("acceptance", "acceptance", "consent", "regained", "crossed"),
    "STOP_REQUESTED": ("held", "resumed", "resumed"),
    "HELD": ("resumed", "resumed", "resumed", "check_in"),
    "STRIKE": ("delivered_under_watch", "check_in", "secured"),
    "DELIVERED_UNDER_WATCH": ("strike", "check_in", "check_in", "secured"),
}
"""What keeps a history going, by the state that is shown."""


class Broken(AssertionError):
    """An invariant or the model was contradicted."""


def beginning() -> Office:
    """A delivery that is ready to start, with legs 1 and 2 consented: where every history begins."""
    office = Office().requested().consented(1, 2)
    ready = office.must("TJ-DCA/n.rahimov", "ready", informed_posts=["Дусти"])
    office.must("CARICC/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    return office


class History:
    """One history. `wild` also makes acts that the model does not know, and then only the invariants are checked."""

    def __init__(self, random: Random, began: Office, *, wild: bool) -> None:
        self.random = random
        self.wild = wild
        self.state = Memory(dict(began.state.values))
        self.now = int(began.now.timestamp() * 1000)
        self.offset = began.offset
        self.made = 0
        self.sent: list[dict[str, Any]] = []
        self.queued: list[tuple[str, dict[str, Any]]] = []
        self.hash, self.number, self.version = began.events[-1]["hash"], began.events[-1]["number"], began.snapshots[-1]["version"]
        self.timers = Timers(began.timers.waiting)
        self.board: dict[str, Any] = began.snapshots[-1]
        self.been: set[tuple[str, int]] = set()
        self.model = Model()
        consents = {leg: event for event in began.events if event["kind"] == "consent" for leg in [event["leg"]]}
        for leg, event in consents.items():
            said = int(datetime.fromisoformat(event["happened"]).timestamp() * 1000)
            self.model.parts["A"]["words"][leg] = ("CONSENTED", said, event["act"], None)

    def run(self, length: int) -> None:
        """So many steps: acts, time, timers, replays and crashes."""
        self.one("TJ-DCA", {"act": "start", "part": "A"})
        for _ in range(length):
            roll = self.random.random() if len(self.queued) < 4 else 0.4
            if roll < 0.3:
                self.now += self.random.choices((1, 3, 6, 14, 16, 31, 61, 240, 1500), (9, 9, 6, 2, 2, 1, 1, 0.3, 0.1))[0] * MINUTE
                self.ring(late=self.random.random() < 0.3)
            elif roll < 0.36 and self.sent:
                self.again(self.random.choice(self.sent))
            elif roll < 0.42 and self.queued:
                self.one(*self.queued.pop(self.random.randrange(len(self.queued))))
            else:
                agency, act = self.invent()
                if self.random.random() < (0.5 if act["act"] == "consent" else 0.08):
                    self.queued.append((agency, self.stamp(act)))
                else:
                    self.one(agency, act)

    def invent(self) -> tuple[str, dict[str, Any]]:
        """An act that may make sense, by a party that may have the right."""
        random = self.random
        part = random.choice(self.board["parts"])
        if random.random() < 0.7:
            part = random.choice([each for each in self.board["parts"] if each["state"] in SENSIBLE] or [part])
            kind = random.choice(SENSIBLE.get(part["state"], HARMLESS))
        else:
            kind = random.choice(WILD if self.wild and random.random() < 0.5 else random.choice((HARMLESS, HARMFUL, HARMFUL)))
        leg = min(4, part["leg"] + random.choice((0, 1, 1, 1, 1, 1, 1, 2)))
        right = {
            "consent": AUTHORITY[COUNTRIES[leg - 1]],
            "provisional_consent": AUTHORITY[COUNTRIES[leg - 1]],
            "conditional_consent": AUTHORITY[COUNTRIES[leg - 1]],
            "refusal": AUTHORITY[COUNTRIES[leg - 1]],
            "revocation": AUTHORITY[COUNTRIES[leg - 1]],
            "receiver_in_place": FOLLOWS[COUNTRIES[leg - 1]],
            "acceptance": FOLLOWS[COUNTRIES[leg - 1]],
            "regained": random.choice((part["last_controller"], FOLLOWS[part["territory"]])),
            "resumed": random.choice((LEAD, FOLLOWS[part["territory"]], AUTHORITY[COUNTRIES[leg - 1]])),
            "start": LEAD,
            "route_change": LEAD,
            "merge": part["controller"] or LEAD,
        }
        for name in ("strike", "delivered_under_watch", "secured", "intervened", "aborted"):
            right[name] = FOLLOWS[part["territory"]]
        agency = right.get(kind) or part["controller"] or part["last_controller"]
        if random.random() < 0.12:
            agency = random.choice((*sorted(PARTIES), OUTSIDER))
        return agency, self.worded(kind, part, leg)

    def worded(self, kind: str, part: dict[str, Any], leg: int) -> dict[str, Any]:
        """The fields of an act of this kind, most of them fitting."""
        random = self.random
        act: dict[str, Any] = {"act": kind, "part": part["part"]}
        offer, stop = part["offer"], part["hold"]
        near = random.choice((part["territory"],) * 5 + (COUNTRIES[leg - 1],))
        ahead = random.choice((5, 20, 45, 90)) * MINUTE
        unknown = str(UUID(int=random.getrandbits(128)))
        match kind:
            case "consent" | "conditional_consent":
                ends = random.choice((None, None, self.now + random.choice((-10, 30, 400, 3000)) * MINUTE))
                paper = AUTHORISATION | ({"valid_until": _text(ends)} if ends else {}) | {"conditions": ["днём"]}
                act |= {"leg": leg, "authorisation": paper}
            case "provisional_consent":
                act |= {"leg": leg, "officer": "полковник Асанов"}
            case "refusal":
                act |= {"leg": leg, "reason": "нет"}
            case "revocation":
                made = self.sent + [each for _, each in self.queued]
                given = [each["id"] for each in made if each["act"] in ("consent", "provisional_consent") and each["leg"] == leg]
                act |= {"leg": leg, "reason": "нет"} | ({"consent": random.choice(given)} if given and random.random() < 0.6 else {})
            case "conditions_accepted":
                given = [each["id"] for each in self.sent if each["act"] == "conditional_consent"] or [unknown]
                act |= {"leg": leg, "consent": random.choice(given)}
            case "offer":
                act |= {"handover_at": _text(self.now + ahead), "place": "Карамык"}
            case "receiver_in_place":
                act |= {"leg": leg, "eyes_on": True}
            case "acceptance":
                act |= {"leg": leg, "eyes_on": True, "offer": offer["id"] if offer and random.random() < 0.9 else unknown}
                if random.random() < 0.4:
                    act["country"] = near
            case "crossed":
                act |= {"country": random.choice((COUNTRIES[part["leg"] - 1], COUNTRIES[leg - 1], random.choice(COUNTRIES)))}
            case "check_in":
                act |= {"eyes_on": random.random() < 0.85} | ({"country": near} if random.random() < 0.2 else {})
            case "regained":
                act |= {"country": near, "eyes_on": True, "seals_intact": random.random() < 0.8}
            case "stop_request" | "alert":
                act |= {"reason": "патруль"} | ({"touches": [leg]} if kind == "stop_request" and random.random() < 0.3 else {})
            case "held":
                act |= {"place": "стоянка", "guard": "двое"}
            case "resumed":
                act |= {"stop": stop["id"] if stop and random.random() < 0.9 else unknown}
            case "strike":
                act |= {"h_hour": _text(self.now + ahead), "agencies": [FOLLOWS[part["territory"]]]}
            case "delivered_under_watch":
                act |= {"place": "склад"}
            case "secured" | "intervened":
                act |= {"report": REPORT} | ({"reason": "опасность"} if kind == "intervened" else {})
            case "aborted":
                act |= {"reason": "отбой"}
            case "split":
                kg = float(part["mass"]["heroin"]["kg"]) / 2
                names = random.sample([f"P{number}" for number in range(1, 30)], 2)
                goods = [{"substance": "heroin", "kg": f"{kg:.3f}", "uncertainty_kg": "0.05"}]
                act |= {"into": [{"name": name, "goods": goods} for name in names]}
            case "merge":
                live = [each["part"] for each in self.board["parts"] if each["phase"] in RUNS]
                act |= {"parts": [*live, "A", "P1"][:2], "into": f"M{random.randrange(30)}"}
            case "route_change":
                legs = [{"country": COUNTRIES[number - 1], "number": number, "authority": AUTHORITY[COUNTRIES[number - 1]],
                         "controller": FOLLOWS[COUNTRIES[number - 1]], "exit": {"name": random.choice(("Карамык", "Кордай"))}}
                        for number in range(part["leg"] + 1, 5)]  # fmt: skip
                act |= {
                    "legs": legs or [{"country": "UZ", "number": 9, "authority": "UZ-NCB", "controller": "UZ-NCB"}],
                    "reason": "дорога закрыта",
                }
            case "alarm_acknowledged" | "alarm_resolved":
                open_now = [alarm["id"] for alarm in self.board["alarms"]] or ["77"]
                act |= {"alarm": random.choice(open_now)} | ({"reason": "ясно"} if kind == "alarm_resolved" else {})
            case "radio_shadow":
                act |= {"minutes": random.choice((10, 60, 300))}
            case "closed":
                act |= {"evidence_handed_over": True, "shortfall_signed": "акт"}
        return act

    def stamp(self, act: dict[str, Any]) -> dict[str, Any]:
        """The act as a phone makes it: an id, the time by its own clock, and often when it was sent."""
        if "id" in act:
            return act
        self.made += 1
        wrong = self.random.choice((0, 0, 0, 0, -180, -20, 15, 240)) * MINUTE
        return {
            **act,
            "id": str(UUID(int=self.random.getrandbits(128))),
            "delivery": DELIVERY,
            "at": _text(self.now + wrong),
            "_wrong": wrong,
        }

    def one(self, agency: str, act: dict[str, Any]) -> None:
        """Send one act and compare."""
        act = self.stamp(act)
        wrong = act["_wrong"]
        said = {name: value for name, value in act.items() if not name.startswith("_")}
        if self.random.random() < 0.5:
            said["sent"] = _text(self.now + wrong)
        known = any(act["id"] == each["id"] for each in self.sent)
        answer = self.take({"type": "act", "by": _officer(agency), "act": said})
        captured = int(datetime.fromisoformat(act["at"]).timestamp() * 1000)
        happened = self.now - max(0, self.now + wrong - captured) if "sent" in said else min(captured, self.now)
        if known:
            return
        self.sent.append({**act, "_agency": agency})
        if self.wild:
            return
        if act["act"] == "offer":
            act = {**act, "_expires": int(datetime.fromisoformat(act["handover_at"]).timestamp() * 1000) + 60 * MINUTE}
        ends = act.get("authorisation", {}).get("valid_until")
        if ends:
            act = {**act, "_ends": int(datetime.fromisoformat(ends).timestamp() * 1000)}
        ought = self.model.apply(agency, act, happened, self.now)
        if ought != (answer["status"] == "applied"):
            raise Broken(f"the model says {'apply' if ought else 'refuse'}: {agency} {act}; the stage answered {answer}")
        self.compare(f"after {agency} {act}: {answer}")

    def again(self, act: dict[str, Any]) -> None:
        """The same act once more, perhaps hours later: nothing but what time itself does."""
        said = {name: value for name, value in act.items() if not name.startswith("_")}
        answer = self.take({"type": "act", "by": _officer(act["_agency"]), "act": said})
        if answer["status"] == "applied":
            raise Broken(f"{act} was applied twice")

    def ring(self, *, late: bool) -> None:
        """Timers that are due ring, now and then only with the next time; sometimes one rings twice."""
        if late:
            return
        while timer := self.timers.due(self.now):
            for _ in range(self.random.choice((1, 1, 2))):
                self.take(orjson.loads(timer.value))
        self.model.tick(self.now)
        self.compare("after the clock")

    def take(self, value: dict[str, Any]) -> dict[str, Any]:
        """Decide one record, perhaps after a crash, and check what holds whatever happened."""
        self.offset += 1
        record = Record("deliveries.inbox", "live.deliveries.inbox", 0, self.offset, DELIVERY.encode(), orjson.dumps(value), (), self.now)
        effects = decide(where, record, self.state)
        # Killed before the commit: the state is as it was, and the record comes again.
        if self.random.random() < 0.05 and effects != decide(where, record, self.state):
            raise Broken(f"decided differently the second time: {value}")
        answer = self.perform(effects)
        self.invariants()
        return answer

    def perform(self, effects: list[Effect]) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        self.state.apply(effects)
        for effect in effects:
            if isinstance(effect, Emit) and not self.timers.note(effect):
                value = orjson.loads(effect.value) if effect.value is not None else None
                if effect.channel == "deliveries.answers":
                    answer = value
                elif effect.channel == "deliveries.events":
                    self.chain(value)
                elif effect.channel == "deliveries.current" and value["type"] == "delivery":
                    if value["version"] <= self.version:
                        raise Broken(f"version {value['version']} follows {self.version}")
                    self.version, self.board = value["version"], value
        return answer

    def chain(self, event: dict[str, Any]) -> None:
        if (event["number"], event["previous"]) != (self.number + 1, self.hash):
            raise Broken(f"event {event['number']} does not follow {self.number}")
        self.number, self.hash = event["number"], event["hash"]
        if sealed({name: value for name, value in event.items() if name != "hash"}) != event["hash"]:
            raise Broken(f"event {event['number']} does not have its hash")

    def invariants(self) -> None:
        """One controller or an open alarm, for every part at every moment; nothing due is left undone; someone will look again."""
        for part in self.board["parts"]:
            self.been.add((part["state"], part["leg"]))
            uncontrolled = {alarm["part"] for alarm in self.board["alarms"] if alarm["kind"] in ("control_lost", "crossed_unaccepted")}
            if part["phase"] in RUNS and part["controller"] is None and part["part"] not in uncontrolled:
                raise Broken(f"part {part['part']} has no controller and no alarm: {part}")
            if part["controller"] is not None and part["state"] in ("CONTROL_LOST", "CROSSED_UNACCEPTED"):
                raise Broken(f"part {part['part']} is {part['state']} with {part['controller']} in control")
            if part["phase"] in RUNS and part["controller"] is None and part["state"] not in ("CONTROL_LOST", "CROSSED_UNACCEPTED"):
                raise Broken(f"part {part['part']} is shown {part['state']} with nobody in control")
        if self.offset % 3:
            return
        case = recall(DELIVERY, self.state)
        assert case is not None
        due = next_due(case)
        if due is not None and self.board["at"] == _text(self.now) and due <= self.now:
            raise Broken(f"something was due at {due} and was not done at {self.now}")
        if due is not None and (case.wake is None or case.wake > due):
            raise Broken(f"nothing will wake the delivery at {due}: {case.wake}")

    def compare(self, when: str) -> None:
        """The stage's parts against the model's, at this moment."""
        if self.wild or not self.settled():
            return
        for part in self.board["parts"]:
            ours = self.model.parts.get(part["part"])
            if ours is None:
                raise Broken(f"{when}: the model has no part {part['part']}")
            shown = {name: part[name] for name in ("phase", "controller", "territory", "leg")}
            shown["offer"] = part["offer"]["id"] if part["offer"] else None
            model = {name: ours[name] for name in ("phase", "controller", "territory", "leg")}
            model["offer"] = ours["offer"][0] if ours["offer"] else None
            if part["phase"] in RUNS:
                shown["contact"] = part["state"] if part["state"] in ("CONTACT_LOST", "CONTROL_LOST", "CROSSED_UNACCEPTED") else ""
                lost = {"contact": "CONTACT_LOST", "control": "CONTROL_LOST", "": ""}[ours["lost"]]
                model["contact"] = "CROSSED_UNACCEPTED" if ours["crossed"] else lost
            if shown != model:
                raise Broken(f"{when}: part {part['part']} is {shown}, and ought to be {model}")

    def settled(self) -> bool:
        """Whether what is due by now has been looked at: the board shows what stands at its own time."""
        case = recall(DELIVERY, self.state)
        assert case is not None
        due = next_due(case)
        return due is None or due > self.now


WILD = ("conditional_consent", "conditions_accepted", "merge", "route_change", "alarm_acknowledged", "alarm_resolved", "alarm_resolved",
        "radio_shadow", "closed", "split")  # fmt: skip


def _officer(agency: str) -> dict[str, Any]:
    return {"agency": agency, "person": PERSON.get(agency, "o.fficer"), "role": "officer", "country": agency[:2]}


def _text(at: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def run(seed: int, count: int, length: int = 40) -> None:
    """So many histories from this seed on, every fourth a wild one. Raises Broken naming the seed of the one that breaks."""
    began = beginning()
    for each in range(seed, seed + count):
        history = History(Random(each), copy.copy(began), wild=each % 4 == 3)
        try:
            history.run(length)
        except Exception as error:
            error.add_note(f"history with seed {each}, length {length}")
            raise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=40)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.count} histories of {arguments.length} steps", flush=True)
    started = time.monotonic()
    run(arguments.seed, arguments.count, arguments.length)
    print(f"none broke anything, in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

"""A centre of one delivery for tests: it takes acts and minutes, keeps the state as the engine does, and remembers what was told."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel

from schemas import deconfliction, deliveries, duty, positions, watching
from schemas.identity import NAMESPACE
from streams.clock import Timer
from streams.engine.effects import Emit, Record
from streams.stages.deliveries.case import Case
from streams.stages.deliveries.keeping import recall
from streams.stages.deliveries.stage import decide
from tests.unit.stages.building import Memory, Timers

DELIVERY = "TJ-DCA/CD-1"
START = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
COUNTRIES = ("TJ", "KG", "KZ", "RU")
AUTHORITY = {"TJ": "TJ-DCA", "KG": "KG-GP", "KZ": "KZ-GP", "RU": "RU-GP"}
FOLLOWS = {"TJ": "TJ-DCA", "KG": "KG-SCNBC", "KZ": "KZ-KNB", "RU": "RU-MVD"}
CENTRE = "CARICC"
POINTS = {"TJ": (38.56, 68.78), "KG": (42.46, 74.6), "KZ": (45.02, 75.7), "RU": (54.0, 62.0)}

SPOKEN: dict[str, type[BaseModel]] = {
    "deliveries.answers": deliveries.DeliveryAnswer,
    "deliveries.events": deliveries.DeliveryEvent,
    "deliveries.rings": deliveries.AlarmRing,
    "deliveries.current": deliveries.DeliverySnapshot,
    "deliveries.plans": deconfliction.DeliveryPlan,
    "positions.inbox": positions.WatchedDevices,
    "duty.inbox": duty.OpenDelivery,
    "form": deliveries.DeliveryForm,
}

HANDLING = {"originator": "TJ-DCA", "tlp": "RED", "evaluation": {"scheme": "4x4", "source": "A", "information": "1"}}


def informed(country: str = "TJ", post: str | None = "Dusti", **said: Any) -> dict[str, Any]:
    """A post that was told; `post` None: a unit, which is said."""
    told = {"country": country, "told": "майор Азизов, начальник смены", "told_by": "капитан Рахимов", "at": "2026-03-18T05:30:00Z"}
    return told | {"means": "telephone"} | ({"post": post} if post is not None else {}) | said


INFORMED = [informed()]
_WAY = (("TJ", "Karamyk"), ("KG", "Karamyk"), ("KG", "Ak-Jol"), ("KZ", "Korday"), ("KZ", "Syrym"))
BORDERS = [informed(country, post) for country, post in _WAY]
"""Every post on the way from Tajikistan to Russia."""
AUTHORISATION = {"number": "17/3", "date": "2026-03-17T10:00:00+05:00", "issued_by": "Прокуратура", "officer": "майор Каримов"}


def where(lat: float, lon: float, accuracy_m: float | None, expected: str) -> str | None:
    """Countries as points: whatever is nearest."""
    return min(POINTS, key=lambda country: (POINTS[country][0] - lat) ** 2 + (POINTS[country][1] - lon) ** 2)


def form(countries: Iterable[str] = COUNTRIES, **changes: Any) -> dict[str, Any]:
    """A complete request form."""
    legs = [{"country": country, "number": number} for number, country in enumerate(countries, 1)]
    said = {
        "delivery_ref": DELIVERY,
        "requesting": "TJ-DCA",
        "handling": HANDLING,
        "legs": legs,
        "case_reference": "2026/117",
        "offence": "ст. 200 УК",
        "penalty": "12 лет",
        "legal_basis": ["1988 Convention, art. 11"],
        "authorisation": AUTHORISATION,
        "grounds": "Груз найден в транзите",
        "goods": [{"name": "heroin", "quantity": {"amount": "24", "unit": "kg"}}],
        "substitution": {"wanted": "none"},
        "conveyances": [{"kind": "truck", "registration": "1234 AB 01", "country": "TJ"}],
        "carrier": {"name": "Orzu Trans", "knowledge": "unknown"},
        "surveillance": ["two cars"],
        "seize_if": ["the load is opened"],
        "interventions": [{"country": "KG", "rule": "only the state's own officers"}],
        "evidence": "protocol in two languages",
        "hazards": {"naloxone": "at_hand"},
        "communications": "radio, channel 4",
        "undertakings": ["control_without_break", "seize", "investigate", "report"],
        "contacts": [{"desk": "duty desk", "agency": "TJ-DCA", "reach": ["+992 37 000"]}],
        "reply_by": "2036-04-18T12:00:00+05:00",
    }
    return said | changes


def plan(countries: Iterable[str] = COUNTRIES, **of_every_leg: Any) -> dict[str, Any]:
    """The way through the countries, 24 kg of heroin, one coordinator."""
    legs = [
        {"country": country, "number": number, "authority": AUTHORITY[country], "controller": FOLLOWS[country], **of_every_leg}
        for number, country in enumerate(countries, 1)
    ]
    goods = [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}]
    return {"legs": legs, "goods": goods, "seals": ["S-1"], "coordinators": [f"{CENTRE}/d.duty", f"{CENTRE}/s.super"]}


class Office:
    """`act` sends one act and gives the answer; `pass_minutes` lets time go by, waking the stage when it asked for it."""

    def __init__(self, where: Callable[..., str | None] = where) -> None:
        self.where = where
        self.state = Memory()
        self.now = START
        self.offset = 0
        self.made = 0
        self.log: list[Record] = []
        self.timers = Timers()
        self.answers: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.rings: list[dict[str, Any]] = []
        self.snapshots: list[dict[str, Any]] = []
        self.forms: list[dict[str, Any]] = []
        self.watch: dict[str, Any] | None = None
        """What is under watch."""
        self.let_out: list[tuple[str, str]] = []
        """Reports that are let out, and why."""
        self.plans: list[dict[str, Any]] = []
        self.watched: list[dict[str, Any]] = []
        self.duties: list[dict[str, Any]] = []
        self.contact: bool | None = False
        """What deconfliction answers to every plan, at once; None: nothing."""
        self.terms: dict[str, float] = {}
        """What the gateway finds in the directory: hours for the written consent."""
        self.known_agencies: list[str] | None = None
        """Which agencies the gateway knows of those that a strike names; None: it could not look."""

    def id(self) -> str:
        # They ascend: of two words alike of one moment, in which a test may say several, the one that is made later stands.
        self.made += 1
        return str(UUID(int=(self.made << 96) + (uuid5(NAMESPACE, f"act {self.made}").int >> 32)))

    def act(self, who: str, act: str, **fields: Any) -> dict[str, Any]:
        """Send an act now; `who` is `AGENCY/person`. Fields beginning with `by_` set the officer: by_role, by_country."""
        said = {"id": self.id(), "delivery": DELIVERY, "at": self.now.isoformat(), "act": act, **fields}
        return self.send(who, said)

    def send(self, who: str, said: dict[str, Any], role: str | None = None) -> dict[str, Any]:
        agency, person = who.split("/")
        country = None if agency == CENTRE else agency[:2]
        role = role or ({"s.super": "supervisor"}.get(person, "coordinator") if agency == CENTRE else "officer")
        value = {"type": "act", "by": {"agency": agency, "person": person, "role": role, "country": country}, "act": said}
        if self.terms:
            value["written_due_hours"] = self.terms
        if self.known_agencies is not None and said["act"] == "strike":
            value["known_agencies"] = self.known_agencies
        before = len(self.answers)
        self.take(value)
        assert len(self.answers) == before + 1, "every act is answered once"
        return self.answers[-1]

    def take(self, value: dict[str, Any]) -> None:
        """Put one record into the inbox and decide it."""
        self.offset += 1
        at = int(self.now.timestamp() * 1000)
        record = Record("deliveries.inbox", "live.deliveries.inbox", 0, self.offset, DELIVERY.encode(), orjson.dumps(value), (), at)
        self.log.append(record)
        effects = decide(self.where, record, self.state)
        self.state.apply(effects)
        announced = len(self.plans)
        self.perform(effect for effect in effects if isinstance(effect, Emit))
        if len(self.plans) > announced and self.contact is not None:
            self.deconflicted(contact=self.contact)

    def deconflicted(self, *, contact: bool) -> None:
        """Deconfliction answers to the newest plan."""
        self.take({"type": "deconfliction", "plan": self.plans[-1]["number"], "at": self.plans[-1]["changed"], "contact": contact})

    def perform(self, emits: Iterable[Emit]) -> None:
        for emit in emits:
            if self.timers.note(emit):
                continue
            if emit.channel == "deliveries.watch":
                self.watch = None if emit.value is None else orjson.loads(emit.value)
                assert self.watch is None or watching.DeliveryWatch.model_validate(self.watch)
                continue
            if emit.channel == "reports.enriched":
                self.let_out.append((emit.key.decode(), watching.Unguard.model_validate_json(emit.value or b"").why))
                continue
            value = orjson.loads(emit.value or b"")
            kept = {
                "deliveries.answers": self.answers,
                "deliveries.events": self.events,
                "deliveries.rings": self.rings,
                "deliveries.plans": self.plans,
                "positions.inbox": self.watched,
                "duty.inbox": self.duties,
                "deliveries.current": self.forms if value.get("type") == "form" else self.snapshots,
            }
            SPOKEN[emit.channel if value.get("type") != "form" else "form"].model_validate(value)
            kept[emit.channel].append(value)

    def pass_minutes(self, minutes: float) -> None:
        """Time goes by; every timer rings when it is due."""
        end = self.now + timedelta(minutes=minutes)
        while timer := self.timers.due(int(end.timestamp() * 1000)):
            self.now = max(self.now, datetime.fromtimestamp(timer.due / 1000, UTC))
            self.ring(timer)
        self.now = end

    def ring(self, timer: Timer) -> None:
        self.take(orjson.loads(timer.value))

    @property
    def case(self) -> Case:
        case = recall(DELIVERY, self.state)
        assert case is not None
        return case

    @property
    def board(self) -> dict[str, Any]:
        return self.snapshots[-1]

    def part(self, name: str = "A") -> dict[str, Any]:
        return next(part for part in self.board["parts"] if part["part"] == name)

    @property
    def alarms(self) -> list[str]:
        return sorted(alarm["kind"] for alarm in self.board["alarms"])

    # --- scenes -------------------------------------------------------------------------------------------------------------

    def requested(self, countries: Iterable[str] = COUNTRIES, **of_every_leg: Any) -> "Office":
        """A request signed by two."""
        countries = tuple(countries)
        request = self.must("TJ-DCA/n.rahimov", "request", form=form(countries), plan=plan(countries, **of_every_leg))
        self.must("TJ-DCA/f.saidov", "signature", request=request["act"])
        return self

    def consented(self, *legs: int) -> "Office":
        """The authorities of these legs consent in writing."""
        for number in legs:
            authority = AUTHORITY[COUNTRIES[number - 1]]
            who = f"{authority}/n.rahimov" if authority == "TJ-DCA" else f"{authority}/p.rosecutor"
            self.must(who, "consent", leg=number, authorisation=AUTHORISATION)
        return self

    def running(self, *consented: int, **of_every_leg: Any) -> "Office":
        """On leg 1, with its controller."""
        self.requested(**of_every_leg).consented(1, *consented)
        ready = self.must("TJ-DCA/n.rahimov", "ready", informed_posts=INFORMED)
        self.must(f"{CENTRE}/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
        self.must("TJ-DCA/n.rahimov", "start")
        return self

    def must(self, who: str, act: str, **fields: Any) -> dict[str, Any]:
        answer = self.act(who, act, **fields)
        assert answer["status"] == "applied", answer
        return answer

    def offer(self, minutes: int = 30) -> UUID:
        """The controller offers to the next leg."""
        controller = self.part()["controller"]
        who = "TJ-DCA/n.rahimov" if controller == "TJ-DCA" else f"{controller}/t.eam"
        at = self.now + timedelta(minutes=minutes)
        return UUID(self.must(who, "offer", handover_at=at.isoformat(), place="Карамык")["act"])

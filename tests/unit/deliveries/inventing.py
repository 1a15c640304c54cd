"""Random acts of several agencies in a delivery: most make sense where it stands, some are wrong, late, of the wrong party or by voice."""

from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

from streams.stages.naming import utc
from tests.unit.deliveries.model import LEAD, MINUTE, PARTIES, RUNS
from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, COUNTRIES, DELIVERY, FOLLOWS, informed
from tests.unit.deliveries.passing import POSTS
from tests.unit.deliveries.places import COUNTRY
from tests.unit.deliveries.words import TERMS, Json

PERSON = {"TJ-DCA": "n.rahimov"}
OUTSIDER = "UZ-NCB"
REPORT = {"originator": "TJ-DCA", "report_id": "2026-0117"}
HARMLESS = (
    *("check_in",) * 4,
    *("consent", "receiver_in_place", "offer", "alert", "merge", "posts_informed", "device_placed", "weighing"),
)
HARMFUL = (
    *("refusal", "revocation", "crossed", "contact_lost", "control_lost", "stop_request", "held", "strike", "delivered_under_watch"),
    *("secured", "intervened", "aborted", "provisional_consent", "conditional_consent", "conditions_accepted", "acceptance", "regained"),
    *("resumed", "split", "merge", "route_change", "strike_called_off", "tracked", "tracked"),
)
WILD = (
    "alarm_acknowledged",
    "alarm_resolved",
    "alarm_resolved",
    "radio_shadow",
    "closed",
    "split",
    "merge",
    "route_change",
    "room",
    "voice_confirmed",
)
"""Acts, most of which the model does not know."""

SENSIBLE = {
    "PLANNED": ("start",),
    "ACTIVE": ("check_in", "check_in", "offer", "offer", "consent", "receiver_in_place", "split", "merge"),
    "OFFERED": ("receiver_in_place", "receiver_in_place", "acceptance", "check_in"),
    "RECEIVER_IN_PLACE": ("acceptance", "acceptance", "acceptance", "check_in"),
    "CONTACT_LOST": ("check_in", "check_in", "regained"),
    "CONTROL_LOST": ("regained",),
    "CROSSED_UNACCEPTED": ("acceptance", "acceptance", "consent", "regained", "crossed"),
    "STOP_REQUESTED": ("held", "resumed", "resumed"),
    "HELD": ("resumed", "resumed", "resumed", "check_in", "split", "merge", "merge", "strike"),
    "STRIKE": ("delivered_under_watch", "strike_ready", "check_in", "secured", "held", "strike_called_off"),
    "DELIVERED_UNDER_WATCH": ("strike", "strike_ready", "check_in", "check_in", "secured", "held", "strike_called_off"),
}
"""What keeps a history going, by the state that is shown."""

WORDS = ("consent", "provisional_consent", "conditional_consent", "refusal", "revocation")
BY_STATE = ("strike", "strike_called_off", "delivered_under_watch", "secured", "intervened", "aborted")
BY_LEAD = ("start", "route_change", "conditions_accepted")


class Inventor:
    """Makes acts for where the board stands; `made` are the acts made before, sent or not."""

    def __init__(self, random: Random, *, wild: bool) -> None:
        self.random = random
        self.wild = wild
        self.made: list[Json] = []
        self.named = 0

    def invent(self, board: Json, now: int) -> tuple[str, Json]:
        """An act that may make sense, by a party that may have the right."""
        random = self.random
        part = random.choice(board["parts"])
        if random.random() < 0.7:
            part = random.choice([each for each in board["parts"] if each["state"] in SENSIBLE] or [part])
            kind = random.choice(SENSIBLE.get(part["state"], HARMLESS))
        else:
            kind = random.choice(WILD if self.wild and random.random() < 0.5 else random.choice((HARMLESS, HARMFUL, HARMFUL)))
        if any(leg["consent"]["state"] == "CONDITIONAL" for leg in part["legs"]) and random.random() < 0.3:
            kind = "conditions_accepted"
        if kind == "weighing":
            part = random.choice([each for each in board["parts"] if each["phase"] in ("SECURED", "INTERVENED")] or [part])
        number = part["leg"] + random.choice((0, 1, 1, 1, 1, 1, 1, 2))
        agency = self._whose(kind, part, number)
        if random.random() < 0.12:
            agency = random.choice((*sorted(PARTIES), OUTSIDER))
        act = {"act": kind, "part": part["part"], **self._fields(kind, part, number, board, now)}
        if random.random() < 0.06 and kind != "split":
            # What a part is split into must weigh as much as that part.
            del act["part"]
        if random.random() < 0.05:
            checked = random.random() < 0.8
            act["by_voice"] = {"agency": agency, "person": PERSON.get(agency, "o.fficer"), "means": "radio", "code_word_checked": checked}
        return agency, self.stamped(act, now)

    def words(self, part: Json, number: int, now: int, count: int) -> list[Json]:
        """What the authority of one leg of a part says, some of it at one instant; a revocation may name what stands, or any of them."""
        acts: list[Json] = []
        times = [now - self.random.randrange(1, 60) * MINUTE for _ in range(count)]
        for at in times if self.random.random() < 0.5 else times[:1] * count:
            kind = self.random.choice(WORDS)
            act = {"act": kind, "part": part["part"], **self._fields(kind, part, number, {"parts": [part], "alarms": []}, now)}
            act.pop("consent", None)
            stands = next(leg["consent"].get("id") for leg in part["legs"] if leg["number"] == number)
            named = [each["id"] for each in acts if each["act"] in WORDS[:3]] + [stands] * bool(stands)
            if kind == "revocation" and named and self.random.random() < 0.7:
                act["consent"] = self.random.choice(named)
            acts.append({**act, **self._named(at), "sent": utc(now)})
        return acts

    def _whose(self, kind: str, part: Json, number: int) -> str:
        random, controller = self.random, part["controller"] or part["last_controller"]
        leg = next((each for each in part["legs"] if each["number"] == number), part["legs"][-1])
        if kind in WORDS:
            return str(leg["authority"])
        if kind in BY_LEAD:
            return LEAD
        if kind in ("receiver_in_place", "acceptance"):
            return str(leg["controller"])
        if kind == "regained":
            return str(random.choice((part["last_controller"], FOLLOWS[part["territory"]])))
        if kind == "strike_ready" and part["strike"]:
            return str(random.choice(part["strike"]["agencies"]))
        if kind == "resumed":
            return str(random.choice((LEAD, FOLLOWS[part["territory"]], leg["authority"])))
        return FOLLOWS[part["territory"]] if kind in BY_STATE else str(controller)

    def _fields(self, kind: str, part: Json, number: int, board: Json, now: int) -> Json:
        """The fields of an act of this kind, most of them fitting."""
        random = self.random
        offer, stop = part["offer"], part["hold"]
        near = random.choice((part["territory"],) * 5 + tuple(leg["country"] for leg in part["legs"] if leg["number"] == number))
        ahead = now + random.choice((5, 20, 45, 90)) * MINUTE
        match kind:
            case "consent" | "conditional_consent":
                ends = random.choice((None, None, now + random.choice((-10, 30, 400, 3000)) * MINUTE))
                paper = AUTHORISATION | ({"valid_until": utc(ends)} if ends else {}) | {"conditions": ["днём"]}
                return {"leg": number, "authorisation": paper, "_ends": ends} | self._terms()
            case "provisional_consent":
                return {"leg": number, "officer": "полковник Асанов"} | self._terms()
            case "refusal":
                return {"leg": number, "reason": "нет"}
            case "revocation":
                given = self._given(number)
                return {"leg": number, "reason": "нет"} | ({"consent": random.choice(given)} if given and random.random() < 0.6 else {})
            case "conditions_accepted":
                open_now = [(leg["number"], leg["consent"]["id"]) for leg in part["legs"] if leg["consent"]["state"] == "CONDITIONAL"]
                number, consent = random.choice(open_now or [(number, random.choice(self._given(number) or [self._unknown()]))])
                return {"leg": number, "consent": consent}
            case "offer":
                return {"handover_at": utc(ahead), "place": "Карамык", "_expires": ahead + 60 * MINUTE}
            case "receiver_in_place":
                return {"leg": number, "eyes_on": True}
            case "acceptance":
                named = offer["id"] if offer and random.random() < 0.9 else self._unknown()
                return {"leg": number, "eyes_on": True, "offer": named} | ({"country": near} if random.random() < 0.4 else {})
            case "crossed":
                return {"country": random.choice((random.choice(part["legs"])["country"], near, random.choice(COUNTRIES)))}
            case "check_in":
                said: Json = {"eyes_on": random.random() < 0.85} | ({"country": near} if random.random() < 0.2 else {})
                said |= {"profile": random.choice(("moving", "guarded_stop"))} if random.random() < 0.15 else {}
                return said | (self._sighting(part) if random.random() < 0.3 else {})
            case "tracked":
                return self._sighting(part) | ({"country": near} if random.random() < 0.2 else {})
            case "device_placed":
                name = f"D{random.randrange(10_000)}"
                return {"kind": "tracker", "device": name, "placed_by": "капитан Рахимов", "legal_basis": "постановление 7"}
            case "regained":
                return {"country": near, "eyes_on": True, "seals_intact": random.random() < 0.8}
            case "stop_request" | "alert":
                touched = kind == "stop_request" and random.random() < 0.3
                return {"reason": "патруль"} | ({"touches": [number]} if touched else {})
            case "posts_informed":
                named = random.choice((*POSTS, *POSTS, ("KZ", "Карамык"), ("KG", None)))
                said = {} if named[1] else {"unit": "Карамык"}
                return {"informed_posts": [informed(*named, **said, **({"at": "2027-01-01T00:00:00Z"} if random.random() < 0.1 else {}))]}
            case "held":
                return {"place": "стоянка", "guard": "двое"}
            case "resumed":
                return {"stop": stop["id"] if stop and random.random() < 0.9 else self._unknown()}
            case "strike":
                with_them = [FOLLOWS["KG"]] * (random.random() < 0.2 and part["territory"] != "KG")
                return {"h_hour": utc(ahead), "agencies": [FOLLOWS[part["territory"]], *with_them]}
            case "strike_called_off" | "strike_ready":
                struck = part["strike"] and random.random() < 0.9
                why = {"reason": "отбой"} if kind == "strike_called_off" else {}
                return {"strike": part["strike"]["id"] if struck else self._unknown()} | why
            case "weighing":
                kg = random.choice(("24", "23.99", "12"))
                return {"weighed": [{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.05"}]}
            case "delivered_under_watch":
                return {"place": "склад"}
            case "secured" | "intervened":
                return {"report": REPORT} | ({"reason": "опасность"} if kind == "intervened" else {})
            case "aborted":
                return {"reason": "отбой"}
            case "split":
                return {"into": self._halves(part)}
            case "merge":
                return self._merged(board)
            case "route_change":
                return {"legs": self._way(part), "reason": "дорога закрыта"}
            case "alarm_acknowledged" | "alarm_resolved":
                named = random.choice([alarm["id"] for alarm in board["alarms"]] or ["77"])
                return {"alarm": named} | ({"reason": "ясно"} if kind == "alarm_resolved" else {})
            case "radio_shadow":
                return {"minutes": random.choice((10, 60, 300))}
            case "closed":
                return {"evidence_handed_over": True, "shortfall_signed": "акт"}
            case "voice_confirmed":
                entry = random.choice([each["entry"] for each in board["unconfirmed"]] or [self._unknown()])
                return {"entry": entry, "agrees": random.random() < 0.7}
            case "room":
                return {"says": "на связи"}
        return {}

    def _sighting(self, part: Json) -> Json:
        """Mostly where it is said to be, at one of its borders; else beyond it, or anywhere."""
        random = self.random
        here = [point for point, country in COUNTRY.items() if country == part["territory"]]
        point = random.choice(here if here and random.random() < 0.6 else list(COUNTRY))
        coordinates = {"lat": point[0], "lon": point[1]}
        return {"position": {"coordinates": coordinates, "source": "hand"}, "_point": point, "_old": random.choice((0, 0, 0, 2, 10, 200))}

    def _terms(self) -> Json:
        roll = self.random.random()
        return {"terms": self.random.sample(TERMS, 1 if roll < 0.15 else 2)} if roll < 0.2 else {}

    def _given(self, number: int) -> list[str]:
        return [each["id"] for each in self.made if each["act"] in WORDS[:3] and each["leg"] == number]

    def _halves(self, part: Json) -> list[Json]:
        kg = float(part["mass"]["heroin"]["kg"]) / 2
        goods = [{"substance": "heroin", "kg": f"{kg:.6f}", "uncertainty_kg": "0.05"}]
        into: list[Json] = [{"name": name, "goods": goods} for name in self.random.sample([f"P{number}" for number in range(1, 40)], 2)]
        if self.random.random() < 0.2:
            into[1]["legs"] = self._way(part)
        return into

    def _merged(self, board: Json) -> Json:
        """Mostly parts that are together."""

        def place(part: Json) -> tuple[Any, ...]:
            return part["controller"] or "", part["leg"], part["territory"]

        running = sorted((part for part in board["parts"] if part["phase"] in RUNS), key=place)
        together = [[part["part"] for part in group] for _, group in groupby(running, place)]
        names = self.random.choice([names for names in together if len(names) > 1] or [["A", "P1"]])
        if self.random.random() < 0.1:
            names = [part["part"] for part in board["parts"]] + ["P1"]
        return {"parts": self.random.sample(names, min(len(names), self.random.choice((2, 2, 3)))), "into": f"M{self.random.randrange(30)}"}

    def _way(self, part: Json) -> list[Json]:
        """The legs after the present one, some by another post or through another country; now and then of the present one too."""
        first = part["leg"] + (self.random.random() < 0.9)
        last = max(first, 4 + (part["leg"] >= 4) - (self.random.random() < 0.15))
        legs = []
        for number in range(first, last + 1):
            country = COUNTRIES[min(number, 4) - 1] if self.random.random() < 0.85 else self.random.choice(COUNTRIES)
            post = self.random.choice((None, None, "Карамык", "Кордай"))
            leg = {"country": country, "number": number, "authority": AUTHORITY[country], "controller": FOLLOWS[country]}
            legs.append(leg | ({"exit": {"name": post}} if post else {}))
        return legs

    def _unknown(self) -> str:
        return str(UUID(int=self.random.getrandbits(128)))

    def _named(self, at: int) -> Json:
        # Counted: chance that is driven to its least, as hypothesis does, gives the same bits again, and an act has an id of its own.
        self.named += 1
        return {
            "id": str(UUID(int=(self.named << 96) + (self.random.getrandbits(128) >> 32))),
            "delivery": DELIVERY,
            "at": utc(at),
            "_at": at,
        }

    def stamped(self, act: Json, now: int) -> Json:
        """The act as a phone makes it: an id, and the time by its own clock."""
        wrong = self.random.choice((0, 0, 0, 0, -180, -20, 15, 240)) * MINUTE
        act = {**act, **self._named(now + wrong), "_wrong": wrong}
        if "position" in act:
            act["_captured"] = now + wrong - act["_old"] * MINUTE
            act["position"] = {**act["position"], "captured": utc(act["_captured"])}
        self.made.append(act)
        return act

"""A controlled delivery in the simplest terms: what each part's controller, country, leg and phase ought to be.

Written from DOMAIN.md without the stage's code: plain dictionaries, minutes by subtraction, no deadlines queue, no alarms, no wording. It
knows the ways of `office.COUNTRIES` and moving legs only.
"""

from typing import Any

from tests.unit.deliveries.office import AUTHORITY, COUNTRIES, FOLLOWS

MINUTE = 60_000
LEGS = range(1, len(COUNTRIES) + 1)
LEAD = "TJ-DCA"
PARTIES = {LEAD, *AUTHORITY.values(), *FOLLOWS.values()}
RUNS = ("ACTIVE", "STOP_REQUESTED", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH")
OVER = ("SECURED", "INTERVENED", "ABORTED", "SPLIT")


def country(leg: int) -> str:
    return COUNTRIES[leg - 1]


class Model:
    """`apply` says whether an act ought to be applied, and applies it. All times are the broker's, in milliseconds."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[str, Any]] = {"A": self._part()}
        self.done: dict[tuple[str, str], Any] = {}
        self.now = 0

    @staticmethod
    def _part() -> dict[str, Any]:
        return {
            "phase": "PLANNED",
            "controller": LEAD,
            "last": LEAD,
            "territory": "TJ",
            "leg": 1,
            "words": {},
            "dead": {leg: set() for leg in LEGS},
            "dead_until": dict.fromkeys(LEGS, -1),
            "waiting": set(),
            "offer": None,
            "stop": None,
            "lost": "",
            "lost_at": 0,
            "heard": 0,
            "seen": 0,
            "crossed": False,
            "border_at": 0,
            "entered": True,
        }

    def open(self, part: dict[str, Any], leg: int) -> bool:
        return part["words"].get(leg, ("", 0))[0] in ("CONSENTED", "PROVISIONAL")

    def tick(self, now: int) -> None:
        """What silence, blindness and expiry make of the parts."""
        self.now = now
        for part in self.parts.values():
            if part["phase"] in OVER:
                continue
            for leg, (state, said, name, ends) in list(part["words"].items()):
                if leg >= part["leg"] and state in ("CONSENTED", "PROVISIONAL") and ends is not None and now >= ends:
                    part["words"][leg] = ("EXPIRED", said, name, ends)
            if part["phase"] not in RUNS:
                continue
            slow = 60 if part["phase"] == "HELD" else 15
            blind = 90 if part["phase"] == "HELD" else 30
            if part["controller"] and not part["lost"] and now >= part["heard"] + slow * MINUTE:
                part["lost"], part["lost_at"] = "contact", part["heard"] + slow * MINUTE
            if (
                part["offer"]
                and now >= part["offer"][2]
                and not (
                    # An offer that ends with control ends with it.
                    part["controller"] and part["seen"] + blind * MINUTE < part["offer"][2]
                )
            ):
                part["offer"] = None
            if part["controller"] and part["lost"] != "control" and now >= part["seen"] + blind * MINUTE:
                self._lose(part, now)

    def _lose(self, part: dict[str, Any], now: int) -> None:
        part["controller"], part["lost"], part["lost_at"], part["offer"] = None, "control", now, None

    def _word(self, part: dict[str, Any], at: int, seen: bool) -> None:
        part["heard"] = max(part["heard"], at)
        if seen:
            part["seen"] = max(part["seen"], at)
        slow = 60 if part["phase"] == "HELD" else 15
        if part["lost"] == "contact" and at > part["lost_at"] and part["heard"] + slow * MINUTE > self.now:
            part["lost"] = ""

    def _take(self, part: dict[str, Any], agency: str, leg: int, where: str, at: int) -> None:
        part.update(
            controller=agency, last=agency, leg=leg, territory=where, crossed=False, offer=None, lost="", lost_at=0, heard=at, seen=at
        )
        part["border_at"] = max(part["border_at"], at)

    def _seen_in(self, part: dict[str, Any], where: str, at: int) -> None:
        if part["phase"] not in RUNS or at < part["border_at"] or where == part["territory"]:
            return
        part["border_at"] = at
        home = country(part["leg"])
        before = country(part["leg"] - 1) if part["leg"] > 1 else None
        if where == home or (where == before and not part["entered"]):
            part["entered"] = part["entered"] or where == home
            if part["crossed"]:
                part["crossed"], part["lost"] = False, "control"
        else:
            part["crossed"], part["controller"] = True, None
        part["territory"] = where

    def _heirs(self, name: str) -> list[dict[str, Any]]:
        if name not in self.parts:
            return [part for part in self.parts.values() if part["phase"] not in OVER]
        part = self.parts[name]
        if part["phase"] == "SPLIT":
            return [heir for child in part["into"] for heir in self._heirs(child)]
        return [] if part["phase"] in OVER else [part]

    def apply(self, agency: str, act: dict[str, Any], happened: int, now: int) -> bool:
        """`act` names one part always."""
        self.tick(now)
        kind, name = act["act"], act["part"]
        if agency not in PARTIES or (all(part["phase"] in OVER for part in self.parts.values()) and kind != "alert"):
            return False
        if kind == "alert":
            return True
        if kind in ("stop_request", "contact_lost", "control_lost"):
            for heir in self._heirs(name):
                if heir["phase"] in RUNS:
                    getattr(self, kind)(heir, agency, act)
            self.tick(now)
            return True
        if kind in ("refusal", "revocation"):
            answers = [getattr(self, kind)(heir, agency, act, happened) for heir in self._heirs(name)]
            self.tick(now)
            return any(answers)
        part = self.parts.get(name)
        if part is None or part["phase"] in OVER:
            return False
        applied = bool(getattr(self, kind)(part, agency, act, happened))
        self.tick(now)
        return applied

    # --- the acts --------------------------------------------------------------------------------------------------------------

    def stop_request(self, part: dict[str, Any], agency: str, act: dict[str, Any]) -> None:
        before = part["stop"]["before"] if part["stop"] else part["phase"]
        held = part["phase"] == "HELD"
        touches = set(act.get("touches", ())) | (part["stop"]["touches"] if part["stop"] else set())
        part["stop"] = {"id": act["id"], "before": before, "agreed": set(), "touches": touches}
        part["phase"] = "HELD" if held else "STOP_REQUESTED"

    def contact_lost(self, part: dict[str, Any], agency: str, act: dict[str, Any]) -> None:
        if not part["lost"]:
            part["lost"], part["lost_at"] = "contact", self.now

    def control_lost(self, part: dict[str, Any], agency: str, act: dict[str, Any]) -> None:
        self._lose(part, self.now)

    def consent(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        leg = act["leg"]
        if agency != AUTHORITY[country(leg)] or act["id"] in part["dead"][leg] or at <= part["dead_until"][leg]:
            return False
        written = act["act"] == "consent"
        ends = act.get("_ends") if written else at + 72 * 60 * MINUTE
        if (ends is not None and ends <= self.now) or self._beaten(part, leg, at, 0 if written else 1):
            return False
        part["words"][leg] = ("CONSENTED" if written else "PROVISIONAL", at, act["id"], ends)
        return True

    provisional_consent = consent

    def _beaten(self, part: dict[str, Any], leg: int, at: int, strict: int) -> bool:
        if leg not in part["words"]:
            return False
        state, said, _, _ = part["words"][leg]
        rank = {"REVOKED": 4, "REFUSED": 3, "PROVISIONAL": 1, "EXPIRED": 1, "CONSENTED": 0}[state]
        return said > at or (said == at and rank > strict)

    def refusal(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        leg = act["leg"]
        if agency != AUTHORITY[country(leg)] or self._beaten(part, leg, at, 3):
            return False
        was = self.open(part, leg)
        part["words"][leg] = ("REFUSED", at, act["id"], None)
        self._withdrawn(part, leg, was, act["id"])
        return True

    def revocation(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        leg, named = act["leg"], act.get("consent")
        if agency != AUTHORITY[country(leg)]:
            return False
        if named is None:
            part["dead_until"][leg] = self.now
        else:
            part["dead"][leg].add(named)
        if leg in part["words"]:
            state, said, name, ends = part["words"][leg]
            if state not in ("REFUSED", "REVOKED") and named in (None, name):
                was = self.open(part, leg)
                part["words"][leg] = ("REVOKED", said, name, ends)
                self._withdrawn(part, leg, was, act["id"])
        return True

    def _withdrawn(self, part: dict[str, Any], leg: int, was: bool, name: str) -> None:
        if not was or leg < part["leg"]:
            return
        if part["offer"] and part["offer"][1] == leg:
            part["offer"] = None
        if leg == part["leg"] and part["phase"] in ("ACTIVE", "STRIKE", "DELIVERED_UNDER_WATCH"):
            part["stop"] = {"id": name, "before": part["phase"], "agreed": set(), "touches": {leg}}
            part["phase"] = "STOP_REQUESTED"

    def start(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] != "PLANNED" or agency != LEAD or not self.open(part, 1):
            return False
        part.update(phase="ACTIVE", heard=at, seen=at, border_at=at)
        return True

    def offer(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        leg = part["leg"]
        if part["phase"] != "ACTIVE" or agency != part["controller"] or leg == LEGS[-1]:
            return False
        if not self.open(part, leg) or not self.open(part, leg + 1) or act["_expires"] <= self.now:
            return False
        part["offer"] = (act["id"], leg + 1, act["_expires"])
        self._word(part, at, seen=False)
        return True

    def receiver_in_place(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if agency != FOLLOWS[country(act["leg"])] or act["leg"] <= part["leg"]:
            return False
        part["waiting"].add(act["leg"])
        return True

    def acceptance(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        leg = act["leg"]
        if part["phase"] not in RUNS or agency != FOLLOWS[country(leg)] or leg <= part["leg"] or not self.open(part, leg):
            return False
        if part["crossed"]:
            if country(leg) != part["territory"] or self.now - at > 5 * MINUTE:
                return False
            soil = country(leg)
        else:
            offer = part["offer"]
            if not self.open(part, part["leg"]):
                return False
            if part["phase"] != "ACTIVE" or part["controller"] is None or not offer or (act.get("offer"), leg) != offer[:2]:
                return False
            soil = act.get("country") or part["territory"]
            if leg not in part["waiting"] or soil not in (country(leg), part["territory"]):
                return False
        self._take(part, agency, leg, soil, at)
        part["entered"] = soil == country(leg)
        return True

    def crossed(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in RUNS:
            return False
        self._seen_in(part, act["country"], at)
        return True

    def check_in(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if agency == part["controller"] and part["phase"] in RUNS:
            self._word(part, at, act["eyes_on"])
        if "country" in act:
            self._seen_in(part, act["country"], at)
        return True

    def regained(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in RUNS or self.now - at > 5 * MINUTE:
            return False
        if part["controller"] is not None and (not part["lost"] or part["controller"] != agency):
            return False
        leg, found = part["leg"], act["country"]
        short = not part["entered"] and not part["crossed"] and found == part["territory"]
        if agency in (FOLLOWS[country(leg)], part["last"]) and (found == country(leg) or short):
            self._take(part, agency, leg, found, at)
        elif leg < LEGS[-1] and agency == FOLLOWS[country(leg + 1)] and found == country(leg + 1) and self.open(part, leg + 1):
            self._take(part, agency, leg + 1, found, at)
        else:
            return False
        part["entered"] = found == country(part["leg"])
        return True

    def held(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in RUNS or agency != part["controller"]:
            return False
        if part["stop"] is None:
            part["stop"] = {"id": act["id"], "before": part["phase"], "agreed": set(), "touches": set()}
        part["phase"] = "HELD"
        self._word(part, at, seen=True)
        return True

    def resumed(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        stop = part["stop"]
        if part["phase"] not in ("STOP_REQUESTED", "HELD") or act["stop"] != stop["id"]:
            return False
        here = {AUTHORITY[part["territory"]], FOLLOWS[part["territory"]]}
        needed = [here, {LEAD}] + [{AUTHORITY[country(leg)]} for leg in stop["touches"] if leg in LEGS]
        if not any(agency in group for group in needed) or not self.open(part, part["leg"]) or part["controller"] is None:
            return False
        stop["agreed"].add(agency)
        if all(group & stop["agreed"] for group in needed):
            part["phase"], part["stop"] = stop["before"], None
        return True

    def strike(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in ("ACTIVE", "HELD", "STRIKE", "DELIVERED_UNDER_WATCH") or agency[:2] != part["territory"]:
            return False
        part["phase"], part["stop"] = "STRIKE", None
        return True

    def delivered_under_watch(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in ("ACTIVE", "STRIKE") or agency[:2] != part["territory"]:
            return False
        part["phase"] = "DELIVERED_UNDER_WATCH"
        return True

    def secured(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in ("STRIKE", "DELIVERED_UNDER_WATCH") or agency[:2] != part["territory"]:
            return False
        part.update(phase="SECURED", controller=agency, offer=None, stop=None, crossed=False)
        return True

    def intervened(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if part["phase"] not in RUNS or agency[:2] != part["territory"]:
            return False
        part.update(phase="INTERVENED", controller=agency, offer=None, stop=None, crossed=False)
        return True

    def aborted(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        if agency[:2] != part["territory"]:
            return False
        part.update(phase="ABORTED", offer=None, stop=None, crossed=False)
        return True

    def split(self, part: dict[str, Any], agency: str, act: dict[str, Any], at: int) -> bool:
        names = [new["name"] for new in act["into"]]
        if part["phase"] not in ("ACTIVE", "HELD") or agency != part["controller"] or part["lost"] or part["offer"]:
            return False
        if set(names) & self.parts.keys():
            return False
        for new in act["into"]:
            child = {**part, "words": dict(part["words"]), "dead": {leg: set(names) for leg, names in part["dead"].items()}}
            child |= {"dead_until": dict(part["dead_until"]), "waiting": set(part["waiting"])}
            if part["stop"]:
                child["stop"] = {**part["stop"], "agreed": set(part["stop"]["agreed"])}
            self.parts[new["name"]] = child
        part.update(phase="SPLIT", into=names, offer=None, stop=None)
        return True

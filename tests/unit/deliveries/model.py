"""A controlled delivery in the simplest terms: what each part's controller, country, way, consents and phase ought to be.

Written from DOMAIN.md without the stage's code: plain dictionaries, minutes by subtraction, no deadlines queue, no alarms, no wording. It
knows loads that move or stand under guard, and no radio shadows.
"""

from collections.abc import Iterable
from typing import Any

from tests.unit.deliveries import passing
from tests.unit.deliveries.ends import RUNS, Ends
from tests.unit.deliveries.office import AUTHORITY, COUNTRIES, FOLLOWS
from tests.unit.deliveries.places import Places, jumps
from tests.unit.deliveries.words import GIVEN, Json, beaten, clash, consents, due, hear, ids, is_open, leg, strictest, unoffer, waits

MINUTE = 60_000
LIVE = 5 * MINUTE
LEAD = "TJ-DCA"
PARTIES = {LEAD, *AUTHORITY.values(), *FOLLOWS.values()}
OVER = ("SECURED", "INTERVENED", "ABORTED", "SPLIT", "MERGED")
ALWAYS = ("stop_request", "contact_lost", "control_lost", "alert")
MOST_PARTS = 40


class Model(Ends, Places):
    """`apply` says whether an act ought to be applied, and applies it. All times are the broker's, in milliseconds."""

    def __init__(self, *, substituted: bool) -> None:
        self.substituted = substituted
        self.now, self.told, self.strikers = 0, set[tuple[str, str]](), set[str]()
        self.parts: dict[str, Json] = {
            "A": {
                "phase": "PLANNED", "controller": LEAD, "last": LEAD, "territory": "TJ", "leg": 1, "entered": True, "crossed": False,
                "way": {number: leg(country) for number, country in enumerate(COUNTRIES, 1)},
                "offer": None, "stop": None, "lost": "", "lost_at": 0, "heard": 0, "seen": 0, "border_at": 0, "profile": "moving",
                "newest": None, "believed": None, "strike": None, "strike_id": None, "stopped": None, "watched": False,
            }
        }  # fmt: skip

    def shown(self, part: Json) -> str:
        """DOMAIN's state: the worst of contact, handover and phase."""
        if part["phase"] in RUNS and part["crossed"]:
            return "CROSSED_UNACCEPTED"
        if part["phase"] in RUNS and part["lost"]:
            return {"contact": "CONTACT_LOST", "control": "CONTROL_LOST"}[part["lost"]]
        if part["phase"] == "ACTIVE" and part["offer"]:
            return "RECEIVER_IN_PLACE" if waits(part["way"][part["offer"][1]], part["offer"]) else "OFFERED"
        return str(part["phase"])

    # --- time -----------------------------------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        """What silence, blindness and expiry make of the parts."""
        self.now = now
        for part in self.parts.values():
            if part["phase"] in OVER:
                continue
            for number, way_leg in part["way"].items():
                word = way_leg["word"]
                if number >= part["leg"] and word and word["ends"] is not None and now >= word["ends"] and word["state"] in GIVEN.values():
                    way_leg["word"] = {**word, "state": "EXPIRED"}
            if part["phase"] not in RUNS:
                continue
            slow, blind = self._patience(part)
            if part["controller"] and not part["lost"] and now >= part["heard"] + slow:
                part["lost"], part["lost_at"] = "contact", part["heard"] + slow
            if part["offer"] and now >= part["offer"][2]:
                unoffer(part)
            if part["controller"] and part["lost"] != "control" and now >= part["seen"] + blind:
                self._lose(part, now)

    def _patience(self, part: Json) -> tuple[int, int]:
        """How long without word, how long unseen."""
        stands = part["phase"] == "HELD" or part["profile"] == "guarded_stop"
        return (60 * MINUTE, 90 * MINUTE) if stands else (15 * MINUTE, 30 * MINUTE)

    def _lose(self, part: Json, now: int) -> None:
        part["controller"], part["lost"], part["lost_at"] = None, "control", now
        unoffer(part)

    def _word(self, part: Json, at: int, *, seen: bool) -> None:
        part["heard"] = max(part["heard"], at)
        if seen:
            part["seen"] = max(part["seen"], at)
        if part["lost"] == "contact" and at > part["lost_at"] and part["heard"] + self._patience(part)[0] > self.now:
            part["lost"] = ""

    # --- places ---------------------------------------------------------------------------------------------------------------

    def _take(self, part: Json, agency: str, number: int, where: str, at: int) -> None:
        if number != part["leg"]:
            part["profile"] = "moving"
        part.update(controller=agency, last=agency, leg=number, territory=where, crossed=False, offer=None)
        part.update({"lost": "", "lost_at": 0} | {name: max(part[name], at) for name in ("heard", "seen", "border_at")})
        part["entered"] = where == part["way"][number]["country"]

    def _seen_in(self, part: Json, where: str, at: int) -> None:
        if part["phase"] not in RUNS or at < part["border_at"] or where == part["territory"]:
            return
        part["border_at"] = at
        home = part["way"][part["leg"]]["country"]
        before = [each["country"] for number, each in part["way"].items() if number < part["leg"]][-1:]
        if where == home or ([where] == before and not part["entered"]):
            part["entered"] = part["entered"] or where == home
            if part["crossed"]:
                part["crossed"], part["lost"] = False, "control"
        else:
            part["crossed"], part["controller"] = True, None
        part["territory"] = where

    @staticmethod
    def _following(part: Json) -> int | None:
        return min((number for number in part["way"] if number > part["leg"]), default=None)

    @staticmethod
    def _follows(part: Json, number: int | None) -> str | None:
        return FOLLOWS[part["way"][number]["country"]] if number in part["way"] else None

    # --- which part -----------------------------------------------------------------------------------------------------------

    def live(self) -> list[Json]:
        return [part for part in self.parts.values() if part["phase"] not in OVER]

    def _parties(self) -> set[str]:
        """Whoever follows or consents on a way that stands or stood to its end, and whoever was named for a strike."""
        along = {each["country"] for part in self.parts.values() for each in part["way"].values()}
        return {LEAD, *self.strikers, *(AUTHORITY[country] for country in along), *(FOLLOWS[country] for country in along)}

    def _heirs(self, name: str | None) -> list[Json]:
        """What is meant by now: the part, what it became, or all."""
        if name not in self.parts:
            return self.live()
        names = {name}
        while became := {name for name in names if self.parts[name]["phase"] in ("SPLIT", "MERGED")}:
            names = (names - became).union(*(self.parts[name]["into"] for name in became))
        return [self.parts[name] for name in names if self.parts[name]["phase"] not in OVER]

    def _name(self, part: Json) -> str:
        return next(name for name, each in self.parts.items() if each is part)

    def _meant(self, name: str | None) -> list[Json]:
        """The part that is named, if it lives; all, where none is."""
        return [part for part in self.live() if name is None or part is self.parts.get(name)]

    # --- acts -----------------------------------------------------------------------------------------------------------------

    def apply(self, agency: str, act: Json, happened: int, now: int) -> bool:
        """Whether it is applied."""
        self.tick(now)
        applied = self._apply(agency, act, happened)
        self.tick(now)
        return applied

    def _apply(self, agency: str, act: Json, at: int) -> bool:
        kind, name, voice = act["act"], act.get("part"), act.get("by_voice")
        if voice is not None:
            agency = voice["agency"]
            if kind in ("consent", "conditional_consent", "tracked") or not (voice["code_word_checked"] or kind in ALWAYS):
                return False
        if agency not in self._parties():
            return False
        if kind == "weighing":
            seized = [
                part for part in self.parts.values() if part["phase"] in ("SECURED", "INTERVENED") and name in (None, self._name(part))
            ]
            return len(seized) == 1 and agency in (seized[0]["controller"], LEAD)
        if kind == "alert" or not self.live():
            return bool(kind == "alert")
        if kind == "posts_informed":
            return passing.tell(self.told, act, self.now)
        if kind in ALWAYS:
            for part in self._heirs(name):
                getattr(self, kind)(part, act)
            return True
        if kind in ("refusal", "revocation"):
            theirs = [part for part in self._heirs(name) if consents(part, agency, act["leg"])]
            answers = [getattr(self, kind)(part, act, at) for part in theirs]
            return any(answers)
        if kind in GIVEN:
            answers = [self._given(part, act, at) for part in self._meant(name) if consents(part, agency, act["leg"])]
            return any(answers)
        if kind == "conditions_accepted":
            return agency == LEAD and self._accepted(self._meant(name), act)
        if kind == "merge":
            return self.merge(agency, act)
        meant = self._meant(name)
        return len(meant) == 1 and bool(getattr(self, kind)(meant[0], agency, act, at))

    def stop_request(self, part: Json, act: Json) -> None:
        stop = part["stop"] or {"before": part["phase"], "touches": set()}
        touches = stop["touches"] | set(act.get("touches", ()))
        part["stop"] = {"id": act["id"], "at": self.now, "before": stop["before"], "agreed": set(), "touches": touches}
        part["phase"] = "HELD" if part["phase"] == "HELD" else "STOP_REQUESTED"

    def contact_lost(self, part: Json, act: Json) -> None:
        if not part["lost"]:
            part["lost"], part["lost_at"] = "contact", self.now

    def control_lost(self, part: Json, act: Json) -> None:
        self._lose(part, self.now)

    # --- words on legs --------------------------------------------------------------------------------------------------------

    def _given(self, part: Json, act: Json, at: int) -> bool:
        way_leg, given, until = part["way"][act["leg"]], GIVEN[act["act"]], act.get("_ends")
        if at <= way_leg["dead_until"] or (until is not None and until <= self.now):
            return False
        hear(way_leg, given, at, self.now)
        ends = due(way_leg, at) if given == "PROVISIONAL" else until
        if beaten(way_leg, at, given, act["id"]) or (ends is not None and ends <= self.now):
            return False
        was_open = is_open(way_leg)
        state = "REVOKED" if act["id"] in way_leg["dead"] else given
        said = {"state": state, "given": given, "said": at, "id": act["id"], "until": until, "ends": ends}
        way_leg["word"] = {**said, "terms": act.get("terms", []), "accepted": False}
        if state == "REVOKED":
            self._withdrawn(part, act, stood=was_open)
        return True

    @staticmethod
    def _accepted(parts: list[Json], act: Json) -> bool:
        if any(act["leg"] not in part["way"] for part in parts):
            return False
        found = False
        for part in parts:
            word = part["way"][act["leg"]]["word"]
            if word and word["id"] == act["consent"] and word["state"] == "CONDITIONAL":
                part["way"][act["leg"]]["word"] = {**word, "accepted": True}
                found = True
        return found

    def refusal(self, part: Json, act: Json, at: int) -> bool:
        way_leg = part["way"][act["leg"]]
        if beaten(way_leg, at, "REFUSED", act["id"]):
            return False
        stood = is_open(way_leg)
        said = {"state": "REFUSED", "given": "REFUSED", "said": at, "id": act["id"]}
        way_leg["word"] = {**said, "ends": None, "terms": [], "accepted": False}
        self._withdrawn(part, act, stood=stood)
        return True

    def revocation(self, part: Json, act: Json, at: int) -> bool:
        way_leg, named = part["way"][act["leg"]], act.get("consent")
        word = way_leg["word"]
        if named is None:
            way_leg["dead_until"] = self.now
        elif word is None or named not in ids(word):
            way_leg["dead"] |= {named}
        if word is not None and word["state"] not in ("REFUSED", "REVOKED") and (named is None or named in ids(word)):
            stood = is_open(way_leg)
            way_leg["word"] = {**word, "state": "REVOKED"}
            self._withdrawn(part, act, stood=stood)
        return True

    def _withdrawn(self, part: Json, act: Json, *, stood: bool) -> None:
        number = act["leg"]
        if not stood or number < part["leg"]:
            return
        if part["offer"] and part["offer"][1] == number:
            unoffer(part)
        if number == part["leg"] and part["phase"] in ("ACTIVE", "STRIKE", "DELIVERED_UNDER_WATCH"):
            part["stop"] = {"id": act["id"], "at": self.now, "before": part["phase"], "agreed": set(), "touches": {number}}
            part["phase"] = "STOP_REQUESTED"

    # --- control --------------------------------------------------------------------------------------------------------------

    def start(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] != "PLANNED" or agency != LEAD or not is_open(part["way"][1]):
            return False
        part.update(phase="ACTIVE", heard=at, seen=at, border_at=at)
        return True

    def offer(self, part: Json, agency: str, act: Json, at: int) -> bool:
        onto = self._following(part)
        if part["phase"] != "ACTIVE" or agency != part["controller"] or onto is None:
            return False
        if not is_open(part["way"][part["leg"]]) or not is_open(part["way"][onto]) or act["_expires"] <= self.now:
            return False
        if clash(part["way"], part["leg"], onto, substituted=self.substituted):
            return False
        part["offer"] = (act["id"], onto, act["_expires"])
        self._word(part, at, seen=False)
        return True

    def receiver_in_place(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if agency != self._follows(part, act["leg"]) or act["leg"] <= part["leg"]:
            return False
        part["way"][act["leg"]]["waiting"] = max(part["way"][act["leg"]]["waiting"] or 0, at)
        return True

    def acceptance(self, part: Json, agency: str, act: Json, at: int) -> bool:
        number = act["leg"]
        if part["phase"] not in RUNS or agency != self._follows(part, number) or number <= part["leg"]:
            return False
        onto = part["way"][number]
        if not is_open(onto):
            return False
        if part["crossed"]:
            nearest = next((n for n, each in part["way"].items() if n > part["leg"] and each["country"] == part["territory"]), None)
            if number != nearest or self.now - at > LIVE:
                return False
            soil = onto["country"]
        else:
            if not is_open(part["way"][part["leg"]]) or part["phase"] != "ACTIVE" or part["controller"] is None:
                return False
            if part["offer"] is None or (act["offer"], number) != part["offer"][:2]:
                return False
            soil = act.get("country") or part["territory"]
            if (
                not waits(onto, part["offer"])
                or clash(part["way"], part["leg"], number, substituted=self.substituted)
                or soil not in (onto["country"], part["way"][part["leg"]]["country"])
            ):
                return False
        self._take(part, agency, number, soil, at)
        return True

    def crossed(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in RUNS:
            return False
        self._seen_in(part, act["country"], at)
        return True

    def check_in(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if agency == part["controller"] and part["phase"] in RUNS:
            if self.now - at <= LIVE:
                part["profile"] = act.get("profile") or part["profile"]
            self._word(part, at, seen=act["eyes_on"])
        if "position" in act:
            self.sighted(part, act["_seen"], jump=jumps(part, act["_seen"]))
        if "country" in act:
            self._seen_in(part, act["country"], at)
        return True

    def regained(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in RUNS or self.now - at > LIVE:
            return False
        if part["controller"] is not None and (not part["lost"] or part["controller"] != agency):
            return False
        found, onto, home = act["country"], self._following(part), part["way"][part["leg"]]["country"]
        short = not part["entered"] and not part["crossed"] and found == part["territory"]
        if agency in (FOLLOWS[home], part["last"]) and (found == home or short):
            self._take(part, agency, part["leg"], found, at)
        elif onto and agency == self._follows(part, onto) and found == part["way"][onto]["country"] and is_open(part["way"][onto]):
            self._take(part, agency, onto, found, at)
        else:
            return False
        return True

    def held(self, part: Json, agency: str, act: Json, at: int) -> bool:
        if part["phase"] not in RUNS or agency != part["controller"]:
            return False
        if part["stop"] is None:
            part["stop"] = {"id": act["id"], "at": self.now, "before": part["phase"], "agreed": set(), "touches": set()}
        part["phase"] = "HELD"
        self._word(part, at, seen=True)
        return True

    def resumed(self, part: Json, agency: str, act: Json, at: int) -> bool:
        stop, way = part["stop"], part["way"]
        if part["phase"] not in ("STOP_REQUESTED", "HELD") or act["stop"] != stop["id"]:
            return False
        along = {each["country"] for each in way.values()}
        here = {AUTHORITY[part["territory"]], FOLLOWS[part["territory"]]} if part["territory"] in along else set()
        needed = [here, {LEAD}]
        for number, each in way.items():
            conditional = each["word"] is not None and each["word"]["state"] == "CONDITIONAL" and number >= part["leg"]
            if number in stop["touches"] or conditional:
                needed.append({AUTHORITY[each["country"]]})
        if not any(agency in group for group in needed) or not is_open(way[part["leg"]]) or part["controller"] is None:
            return False
        stop["agreed"].add(agency)
        if all(group & stop["agreed"] for group in needed):
            part["phase"], part["stop"] = stop["before"], None
        return True

    # --- parts and ways -------------------------------------------------------------------------------------------------------

    def split(self, part: Json, agency: str, act: Json, at: int) -> bool:
        names = [new["name"] for new in act["into"]]
        if not self._in_hand(part, agency) or self._used(names):
            return False
        if any("no_split" in each["word"]["terms"] for n, each in part["way"].items() if n >= part["leg"] and is_open(each)):
            return False
        if any(new["legs"][0]["number"] <= part["leg"] for new in act["into"] if "legs" in new):
            return False
        for new in act["into"]:
            self.parts[new["name"]] = child = self._twin(part)
            if "legs" in new:
                self._reroute(child, new["legs"])
        part.update(phase="SPLIT", into=names, offer=None, stop=None)
        return True

    def merge(self, agency: str, act: Json) -> bool:
        names = sorted(act["parts"])
        if len(set(names)) < len(names) or not self.parts.keys() >= set(names) or self._used([act["into"]]):
            return False
        merged = [self.parts[name] for name in names]
        first = merged[0]
        for part in merged:
            together = (part["leg"], part["territory"], self._road(part)) == (first["leg"], first["territory"], self._road(first))
            if not (self._in_hand(part, agency) and together):
                return False
        strikes = {part["strike"] for part in merged} - {None}
        if len(strikes) > 1:
            return False
        whole = self._twin(first)
        whole["strike"] = strikes.pop() if strikes else None
        whole["strike_id"] = min((part["strike_id"] for part in merged if part["strike"]), default=None)
        whole["watched"] = any(part["watched"] for part in merged)
        broken_off = sorted((part["stopped"] for part in merged if part["stopped"]), key=lambda stop: (stop["at"], stop["id"]))
        touched = set().union(*(stop["touches"] for stop in broken_off))
        whole["stopped"] = {**broken_off[-1], "touches": touched} if broken_off else None
        whole |= {"heard": min(part["heard"] for part in merged), "seen": min(part["seen"] for part in merged)}
        for seen in ("newest", "believed"):
            whole[seen] = max((part[seen] for part in merged if part[seen]), key=lambda each: (each[0], each[3]), default=None)
        # What one of them knew is known of the whole; of two ways to go on the one that is watched more closely.
        whole["border_at"] = max(part["border_at"] for part in merged)
        whole["profile"] = first["profile"] if all(part["profile"] == first["profile"] for part in merged) else "moving"
        for number, each in whole["way"].items():
            if number >= whole["leg"]:
                legs = [part["way"][number] for part in merged]
                each["dead"] = frozenset().union(*(one["dead"] for one in legs))
                each["dead_until"] = max(one["dead_until"] for one in legs)
                each["waiting"] = min((one["waiting"] or 0 for one in legs), default=0) or None
                each["orally"] = frozenset().union(*(one["orally"] for one in legs))
                each["written"] = min(one["written"] for one in legs)
                each["word"] = strictest(legs)
        stops = [part["stop"] for part in merged if part["stop"]]
        if stops:
            newest = max(stops, key=lambda stop: (stop["at"], stop["id"]))
            # With a strike that was set they go on with it.
            goes = {part["stop"]["before"] if part["stop"] else part["phase"] for part in merged}
            before = next(phase for phase in ("STRIKE", "DELIVERED_UNDER_WATCH", "ACTIVE") if phase in goes)
            touches = set().union(*(stop["touches"] for stop in stops))
            whole["stop"] = {**newest, "before": before, "agreed": set(), "touches": touches}
            whole["phase"] = "HELD"
        self.parts[act["into"]] = whole
        for part in merged:
            part.update(phase="MERGED", into=[act["into"]], offer=None, stop=None)
        return True

    def route_change(self, part: Json, agency: str, act: Json, at: int) -> bool:
        first = act["legs"][0]
        here = (part["leg"], part["way"][part["leg"]]["country"])
        if agency != LEAD or (first["number"] <= part["leg"] and (first["number"], first["country"]) != here):
            return False
        self._reroute(part, act["legs"])
        return True

    def _reroute(self, part: Json, legs: Iterable[Json]) -> None:
        before = part["way"]
        part["way"] = {number: each for number, each in before.items() if number <= part["leg"]}
        for new in legs:
            old, fresh = before.get(new["number"]), leg(new["country"], new.get("exit", {}).get("name"))
            if old is not None and (old["country"], old["exit"]) == (fresh["country"], fresh["exit"]):
                fresh = old
            else:
                # What was said before now was said of another way.
                fresh["dead_until"] = self.now - 1
                if old is not None and old["country"] == fresh["country"]:
                    fresh["dead"], fresh["dead_until"] = old["dead"], max(old["dead_until"], self.now - 1)
            part["way"][new["number"]] = fresh
        onto = self._following(part)
        if part["offer"] and (part["offer"][1] != onto or part["way"][onto] is not before[onto]):
            unoffer(part)

    @staticmethod
    def _in_hand(part: Json, agency: str) -> bool:
        """One who has it in sight, with nothing pending, may count it."""
        return part["phase"] in ("ACTIVE", "HELD") and agency == part["controller"] and not part["lost"] and not part["offer"]

    def _used(self, names: list[str]) -> bool:
        return bool(set(names) & self.parts.keys()) or len(self.parts) + len(names) > MOST_PARTS

    @staticmethod
    def _road(part: Json) -> list[tuple[Any, ...]]:
        return [(number, each["country"], each["exit"]) for number, each in part["way"].items() if number >= part["leg"]]

    @staticmethod
    def _twin(part: Json) -> Json:
        twin = {**part, "offer": None, "way": {number: dict(each) for number, each in part["way"].items()}}
        if part["stop"]:
            twin["stop"] = {**part["stop"], "agreed": set(part["stop"]["agreed"])}
        return twin

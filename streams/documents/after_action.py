"""The after-action report on paper: the JSON report of `streams.store.aftermath` printed whole, and nothing that is not in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.handling import Handling
from streams.documents import describing
from streams.documents.form import Block, Form, Grid, Heading, Remark, Row, Stamp, clean, handled, joined, stated
from streams.documents.happening import Reading, actor, decimal, details, instant, lasted, load, stamped, title, weight, worded
from streams.documents.under_way import word_of
from streams.documents.wording import Printed, Tongue, say
from streams.planning.findings import moment

Json = Mapping[str, Any]
_OF_ALARMS = ("alarm", "alarm_acknowledged", "alarm_resolved")
LATE_S = 60
"""An act that is older than this when it is received, or a clock that fires later, is marked as late."""


def after_action(report: Json, stamp: Stamp, tongue: Tongue) -> Form:
    """The report as a form; `report` as the gateway gives it, `exercise` included. Times are in the stamp's zone."""
    numbers = {event["act"]: event["seq"] for event in reversed(report["timeline"]) if event["act"] is not None}
    return _Report(report, Reading(tongue, stamp.zone, numbers)).form(stamp)


def marking(report: Json, tongue: Printed) -> tuple[str, str]:
    """TLP label and handling of the case; where none is recorded the strictest."""
    form = report["form"]
    if form is None:
        return "TLP:RED", say("handling_unknown", tongue, lead=report["lead"])
    return handled(Handling.model_validate(form["form"]["handling"]), tongue)


def is_drill(report: Json) -> bool:
    """Whether EXERCISE is to be seen on every page: the space is one for exercises, or the form says so."""
    form = report["form"]
    return bool(report["exercise"] or (form is not None and form["form"].get("exercise")))


def chain_lines(chain: Json, tongue: Printed) -> tuple[str, ...]:
    """The verdict on a chain of hashes, and the hash that it ends with."""
    counts = {name: chain.get(name, 0) for name in ("events", "at", "first")}
    verdict = say(f"chain.{chain['verdict']}", tongue, **counts)
    return (verdict, f"{say('chain.hash', tongue)}: {chain['hash']}") if chain.get("hash") else (verdict,)


@dataclass(slots=True)
class _Alarm:
    """One alarm's life, read from the timeline."""

    raised: Json
    count: int = 1
    heard: Json | None = None
    resolved: Json | None = None


class _Report:
    def __init__(self, report: Json, reading: Reading) -> None:
        self.report, self.reading, self.tongue = report, reading, reading.tongue

    def form(self, stamp: Stamp) -> Form:
        label, handling = marking(self.report, self.tongue)
        blocks = (
            *self._head(),
            *self._outcome(),
            *self._way(),
            *self._consents(),
            *self._gaps(),
            *self._alarms(),
            *self._voice(),
            *self._mass(),
            *self._chain(),
            *self._timeline(),
        )
        reference = f"{self.say('delivery_ref')} {self.report['delivery']}"
        return Form(
            self.say("after.title"), reference, self.tongue, label, handling, is_drill(self.report), stamp, blocks, "another_script"
        )

    def say(self, key: str, **values: object) -> str:
        return say(key, self.tongue, **values)

    def at(self, when: str | None) -> str | None:
        return moment(instant(when), self.reading.zone) if when is not None else None

    def _row(self, key: str, *lines: str | None) -> Row:
        return Row(self.say(key), stated(lines))

    def _head(self) -> Iterable[Block]:
        report = self.report
        made = datetime.fromisoformat(report["made"]).astimezone(self.reading.zone)
        zone = f"UTC{made.strftime('%z')[:3]}:{made.strftime('%z')[3:]} ({self.reading.zone.key})"
        audiences = [one.get("audience") for one in (*report["timeline"], *report["standing"]["alarms"])]
        for whose in ("desk", "apart"):
            if whose in map(_whose, audiences):
                yield Remark(self.say(f"after.{whose}_only"), strong=True)
        yield self._row("delivery_ref", report["delivery"])
        yield self._row("lead", describing.agency(report["lead"], self.tongue))
        yield self._row("case_reference", report["form"]["form"].get("case_reference") if report["form"] else None)
        yield self._row("status", worded("status", report["status"], self.tongue))
        yield Remark(self.say("all_times", zone=zone))

    def _outcome(self) -> Iterable[Block]:
        outcome = self.report["outcome"] or {}
        shares = (f"{describing.country(share['country'], self.tongue)}: {share['did']}" for share in outcome.get("shares", ()))
        yield Heading(self.say("section.outcome"))
        yield self._row("result", outcome.get("outcome"))
        yield self._row("shares", *shares)
        yield self._row("seizures", *self._seizures())
        for counted in ("arrests", "vessels", "laboratories", "routes_dismantled"):
            yield self._row(counted, _count(outcome.get(counted)))
        yield self._row("lessons", *outcome.get("lessons", ()))
        term = self.report["retention"] or {"act": "remove", "due": outcome.get("retain_until")}
        due = self.at(term["due"])
        yield self._row("retain_until", due) if term["act"] == "remove" else self._row("review_by", self.say("no_term", at=due))
        yield self._row("closed_by", outcome.get("closed_by"))
        yield self._row("evaluated_by", outcome.get("evaluated_by"))

    def _way(self) -> Iterable[Block]:
        yield Heading(self.say("section.way"))
        columns = tuple(self.say(key) for key in ("leg", "country", "authority", "followed_by", "consent"))
        for part in self.report["standing"]["parts"]:
            rows = tuple(
                (
                    str(leg["number"]),
                    describing.country(leg["country"], self.tongue),
                    clean(leg["authority"]),
                    clean(leg["controller"]),
                    joined((worded("consent", leg["consent"]["state"], self.tongue), leg["consent"].get("by"))),
                )
                for leg in part["legs"]
            )
            state = worded("state", part["state"], self.tongue)
            went_on = self.say("went_on", parts=", ".join(part["became"])) if part.get("became") else None
            yield self._row("part", joined((part["part"], state, went_on)))
            yield Grid(columns, (0.11, 0.21, 0.2, 0.2, 0.28), rows)

    def _consents(self) -> Iterable[Block]:
        """Each word once, though several parts have it: with its paper, its conditions, and whether the lead accepted them.

        A word may be void for one part and stand for another: then it is there twice, with the parts of each.
        """
        yield Heading(self.say("section.consents"))
        parts = self.report["standing"]["parts"]
        found: dict[tuple[str, bool], tuple[Json, Json, list[str]]] = {}
        for name, leg in ((part["part"], leg) for part in parts for leg in part["legs"]):
            for consent in (leg.get("earlier"), leg["consent"]):
                if consent is not None and "id" in consent:
                    found.setdefault((consent["id"], "plan" in consent), (leg, consent, []))[2].append(name)
        for leg, consent, of in found.values():
            place = f"{self.say('leg_of', number=leg['number'])}, {clean(leg['authority'])}"
            names = list(dict.fromkeys(of))
            named = self.say("part_of", name=names[0]) if len(names) == 1 else f"{self.say('said.parts')} {', '.join(names)}"
            yield Row(joined((place, named if len(parts) > 1 else None)), tuple(self._word(consent)))
        if not found:
            yield Remark(self.say("none"))

    def _word(self, consent: Json) -> Iterable[str]:
        standing = self.report["standing"]
        void = "plan" in consent
        word = word_of(consent, standing["papers"], standing["plans"][consent["plan"]] if void else None)
        said, *more = word.lines(self.tongue, self.reading.zone, asked=False)
        yield said
        if consent.get("terms"):
            yield f"{self.say('said.terms')}: {', '.join(worded('term', term, self.tongue) for term in consent['terms'])}"
        yield from more
        if consent["state"] == "CONDITIONAL" and not void:
            yield self.say("conditions.accepted" if consent.get("accepted") else "conditions.open")

    def _seizures(self) -> Iterable[str]:
        for event in self.report["timeline"]:
            named = event["what"].get("report")
            if event["kind"] in ("secured", "intervened") and isinstance(named, str):
                missing = self.report["seizure_reports"].get(named) is None
                yield f"{self.say('part_of', name=event['part'])}: {clean(named)}{self.say('not_here') if missing else ''}"

    def _gaps(self) -> Iterable[Block]:
        yield Heading(self.say("section.gaps"))
        rows = tuple(
            (
                self._gap(gap),
                gap["part"] or "—",
                self.at(gap["since"]) or "",
                self.at(gap["until"]) or self.say("not_ended").upper(),
                self._length(gap),
                worded("event", gap["ended_by"], self.tongue) if gap["ended_by"] else "—",
            )
            for gap in self.report["gaps"]
        )
        columns = tuple(self.say(key) for key in ("gap", "part", "since", "until", "lasted", "ended_by"))
        marked = frozenset(number for number, gap in enumerate(self.report["gaps"]) if gap["until"] is None)
        yield Grid(columns, (0.19, 0.1, 0.2, 0.2, 0.13, 0.18), rows, marked) if rows else Remark(self.say("no_gaps"))

    def _gap(self, gap: Json) -> str:
        kind = worded("alarm", gap["kind"], self.tongue)
        return f"{kind}: {clean(gap['substance'])}" if "substance" in gap else kind

    def _length(self, gap: Json) -> str:
        until = instant(gap["until"] or self.report["made"])
        return lasted((until - instant(gap["since"])) / timedelta(seconds=1), self.tongue)

    def _alarms(self) -> Iterable[Block]:
        yield Heading(self.say("section.alarms"))
        alarms = alarms_of(self.report["timeline"])
        columns = tuple(self.say(key) for key in ("alarm", "raised", "acknowledged", "resolved", "stood"))
        rows = tuple(self._alarm(name, alarm) for name, alarm in alarms.items())
        marked = frozenset(number for number, alarm in enumerate(alarms.values()) if alarm.resolved is None)
        yield Grid(columns, (0.26, 0.2, 0.16, 0.24, 0.14), rows, marked, 0) if rows else Remark(self.say("no_alarms"))

    def _alarm(self, name: str, alarm: _Alarm) -> tuple[str, ...]:
        raised, ended = alarm.raised, alarm.resolved
        until = instant(ended["received"] if ended else self.report["made"])
        stood = lasted((until - instant(raised["received"])) / timedelta(seconds=1), self.tongue)
        return (
            _lines(
                f"{clean(name)} · {worded('alarm', raised['what']['alarm_kind'], self.tongue)}",
                self.say("part_of", name=raised["part"]) if raised["part"] is not None else None,
                self.say("times_over", count=alarm.count) if alarm.count > 1 else None,
                self._desk_mark(raised),
            ),
            self.at(raised["received"]) or "",
            _lines(actor(alarm.heard, self.reading), self.at(alarm.heard["received"])) if alarm.heard else self.say("not_yet"),
            _lines(actor(ended, self.reading), self.at(ended["received"]), ended["what"].get("reason")) if ended else "—",
            stood if ended else _lines(self.say("still_open"), stood),
        )

    def _desk_mark(self, event: Json) -> str | None:
        whose = _whose(event["audience"])
        return self.say(f"after.{whose}_mark") if whose is not None else None

    def _voice(self) -> Iterable[Block]:
        yield Heading(self.say("section.voice"))
        lines = tuple(
            f"{self.say('entry_ref', number=event['seq'])}: {title(event, self.reading)}; {actor(event, self.reading)}"
            for event in self.report["timeline"]
            if event["voice"] is not None
        )
        yield Row(self.say("section.voice"), stated(lines)) if lines else Remark(self.say("no_voice"))

    def _mass(self) -> Iterable[Block]:
        yield Heading(self.say("section.mass"))
        yield self._row("substituted", *substituted(self.report["standing"]["ready"], self.tongue))
        rows: list[tuple[str, ...]] = []
        marked = set()
        for part in self.report["standing"]["parts"]:
            secured = part.get("secured") or {}
            for substance in [*part["mass"], *(name for name in secured if name not in part["mass"])]:
                *row, fits = self._balance(part, substance, part["mass"].get(substance), secured.get(substance))
                if not fits:
                    marked.add(len(rows))
                rows.append(tuple(row))
        columns = tuple(self.say(key) for key in ("part", "substance", "booked", "secured", "difference"))
        yield Grid(columns, (0.16, 0.18, 0.2, 0.2, 0.26), tuple(rows), frozenset(marked)) if rows else Remark(self.say("no_mass"))
        outcome = self.report["outcome"] or {}
        if "difference_mg" in outcome:
            off = {name: {"kg": f"{Decimal(one) / 1_000_000:+f}"} for name, one in outcome["difference_mg"].items()}
            lines = (f"{name} {decimal(self.say('kg_alone', kg=one['kg']), self.tongue)}" for name, one in off.items())
            yield self._row("at_closing", "; ".join(lines) or self.say("reconciled"))
            yield self._row("shortfall_signed", outcome.get("shortfall_signed"))

    def _balance(self, part: Json, substance: str, booked: Json | None, secured: Json | None) -> tuple[Any, ...]:
        shown = tuple(weight(one, self.tongue) if one else "—" for one in (booked, secured))
        head = (clean(part["part"]), clean(substance), *shown)
        if part.get("became"):
            return (*head, self.say("went_on", parts=", ".join(part["became"])), True)
        if booked is not None and secured is None:
            return (*head, self.say("not_weighed"), True)
        off = _amount(secured, "kg") - _amount(booked, "kg")
        margin = (_amount(secured, "uncertainty_kg") ** 2 + _amount(booked, "uncertainty_kg") ** 2).sqrt()
        verdict = "within" if abs(off) <= margin else "short" if off < 0 else "over"
        line = decimal(self.say("kg", kg=f"{off:+f}", uncertainty=f"{margin:.6f}".rstrip("0").rstrip(".") or "0"), self.tongue)
        return (*head, f"{line}\n{self.say(f'balance.{verdict}')}", verdict == "within")

    def _chain(self) -> Iterable[Block]:
        yield Heading(self.say("section.chain"))
        yield Row(self.say("delivery_chain"), chain_lines(self.report["chain"], self.tongue))
        for whose, chain in (("desk", "restricted_chain"), ("apart", "guard_chain")):
            if chain in self.report:
                yield Row(self.say(f"after.{whose}_mark"), chain_lines(self.report[chain], self.tongue))

    def _timeline(self) -> Iterable[Block]:
        yield Heading(self.say("section.timeline"))
        yield Remark(self.say("three_times"))
        events = self.report["timeline"]
        if not events:
            yield Remark(self.say("no_events"))
            return
        rows, marked, at_gaps = [], set(), self._at_gaps()
        for number, event in enumerate(events):
            marks = [*at_gaps.get(event["seq"], ()), *self._marks(event)]
            if marks:
                marked.add(number)
            # What an officer's clock said is shown as it said it, offset and all.
            times = (
                stamped(event["captured"], None),
                stamped(event["happened"], self.reading.zone),
                stamped(event["received"], self.reading.zone),
            )
            digest = event["hash"]
            lines = (*marks, actor(event, self.reading), *details(event, self.reading), f"# {digest[:32]}", digest[32:])
            told = _lines(title(event, self.reading), *lines)
            rows.append((str(event["seq"]), *times, told))
        columns = ("№", *(self.say(key) for key in ("captured", "happened", "received", "what")))
        yield Grid(columns, (0.065, 0.135, 0.125, 0.125, 0.55), tuple(rows), frozenset(marked), 4)

    def _at_gaps(self) -> dict[int, list[str]]:
        """What is said of gaps at the entries with which they begin and end, by the entries' places."""
        marks: dict[int, list[str]] = {}
        for gap in self.report["gaps"]:
            kind = self._gap(gap)
            of_part = [event for event in self.report["timeline"] if event["part"] == gap["part"]]
            begins = next((event for event in of_part if event["happened"] == gap["since"] and _begins(event, gap["kind"])), None)
            if begins is None:
                continue
            marks.setdefault(begins["seq"], []).append(self.say("gap.begins", kind=kind))
            ends = next((event for event in of_part if event["seq"] > begins["seq"] and _ends(event, gap)), None)
            if ends is not None:
                marks.setdefault(ends["seq"], []).append(self.say("gap.ends", kind=kind, lasted=self._length(gap)))
        return marks

    def _marks(self, event: Json) -> list[str]:
        """What is to be seen at once: entries by voice, what is late, what is for the centre alone."""
        marks = []
        if event["voice"] is not None:
            word = self.say(f"voice.{event['voice']}")
            marks.append(f"{self.say('section.voice').upper()}: {word}")
        if event["late_s"] >= LATE_S:
            marks.append(self.say("late" if event["by"] else "fired_late", by=lasted(event["late_s"], self.tongue)))
        desk = self._desk_mark(event)
        return [*marks, desk] if desk else marks


def substituted(ready: Json | None, tongue: Printed) -> tuple[str | None, ...]:
    """The record of the lead's checklist: by whom, what was taken out, what is in its place, who keeps the samples; or that there was none.

    Nothing before the checklist is there.
    """
    if ready is None:
        return ()
    done = ready["substitution"]
    if done is None:
        return (say("none", tongue),)
    tongues: tuple[Tongue, ...] = ("ru", "en") if tongue == "both" else (tongue,)
    out = {each["substance"]: each for each in done["taken_out"]}
    taken = joined(dict.fromkeys(load(out, each) for each in tongues), " / ")
    put_in = joined((decimal(say("kg_alone", each, kg=done["put_in_kg"]), each) for each in tongues), " / ")
    return (
        done["by"],
        f"{say('taken_out', tongue)}: {taken}",
        f"{say('put_in', tongue)}: {done['put_in']}, {put_in}",
        f"{say('sealed_with', tongue)}: {', '.join(done['seals'])}" if done["seals"] else None,
        say("custodian", tongue, name=done["sample_custodian"]),
    )


def alarms_of(timeline: Sequence[Json]) -> dict[str, _Alarm]:
    """Alarms by their id in the order in which they were raised: raised, how often, heard, resolved."""
    found: dict[str, _Alarm] = {}
    for event in timeline:
        if event["kind"] not in _OF_ALARMS:
            continue
        what = event["what"]
        known = found.get(what["alarm"])
        if event["kind"] == "alarm":
            if known is None:
                found[what["alarm"]] = _Alarm(event, what["count"])
            else:
                known.count, known.heard = what["count"], None
        elif known is not None and event["kind"] == "alarm_acknowledged":
            known.heard = event
        elif known is not None:
            known.resolved = event
    return found


def _begins(event: Json, kind: str) -> bool:
    if kind == "unweighed":
        return "unweighed" in event["what"]
    return bool(event["kind"] == kind) or (event["kind"] == "alarm" and event["what"].get("alarm_kind") == kind)


def _ends(event: Json, gap: Json) -> bool:
    ended: bool = event["kind"] == gap["ended_by"] and event["happened"] == gap["until"]
    return ended and bool(event["what"].get("of_the_controller", True))


def _lines(*lines: str | None) -> str:
    return "\n".join(clean(line) for line in lines if line)


def _count(number: int | None) -> str | None:
    return None if number is None else str(number)


def _amount(one: Json | None, name: str) -> Decimal:
    return Decimal(one[name]) if one else Decimal(0)


def _whose(audience: list[Json] | None) -> str | None:
    """Of what an audience alone sees: whether that is the centre's desk, or agencies too; None: everybody in the room."""
    if audience is None:
        return None
    return "apart" if any(one.get("agency") for one in audience) else "desk"

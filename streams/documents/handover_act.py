"""The handover act: one handover of a part or of items of evidence, Russian and English side by side, for both sides to sign.

What the record says is printed with its hashes; names with rank and the signatures are written by hand, for the record has neither.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from schemas.alarms import of_event
from schemas.request import DeliveryRequest
from streams.documents import describing
from streams.documents.after_action import chain_lines, is_drill, marking, substituted
from streams.documents.custody import ItemHandover, LoadHandover, item_handover, items_of, load_handover, verdict
from streams.documents.form import Block, Form, Grid, Heading, Remark, Row, Signatures, Stamp, clean, joined, stated
from streams.documents.happening import Reading, actor, instant, load, stamped, title, worded
from streams.documents.wording import Tongue, say
from streams.planning.findings import moment

Json = Mapping[str, Any]
TONGUES: tuple[Tongue, Tongue] = ("ru", "en")


class SeveralHandovers(ValueError):
    """The names are not of one handover between two sides."""


def handover_act(report: Json, acts: Sequence[str], stamp: Stamp) -> Form:
    """The act of the handover with these acts' ids: one offer or acceptance of a part, or entries on items that one hands to another.

    `report` as the gateway gives it. Raises NoHandover, and SeveralHandovers where the items go between other persons.
    """
    filling = _Filling(report, stamp)
    load_one = load_handover(report["timeline"], acts[0])
    if load_one is not None:
        if len(set(acts)) > 1:
            raise SeveralHandovers("a handover of the load has an act of its own: name it alone")
        return filling.of_load(load_one)
    items = [item_handover(report["timeline"], act) for act in dict.fromkeys(acts)]
    if len({one.sides for one in items}) > 1:
        raise SeveralHandovers("the items are handed over between different persons: ask for one act for each pair")
    if len({one.given["what"]["item"] for one in items}) < len(items):
        raise SeveralHandovers("an item is named twice: ask for one act for each of its handovers")
    return filling.of_items(items)


class _Filling:
    def __init__(self, report: Json, stamp: Stamp) -> None:
        numbers = {event["act"]: event["seq"] for event in reversed(report["timeline"]) if event["act"] is not None}
        self.report, self.stamp, self.zone = report, stamp, stamp.zone
        self.readings = tuple(Reading(tongue, stamp.zone, numbers) for tongue in TONGUES)

    def of_load(self, one: LoadHandover) -> Form:
        part = next(part for part in self.report["standing"]["parts"] if part["part"] == one.part)
        blocks = (
            *self._head("act.of_load", received=one.acceptance is not None),
            *self._load_sides(one),
            *self._load(one, part),
            *self._evidence_of(one),
            *self._record([event for event in (one.offer, one.in_place, one.acceptance, *one.found) if event is not None]),
            *_signatures(f"{_both('part')} {part['part']}"),
        )
        return self._form(blocks)

    def of_items(self, items: Sequence[ItemHandover]) -> Form:
        received = all(one.received is not None for one in items)
        blocks = (
            *self._head("act.of_items", received=received),
            *self._item_sides(items),
            *(block for one in items for block in self._item(one)),
            *self._record([event for one in items for event in (one.given, one.received) if event is not None]),
            *_signatures(", ".join(one.given["what"]["item"] for one in items)),
        )
        return self._form(blocks)

    def _form(self, blocks: tuple[Block, ...]) -> Form:
        label, handling = marking(self.report, "both")
        reference = f"{_both('delivery_ref')} {self.report['delivery']}"
        return Form(_both("act.title"), reference, "both", label, handling, is_drill(self.report), self.stamp, blocks, "another_script")

    def _read(self, tell: Callable[[Json, Reading], str], event: Json) -> str:
        """What is told of an event in both languages, once where they say the same."""
        return joined(dict.fromkeys(tell(event, reading) for reading in self.readings), " / ")

    def _at(self, when: str | int | None) -> str | None:
        return moment(instant(when), self.zone) if when is not None else None

    def _head(self, what: str, *, received: bool) -> Iterable[Block]:
        yield Remark(say(what, "ru"))
        yield Remark(say(what, "en"))
        if not received:
            yield Remark(say("act.unreceived", "ru"), strong=True)
            yield Remark(say("act.unreceived", "en"), strong=True)
        yield _row("delivery_ref", self.report["delivery"])
        yield _row("lead", _each(describing.agency, self.report["lead"]))

    def _side(self, event: Json | None) -> tuple[str | None, ...]:
        """Who confirmed in the record, for whom where by voice, and when."""
        if event is None:
            return (_both("not_confirmed"),)
        who = self._read(actor, event)
        return (who, f"{_both('happened')}: {self._at(event['happened'])}", f"{_both('received')}: {self._at(event['received'])}")

    def _load_sides(self, one: LoadHandover) -> Iterable[Block]:
        offer, accepted = one.offer, one.acceptance
        giver = offer["by"]["agency"] if offer else accepted["what"].get("from") if accepted else None
        if offer is not None and offer["on_behalf_of"] is not None:
            giver = offer["on_behalf_of"].partition("/")[0]
        receiver = accepted["what"]["controller"] if accepted else offer["what"]["to"] if offer else None
        yield Heading(_both("section.sides"))
        yield _row("giver", _each(describing.agency, giver) if giver else None)
        yield _row("offered", *(self._side(offer) if offer else ()))
        yield _row("handover_at", self._at(offer["what"]["handover_at"]) if offer else None)
        yield _row("place", offer["what"].get("place") if offer else None)
        yield _row("taker", _each(describing.agency, receiver) if receiver else None)
        yield _row("in_place", *(self._side(one.in_place) if one.in_place else ()))
        yield _row("accepted", *self._side(accepted))
        country = accepted["what"]["country"] if accepted else None
        yield _row("territory", _each(describing.country, country) if country else None)

    def _load(self, one: LoadHandover, part: Json) -> Iterable[Block]:
        yield Heading(_both("section.load"))
        yield _row("part", part["part"])
        if self.report["form"] is not None:
            case = DeliveryRequest.model_validate(self.report["form"]["form"])
            yield _row("goods_asked", *(_each(describing.substance, goods) for goods in case.goods))
            yield _row("conveyances", *(_each(describing.conveyance, by) for by in case.conveyances))
            # Of the seals that the request names the row below says which are on it.
            boxes = (box.model_copy(update={"seals": ()}) for box in case.containers)
            yield _row("containers", *(_each(describing.container, box) for box in boxes))
        yield _row("substituted", *substituted(self.report["standing"]["ready"], "both"))
        # What was accepted is told as it was then: what is not accepted yet, as it is now.
        seals, booked = _as_it_was(one, part)
        yield _row("seals", ", ".join(seals))
        intact = one.acceptance["what"].get("seals_intact") if one.acceptance else None
        yield _row("seals_found", None if intact is None else _both("yes" if intact else "no"))
        weighed = next((event["what"] for event in one.found if event["kind"] == "weighed"), None)
        yield _row("booked", _each(load, booked) if booked else None)
        yield _row("weighed", _each(load, weighed["weighed"]) if weighed else _both("not_weighed"))
        alarms = [event for event in one.found if event["kind"] == "alarm"]
        yield _row("found", *(joined((self._read(title, of), self._read(_reason, of)), ": ") for of in alarms))

    def _evidence_of(self, one: LoadHandover) -> Iterable[Block]:
        items = items_of(self.report["timeline"], one.part, one.last)
        yield Heading(_both("section.evidence_of_part"))
        if not items:
            yield Remark(_both("none"))
            return
        columns = (_both("said.item"), _both("custody"), _both("said.holder"), _both("hash"))
        rows = tuple(
            (
                "\n".join(clean(text) for text in (name, _seal(entries)) if text),
                worded("custody", entries[-1]["what"]["entry"], "both"),
                clean(entries[-1]["what"]["holder"]),
                "\n".join((entries[-1]["what"]["hash"], *(f"{_both('photographs')}: {digest}" for digest in _digests(entries)))),
            )
            for name, entries in items.items()
        )
        yield Grid(columns, (0.2, 0.2, 0.22, 0.38), rows, titled=0)

    def _item_sides(self, items: Sequence[ItemHandover]) -> Iterable[Block]:
        giver, receiver = items[0].sides
        yield Heading(_both("section.sides"))
        for key, person in (("giver", giver), ("taker", receiver)):
            yield _row(key, person, _each(describing.agency, person.partition("/")[0]))

    def _item(self, one: ItemHandover) -> Iterable[Block]:
        said = [event["what"]["said"] for event in one.chain]
        seals = [each["seal"] for each in said if each.get("seal")]
        taken = (_each(load, {each["taken"]["substance"]: each["taken"]}) for each in said if each.get("taken"))
        yield Heading(_both("section.item", name=clean(one.given["what"]["item"])))
        yield _row("description", *(each.get("description") for each in said))
        yield _row("seal_stands", seals[-1] if seals else None)
        yield _row("seals_before", *dict.fromkeys(seal for seal in seals[:-1] if seal != seals[-1]))
        yield _row("samples", *taken)
        yield _row("photographs", *_digests(one.chain))
        yield _row("handed_over", *self._side(one.given))
        yield _row("confirmed", *self._side(one.received))
        columns = ("№", _both("custody"), _both("holder"), f"{_both('happened')} · {_both('received')}", _both("hash"))
        rows = tuple(
            (
                str(event["what"]["number"]),
                worded("custody", event["what"]["entry"], "both"),
                clean(event["what"]["by"]),
                f"{_inline(event['happened'], self.zone)}\n{_inline(event['received'], self.zone)}",
                event["what"]["hash"],
            )
            for event in one.chain
        )
        yield Grid(columns, (0.05, 0.18, 0.19, 0.26, 0.32), rows)
        yield Row(_both("verdict"), chain_lines(verdict(one.chain), "both"))

    def _record(self, events: Sequence[Json]) -> Iterable[Block]:
        yield Heading(_both("section.chain"))
        yield _row(
            "record",
            *(
                _both("entry_ref", number=event["seq"]) + f", {self._read(title, event)}: {event['hash']}"
                for event in sorted(events, key=lambda event: int(event["seq"]))
            ),
        )
        yield Row(_both("delivery_chain"), chain_lines(self.report["chain"], "both"))


def _signatures(what: str) -> tuple[Block, ...]:
    """They may come to stand on a page of their own: each side says there what it signs for."""
    blanks = tuple(_both(key) for key in ("name_rank", "date_time_zone", "signature", "seal"))
    who = tuple(f"{_both(side)}: {clean(what)}" for side in ("giver", "taker"))
    return Heading(_both("section.confirm")), Signatures(who, blanks)


def _each(tell: Callable[[Any, Tongue], str], value: Any) -> str:
    """What is told of a value in both languages, once where they say the same."""
    return joined(dict.fromkeys(tell(value, tongue) for tongue in TONGUES), " / ")


def _both(key: str, **values: object) -> str:
    return say(key, "both", **values)


def _row(key: str, *lines: str | None) -> Row:
    return Row(_both(key), stated(lines))


def _reason(alarm: Json, reading: Reading) -> str:
    """Why it was raised, in the language of the reading where the centre said it."""
    what = alarm["what"]
    return str((what | of_event("alarm", what) if reading.tongue == "ru" else what)["reason"])


def _as_it_was(one: LoadHandover, part: Json) -> tuple[Sequence[str], Json]:
    """Seals, and what is booked by substance."""
    if one.acceptance is None:
        return part["seals"], part["mass"]
    what = one.acceptance["what"]
    return what.get("seals") or (), what.get("booked") or {}


def _seal(entries: Sequence[Json]) -> str | None:
    seals = [event["what"]["said"]["seal"] for event in entries if event["what"]["said"].get("seal")]
    return f"{_both('seal_stands')}: {seals[-1]}" if seals else None


def _digests(entries: Iterable[Json]) -> list[str]:
    said = [event["what"]["said"] for event in entries]
    return [digest for one in said for digest in (one.get("sha256"), *(file["sha256"] for file in one.get("attachments", ()))) if digest]


def _inline(at: str, zone: Any) -> str:
    return " ".join(stamped(at, zone).split("\n"))

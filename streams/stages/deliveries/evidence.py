"""Chain of custody: each item has a holder and a chain of entries, each hashed over the one before. A handover takes both sides."""

import hashlib
from typing import Any

import orjson

from schemas.acts import Evidence
from streams.stages.deliveries import mass
from streams.stages.deliveries.acting import Deed, No, meant
from streams.stages.deliveries.case import Json, Part
from streams.stages.naming import utc

BEGINS = ("collected", "sealed", "sampled")
MOST_PENDING = 200
MOST_ITEMS = 500
"""Kept with the case, for closing asks where each is."""

SAID = {"description", "seal", "to", "taken", "sha256"}


def entered(deed: Deed) -> None:
    """One entry. What is handed over is the giver's until the receiver says that he has it; until then the giver takes it back."""
    act: Evidence = deed.act
    case = deed.case
    item = deed.items.get(act.item)
    part = _of(deed, act)
    if item is None:
        if act.entry not in BEGINS:
            raise No(f"there is no item {act.item}", f"its first entry is one of {', '.join(BEGINS)}", "item")
        item = {"item": act.item, "holder": deed.who, "entries": 0, "hash": "", "seal": None, "to": None, "destroyed": False}
    else:
        _continues(deed, act, item)
    if act.entry == "handed_over":
        _receivable(deed, act)
        item = {**item, "to": act.to}
        case.handing_over = sorted({*case.handing_over, act.item})
        if len(case.handing_over) > MOST_PENDING:
            raise No("too many items are handed over and not received", "let them be received first", "item")
    elif act.entry in ("received", "returned") and item["to"] is not None:
        item = {**item, "holder": deed.who, "to": None}
        case.handing_over = [name for name in case.handing_over if name != act.item]
    if act.taken is not None and part is not None:
        if act.taken.substance not in part.mass:
            raise No(f"part {part.name} has no {act.taken.substance}", "name the substance as the plan does", "taken.substance", part)
        taken = mass.booked([act.taken])
        if reason := mass.lacking(part.mass, taken):
            raise No(reason, "check the weight: it is in kilograms", "taken.kg", part)
        mass.take(part.mass, taken)
    item = {**item, "seal": act.seal or item["seal"], "destroyed": act.entry == "destroyed"}
    entry = {
        "item": act.item,
        "number": item["entries"] + 1,
        "entry": act.entry,
        "by": deed.who,
        "happened": utc(deed.happened),
        "received": utc(deed.now),
        "act": deed.id,
        "said": act.model_dump(mode="json", include=SAID | ({"attachments"} if act.attachments else set()), exclude_none=True),
        "previous": item["hash"],
    }
    digest = sealed(entry)
    deed.items[act.item] = {**item, "entries": entry["number"], "hash": digest}
    if item["destroyed"]:
        case.evidence.pop(act.item, None)
    else:
        case.evidence[act.item] = item["holder"]
    if len(case.evidence) > MOST_ITEMS:
        raise No(f"a delivery has at most {MOST_ITEMS} items of evidence", "put what was found together under one seal", "item")
    deed.tell({**entry, "hash": digest, "holder": item["holder"]}, part=part)


def _of(deed: Deed, act: Evidence) -> Part | None:
    """The part that the item is of. Raises No where a weight would be booked out of what has ended."""
    if act.part is None and act.taken is None:
        return None
    parts = deed.case.parts
    over = not any(part.live for part in parts.values())
    ended = parts.get(act.part) if act.part is not None else [*parts.values()][-1] if over else None
    if ended is None or ended.live or ended.became:
        return meant(deed)
    if act.taken is None:
        return ended
    mend = "leave the weight out: what was weighed at its end stands, and the description can say it"
    raise No(f"part {ended.name} is {ended.phase}", mend, "taken", ended)


def sealed(entry: Any) -> str:
    """SHA-256 over the canonical JSON (keys sorted, UTF-8) of what is sealed."""
    return hashlib.sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _continues(deed: Deed, act: Evidence, item: Json) -> None:
    if item["destroyed"]:
        raise No(f"item {act.item} is destroyed", "nothing follows on that", "item")
    if act.entry in ("received", "returned"):
        taken_back = act.entry == "returned" and item["to"] is not None and item["holder"] == deed.who
        if item["to"] != deed.who and not taken_back:
            raise No(f"item {act.item} is handed over to {item['to'] or 'nobody'}", "only who receives it says so", "item")
    elif item["holder"] != deed.who:
        raise No(f"item {act.item} is held by {item['holder']}", "only the holder makes an entry", "item")
    elif item["to"] is not None:
        raise No(
            f"item {act.item} is on its way to {item['to']}",
            "the receiver's word comes next, or who gave it takes it back with returned",
            "item",
        )


def _receivable(deed: Deed, act: Evidence) -> None:
    """Raises No where nobody is named, or somebody who can never say that he has it: only officers of a party act."""
    if act.to is None:
        raise No("a handover names who receives", "name the person", "to")
    agency = act.to.partition("/")[0]
    if agency not in deed.case.agencies:
        raise No(f"{agency} takes no part in this delivery", "name an officer of an agency that does", "to")

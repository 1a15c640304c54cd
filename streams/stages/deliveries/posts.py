"""The posts that a load passes, and whether they know of it (DOMAIN: informed posts by name).

The first failure to detect is an uninformed agency that seizes an active consignment. Of a border both posts are passed: where the plan
names one side only, the gazetteer says what is opposite.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from schemas.acts import InformedPost, PostsInformed
from streams.planning import crossings
from streams.planning import posts as gazetteer
from streams.reference.gazetteer import Crossing
from streams.reference.text import compact, fold
from streams.stages.deliveries.acting import Deed, No, milliseconds
from streams.stages.deliveries.case import Case, Json, Leg, Part

MOST_INFORMED = 200
CLOCKS_APART_MS = 5 * 60_000
"""By so much the clock of whoever told a post may be fast."""

_AT_A_BORDER = frozenset({None, "border_crossing", "seaport", "river_port", "railway", "road"})
_SEVERAL = re.compile(r"[/|;,()]+")


class Passing(NamedTuple):
    """A post that a leg enters or leaves its country by: `post` as the gazetteer names it, `named` as the plan does, if they do."""

    leg: int
    side: str
    country: str
    post: str | None
    named: str | None

    @property
    def is_named(self) -> bool:
        """Whether anybody knows which post it is."""
        return self.post is not None or self.named is not None


def informed(deed: Deed) -> None:
    """Posts were told, by whichever party. Of one post the newest word stands."""
    act: PostsInformed = deed.act
    case, fresh = deed.case, noted(deed, act.informed_posts)
    kept = _newest([*case.informed, *fresh])
    if len(kept) > MOST_INFORMED:
        raise No(f"a delivery notes at most {MOST_INFORMED} informed posts", "name those on the way alone", "informed_posts")
    case.informed = kept
    deed.tell({"informed_posts": fresh})


def noted(deed: Deed, named: Iterable[InformedPost]) -> list[Json]:
    """The posts as they are kept. Raises No where one is none of the gazetteer: under any other name it would be no crossing's.

    Nor where the time is still to come: who is to be told tomorrow does not know today.
    """
    found = []
    for position, one in enumerate(named):
        if one.post is not None and one.post not in {post.name for post in gazetteer.posts(one.country)}:
            raise No(f"{one.post[:100]} is not a post of {one.country}", _mended(one.country, one.post), f"informed_posts[{position}].post")
        if milliseconds(one.at) > deed.now + CLOCKS_APART_MS:
            reason = f"the time at which {(one.post or one.unit or '')[:100]} was told is still to come"
            raise No(reason, "tell them first, or check the date and the clock", f"informed_posts[{position}].at")
        found.append({**one.model_dump(mode="json", exclude_none=True), "by": deed.who})
    return found


def known(case: Case) -> list[Json]:
    """Every post that was told, once: by the lead's checklist, and by whoever told one."""
    return _newest([*(case.ready["informed_posts"] if case.ready else ()), *case.informed])


def all_told(case: Case, told: Iterable[Json]) -> None:
    """Raises No, naming each post of the legs consented so far that does not know; where the way names none, unless somebody does."""
    told = list(told)
    if waits := [one for one, state in _states(case, told) if state == "missing"]:
        mend = "inform each, and say who was told there"
        if strange := next((one for one in waits if one.post is None), None):
            near = " or ".join(gazetteer.nearest(strange.country, strange.named or "")) or "none of this country"
            mend = f"{strange.named} is not in the gazetteer, the nearest there: {near}; change the way, or name it as a unit of this name"
        raise No(f"posts on the way are not informed: {'; '.join(called(one) for one in waits)}", mend, "informed_posts")
    if not told:
        raise No("no post is informed", "name who was told: a post, or a unit that may meet the load", "informed_posts")


def uninformed(case: Case, part: Part, onto: Leg) -> list[str]:
    """The posts between the part's leg and the next that do not know, in words; on the far side once its state consents."""
    told, border = known(case), {(part.leg, "exit"), *([(onto.number, "entry")] if onto.open else [])}
    return [called(one) for one in _ahead(part) if (one.leg, one.side) in border and one.is_named and not _knows(one, told)]


def shown(case: Case) -> list[Json]:
    """`PostView`s, in the order of the way."""
    return [{**one._asdict(), "state": state} for one, state in _states(case, known(case))]


def called(one: Passing) -> str:
    """A post in words."""
    if one.side == "entry":
        return f"{one.post or one.named} ({one.country}) where leg {one.leg} begins"
    return f"{one.post or one.named} ({one.country}) where leg {one.leg} ends"


def _states(case: Case, told: list[Json]) -> list[tuple[Passing, str]]:
    """Each post ahead of any part, once. One that a part does not need yet another may."""
    found: dict[Passing, str] = {}
    for part in case.parts.values():
        if not part.live:
            continue
        opened = {leg.number for leg in part.legs if leg.open}
        for one in _ahead(part):
            if not one.is_named:
                found[one] = "unnamed"
            elif _knows(one, told):
                found[one] = "informed"
            elif one.leg in opened or one not in found:
                found[one] = "missing" if one.leg in opened else "later"
    return sorted(found.items(), key=lambda each: (each[0].leg, each[0].side == "exit"))


def _ahead(part: Part) -> Iterator[Passing]:
    legs = [leg for leg in part.legs if leg.number >= part.leg]
    entered = part.started and part.entered
    before = next((leg for leg in reversed(part.legs) if leg.number < part.leg), None)
    if not entered:
        yield from _passed(legs[0], "entry", before)
    for leg, following in pairwise(legs):
        yield from _passed(leg, "exit", following)
        yield from _passed(following, "entry", leg)
    yield from _passed(legs[-1], "exit", None)


def _passed(leg: Leg, side: str, across: Leg | None) -> Iterator[Passing]:
    """The posts on the leg's own side. A name that several bear means each of them: one too many is told, none too few."""
    text, surely = _named(leg.plan, side)
    onto = across.country if across is not None else None
    names = _posts(text, leg.country, onto) if text else ()
    if names:
        yield from (Passing(leg.number, side, leg.country, name, text) for name in names)
    elif surely:
        yield Passing(leg.number, side, leg.country, None, text)
    elif across is not None:
        other, _ = _named(across.plan, "entry" if side == "exit" else "exit")
        opposite = _opposite(other, across.country, leg.country) if other else ()
        yield from (Passing(leg.number, side, leg.country, name, None) for name in (opposite or (None,)))


def _named(plan: Mapping[str, Any], side: str) -> tuple[str | None, bool]:
    """What the plan calls the post, and whether that can only be one: a place in words may be a town as well."""
    place = plan.get(side) or {}
    if place.get("crossing"):
        return place["crossing"], True
    if place.get("name") and place.get("kind") in _AT_A_BORDER:
        return place["name"], place.get("kind") == "border_crossing"
    return (plan.get("handover_place") if side == "exit" else None), False


def _posts(text: str, country: str, onto: str | None) -> tuple[str, ...]:
    """The posts of the country that a text names; where some of them lead to the country after it, those."""
    sides = _sides(text, country)
    return tuple(dict.fromkeys(side.name for side in [side for side in sides if side.opposite == onto] or sides))


def _opposite(text: str, country: str, here: str) -> tuple[str, ...]:
    """The posts of `here` opposite those that a text names on the other country's side."""
    sides = (side for side in _sides(text, country) if side.opposite == here)
    return tuple(dict.fromkeys(side.opposite_name for side in sides if side.opposite_name))


@lru_cache(maxsize=4_096)
def _sides(text: str, country: str) -> tuple[Crossing, ...]:
    """What a text names on the country's side: whole, or by the first piece that is known; else what is opposite of what it names."""
    index = crossings.load().crossings
    for piece in (text, *_SEVERAL.split(text)):
        if here := index.named(piece, country) if piece.strip() else ():
            # An alias of one post may be the name of another.
            said = compact(fold(piece))
            own = {post.name for post in gazetteer.posts(country) if said in (compact(fold(post.name)), compact(fold(post.ru)))}
            return tuple(side for side in here if side.name in own) or tuple(here)
    across = {side.code for side in index.named(text, None) if side.opposite == country}
    return tuple(side for side in index.sides if side.country == country and side.code in across)


def _knows(one: Passing, told: Iterable[Json]) -> bool:
    if one.post is not None:
        return any((each["country"], each.get("post")) == (one.country, one.post) for each in told)
    # No crossing of the gazetteer: it can only be a unit, of the name that the plan gives it.
    return one.named is not None and any(
        each["country"] == one.country and compact(fold(each.get("unit", ""))) == compact(fold(one.named)) for each in told
    )


def _newest(told: Iterable[Json]) -> list[Json]:
    """Of one post the newest word, by when it was told; of two of one time the one that came last."""
    found: dict[tuple[str, str | None, str | None], Json] = {}
    for one in told:
        before = found.get(_key(one))
        if before is None or datetime.fromisoformat(one["at"]) >= datetime.fromisoformat(before["at"]):
            found[_key(one)] = one
    return list(found.values())


def _key(one: Json) -> tuple[str, str | None, str | None]:
    return one["country"], one.get("post"), one.get("unit")


def _mended(country: str, text: str) -> str:
    if names := gazetteer.meant(country, text):
        return f"write {' or '.join(names)}: so the gazetteer calls it"
    if near := gazetteer.nearest(country, text):
        return f"the nearest are {' or '.join(near)}; whoever is at no crossing is named as a unit"
    return "name it as a unit: the gazetteer has no posts of this country"

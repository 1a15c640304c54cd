"""What a map is read by: the members' towns, and the posts on their frontiers, from our gazetteer."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from streams.reference.table import rows


@dataclass(frozen=True, slots=True)
class Landmark:
    """`country`: ISO 3166-1 alpha-2, of a post the first that it belongs to. Degrees of WGS 84, good for a drawing."""

    kind: Literal["town", "post"]
    name: str
    ru: str
    country: str
    lat: float
    lon: float


@cache
def landmarks() -> tuple[Landmark, ...]:
    """Towns, the first of each country before the second of any, then posts: where there is no room for all, the first count."""
    ranked: list[tuple[int, Landmark]] = []
    seen: dict[str, int] = {}
    for row in rows("towns.tsv"):
        name, ru, *_ = row["names"].split(";")
        rank = seen[row["country"]] = seen.get(row["country"], 0) + 1
        ranked.append((rank, Landmark("town", name, ru, row["country"], float(row["lat"]), float(row["lon"]))))
    towns = [town for _, town in sorted(ranked, key=lambda one: one[0])]
    posts = (
        Landmark("post", row["name"], row["name_ru"], row["country"], float(row["lat"]), float(row["lon"]))
        for row in rows("border_crossings.tsv")
    )
    return (*towns, *posts)

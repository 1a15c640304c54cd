"""Pages of a search on a real PostgreSQL."""

from datetime import timedelta
from typing import Any

import pytest

from streams.store.queries import Store
from streams.store.search import Search
from streams.store.visibility import Viewer
from tests.store_cases import Database, current
from tests.store_viewers import DESK, FAR, NOW

Json = dict[str, Any]


@pytest.mark.parametrize("viewer", [DESK, FAR], ids=["all", "half"])
@pytest.mark.parametrize("asked", [{}, {"q": "тайник"}, {"q": "собака"}, {"kind": "intelligence"}, {"q": "собака", "kind": "intelligence"}])
async def test_the_pages_together_are_all_that_is_found_be_it_few_or_more_than_are_counted(
    database: Database, store: Store, asked: Json, viewer: Viewer
) -> None:
    def word(number: int) -> str:
        return "собака" if number % 3 == 0 else "сканер"

    records = [
        current(
            f"R-{number}",
            title=f"тайник, {word(number)}",
            occurred=f"{NOW - timedelta(days=number % 400):%Y-%m-%d}",
            kind="intelligence" if number % 10 else "seizure",
            tlp="CLEAR" if number % 2 else "GREEN",
        )
        for number in range(1_150 if viewer is DESK else 2_300)
    ]
    await database.put("reports.current", records)
    read, cursor, totals = list[Json](), None, set[int | None]()
    while True:
        page = await store.search(viewer, Search(**asked, limit=200, cursor=cursor), now=NOW)
        read += page.items
        totals.add(page.total)
        if (cursor := page.next) is None:
            break
    expected = {
        record["report"]["report_id"]
        for number, record in enumerate(records)
        if ("q" not in asked or asked["q"] == "тайник" or word(number) == "собака")
        and asked.get("kind") in (None, record["report"]["kind"])
        and (viewer is DESK or number % 2)
    }
    assert len(read) == len(expected)
    assert {item["report_id"] for item in read} == expected
    assert totals == {min(1_000, len(expected))}
    assert [item["occurred"] for item in read] == sorted((item["occurred"] for item in read), reverse=True)

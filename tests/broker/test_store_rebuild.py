"""The store made again from its topics comes out the same."""

import asyncio
import json
import random
from itertools import groupby

import psycopg

from streams.store.migrations import migrate
from streams.store.rebuild import Step, canonical_dump, rebuild
from streams.store.search import Search
from tests.broker.store_bench import DESK, Centre, projecting
from tests.store_cases import current, incident, receipt
from tests.system import PATIENT_S

SEED = 20261122


async def dump(url: str, space: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return [line async for line in canonical_dump(connection, space)]


async def rows_of(url: str, space: str, table: str) -> list[str]:
    return [line for line in await dump(url, space) if line.startswith(f'["{table}"')]


async def write_a_mixture(centre: Centre) -> dict[str, int]:
    """Revisions in and out of order, holds, withdrawals, receipts, proposals; how many rows they make."""
    expected = {"reports": 40, "revisions": 0, "receipts": 0, "incidents": 1}
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    for number in range(40):
        applied = current(f"R-{number}", title=f"Тайник {number}", identifiers=_container(number))
        changes = [applied]
        if chance.random() < 0.5:
            changes.append(current(f"R-{number}", version=2, revision=3, title="поправка", substances=()))
            changes.append(current(f"R-{number}", version=3, revision=2, change="history", current_revision=3, title="опоздавшая"))
        if chance.random() < 0.3:
            changes.append(current(f"R-{number}", version=4, revision=4, change="withdrawn"))
        elif chance.random() < 0.3:
            changes.append({**changes[0], "version": 5, "change": "held", "hold": {"by": "d.coord", "reason": "x", "until": None}})
        receipts = [receipt(one) for one in changes if one["change"] in ("applied", "history")]
        await centre.write("reports.current", *changes)
        await centre.write("receipts", *receipts, key=lambda r: r["receipt"])
        expected["revisions"] += sum(one["change"] != "held" for one in changes)
        expected["receipts"] += len(receipts)
    await centre.write("incidents", incident(current("R-1"), current("R-2")), key=lambda r: r["proposal"])
    return expected


def _container(number: int) -> tuple[dict[str, object], ...]:
    value = f"MSKU{number:07d}"
    return (
        {"field": "containers[0].number", "kind": "container", "value": value, "key": f"container:{value}", "valid": True, "strong": True},
    )


async def test_rebuilt_it_is_the_same_line_by_line(centre: Centre) -> None:
    url, space = centre.settings.database_url.get_secret_value(), centre.settings.space
    expected = await write_a_mixture(centre)
    await centre.store.remember_idempotency("TJ-DCA", "n.rahimov", "key", "digest", 202, "application/json", {"receipts": []})
    async with projecting(centre.settings):
        async with asyncio.timeout(PATIENT_S):
            while {table: len(await rows_of(url, space, table)) for table in expected} != expected:
                await asyncio.sleep(0.05)
        before = await dump(url, space)
    steps: list[Step] = []
    await asyncio.to_thread(rebuild, centre.settings, steps.append)
    assert await dump(url, space) == before
    assert len(before) > 200
    # Loaded first, indexed afterwards: before the first index everything has been read, and what arrived meanwhile comes last.
    assert [what for what, _ in groupby(step.what for step in steps)] == [
        *("new tables", "records", "indexes", "statistics", "records", "new tables for old", "done")
    ]
    first_index = next(number for number, step in enumerate(steps) if step.what == "indexes")
    loaded, done = steps[first_index - 1], steps[-1]
    assert loaded.done == loaded.total == done.total > 40
    assert await centre.store.idempotency("TJ-DCA", "n.rahimov", "key") is not None
    assert await indexes(url, space) == await indexes_of_a_new_space(url, f"{space}-new")


async def test_a_proposal_told_twice_is_the_same_whether_read_at_once_or_one_by_one(centre: Centre) -> None:
    # Every block that two reports shared says that a proposal fell, each with the same order.
    url, space = centre.settings.database_url.get_secret_value(), centre.settings.space
    pairs = [(current(f"R-{n}"), current(f"S-{n}")) for n in range(30)]
    async with projecting(centre.settings):
        for status in ("proposed", "withdrawn"):
            for score in (0.9, 0.5):
                told = [incident(*pair, order=4, status=status) | {"score": score} for pair in pairs]
                await centre.write("incidents", *told, key=lambda r: r["proposal"])
                async with asyncio.timeout(PATIENT_S):
                    while not _all_say(await rows_of(url, space, "incidents"), status, score):
                        await asyncio.sleep(0.05)
        before = await dump(url, space)
    await asyncio.to_thread(rebuild, centre.settings)
    assert await dump(url, space) == before


def _all_say(lines: list[str], status: str, score: float) -> bool:
    bodies = [json.loads(line)[1]["body"] for line in lines]
    return len(bodies) == 30 and all((body["status"], body["score"]) == (status, score) for body in bodies)


async def test_a_projector_at_work_goes_on_in_the_new_tables(centre: Centre) -> None:
    await centre.write("reports.current", *[current(f"R-{n}") for n in range(20)])
    async with projecting(centre.settings):
        await centre.until_seen(20)
        writing = asyncio.create_task(_write_slowly(centre))
        for _ in range(3):
            await asyncio.to_thread(rebuild, centre.settings)
            assert (await centre.store.search(DESK, Search(limit=1))).total >= 20
        await writing
        assert len(await centre.until_seen(80)) == 80


async def _write_slowly(centre: Centre) -> None:
    for number in range(60):
        await centre.write("reports.current", current(f"S-{number}"))


async def indexes(url: str, space: str) -> list[str]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY indexname", (space,))
        return [definition.replace(f'"{space}".', "").replace(f"{space}.", "") for (definition,) in await found.fetchall()]


async def indexes_of_a_new_space(url: str, space: str) -> list[str]:
    migrate(url, space)
    return await indexes(url, space)

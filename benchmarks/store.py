"""The store at 200 000 reports: how fast it loads, and how long a search takes. Prints; asserts nothing.

    python -m benchmarks.store [--reports 200000] [--database postgresql://…]

Without a database it starts the embedded one. The reports are generated from a seed: seven states' agencies, four kinds, narratives in
Russian and English, names from a few thousand, containers; visibility labels in a mix that a network may have.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from streams.gateway.meaning import meanings
from streams.local.postgres import EmbeddedPostgres
from streams.store.migrations import migrate
from streams.store.queries import Store
from streams.store.rebuild import drop_indexes
from streams.store.rows import of_receipt, of_report
from streams.store.search import Search
from streams.store.visibility import Viewer
from streams.store.writing import Connection, prepare, write
from tests.store_cases import current, receipt, uuid_of

SEED, BATCH, SPACE = 2026, 4_000, "bench"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATES = {
    "TJ": (38.5, 71.0),
    "KG": (41.5, 74.5),
    "UZ": (41.0, 64.0),
    "KZ": (48.0, 67.0),
    "TM": (39.0, 59.5),
    "AZ": (40.4, 47.8),
    "RU": (55.0, 60.0),
}
SHARES = [30, 15, 18, 14, 8, 6, 9]
BRANCHES = ["DCA", "CUSTOMS", "BORDER", "POLICE"]
SUBSTANCES = {
    ("heroin", "Heroin", "opioids", "героин"): 40,
    ("opium", "Opium", "opioids", "опий"): 15,
    ("hashish", "Cannabis resin", "cannabis", "гашиш"): 25,
    ("methamphetamine", "Methamphetamine", "stimulants", "метамфетамин"): 10,
    ("mephedrone", "Mephedrone", "stimulants", "мефедрон"): 6,
    ("acetic-anhydride", "Acetic anhydride", "precursors", "уксусный ангидрид"): 3,
    ("tramadol", "Tramadol", "opioids", "трамадол"): 1,
}
NAMES = ["Каримов", "Рахимов", "Усманов", "Алиев", "Иванов", "Назаров", "Саидов", "Турсунов", "Касымов", "Мамедов", "Абдуллаев", "Юсупов"]
FIRST = ["Бахтиёр", "Рустам", "Алишер", "Тимур", "Дильшод", "Фарход", "Сергей", "Нурлан", "Азамат", "Шухрат", "Улугбек", "Эльдар"]
STORY = """
при досмотре грузового автомобиля обнаружен тайник в топливном баке свёртки вещество светлого цвета направлено на экспертизу водитель
задержан следовал транзитом через пункт пропуска груз сухофрукты документы изъяты the vehicle was stopped at the crossing and searched
by officers with a dog hidden compartment under the floor packages wrapped in tape sample sent to laboratory driver arrested route
"""
WORDS = STORY.split()


def reports(count: int) -> Iterator[dict[str, Any]]:
    """Generated CurrentReports, the same for the same count."""
    chance = random.Random(SEED)
    endings = ["", "зода", "бек", "ский", "уллин"]
    surnames = [f"{name}{chance.choice(endings)}{chance.choice('абвгдежз')}" for name in NAMES for _ in range(250)]
    posts = {state: [f"{chance.choice(['Пост', 'Застава', 'Таможня'])} {state} {n}" for n in range(60)] for state in STATES}
    for number in range(count):
        state = chance.choices(list(STATES), SHARES)[0]
        lat, lon = STATES[state]
        slug, name, group, said = chance.choices(list(SUBSTANCES), list(SUBSTANCES.values()))[0]
        post = chance.choice(posts[state])
        container = f"MSKU{chance.randrange(10_000_000):07d}"
        person = f"{chance.choice(surnames)} {chance.choice(FIRST)}"
        at = NOW - timedelta(seconds=chance.randrange(5 * 365 * 86_400))
        yield current(
            f"{at.year}-{number:06d}",
            originator=f"{state}-{chance.choice(BRANCHES)}",
            version=number,
            kind=chance.choices(["seizure", "intelligence", "controlled_delivery", "assistance_request"], [80, 14, 3, 3])[0],
            tlp=chance.choices(["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"], [3, 7, 50, 35, 5])[0],
            countries=(state, chance.choice(list(STATES))),
            received=(at + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            occurred=at.strftime("%Y-%m-%d"),
            place={
                "field": "place",
                "country": state,
                "name": post,
                "lat": lat + chance.uniform(-3, 3),
                "lon": lon + chance.uniform(-4, 4),
                "basis": "crossing",
                "accuracy_m": 500.0,
            },
            substances=({"slug": slug, "name": name, "group": group, "kg": f"{chance.expovariate(0.2):.3f}", "reported": said},),
            title=f"{said}, {post}",
            narrative=" ".join(chance.choices(WORDS, k=45)),
            parties=[{"kind": "person", "names": [person]}],
            containers=[{"number": container}],
            identifiers=(
                {
                    "field": "containers[0].number",
                    "kind": "container",
                    "value": container,
                    "key": f"container:{container}",
                    "strong": True,
                },
            ),
            names=({"field": "parties[0].names[0]", "name": person, "latin": person},),
        )


async def load(connection: Connection, count: int) -> float:
    """Reports a second through rows and COPY into the tables, generating left out."""
    spent = 0.0
    batch: list[dict[str, Any]] = []
    for number, report in enumerate(reports(count), 1):
        batch.append(report)
        if number % BATCH == 0 or number == count:
            began = time.perf_counter()
            rows = [row for one in batch for made in (of_report(one, ""), of_receipt(receipt(one), "")) for row in made]
            async with connection.transaction():
                await write(connection, rows)
            spent += time.perf_counter() - began
            batch.clear()
    return count / spent


async def measure(name: str, ask: Callable[[], Awaitable[Any]], times: int = 7) -> tuple[float, float]:
    """Print and return the median and the worst of some repetitions, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        found = await ask()
        took.append((time.perf_counter() - began) * 1_000)
    size = getattr(found, "total", None)
    print(f"  {name:<44} p50 {statistics.median(took):7.1f} ms   worst {max(took):7.1f} ms   {'' if size is None else f'total {size}'}")
    return statistics.median(took), max(took)


async def bench(url: str, count: int) -> None:
    """Load twice (with indexes, and indexes afterwards as `ric rebuild` does), then ask."""
    await load_all(url, count)
    store = await Store.open(url, SPACE)
    try:
        await ask_everything(store)
    finally:
        await store.close()


async def load_all(url: str, count: int) -> None:
    """Print how fast rows are built and loaded."""
    few = list(reports(min(count, 5_000)))
    began = time.perf_counter()
    built = sum(1 for report in few for _ in of_report(report, ""))
    took = time.perf_counter() - began
    print(f"rows built in Python: {built / took:,.0f} rows/s of {len(few) / took:,.0f} reports/s")
    options = f'-c search_path="{SPACE}",public -c synchronous_commit=off -c maintenance_work_mem=256MB -c jit=off'
    with psycopg.connect(url, autocommit=True) as plain:
        plain.execute(f"DROP SCHEMA IF EXISTS {SPACE} CASCADE")
    migrate(url, SPACE)
    async with await psycopg.AsyncConnection[tuple[Any, ...]].connect(url, options=options) as connection:
        await prepare(connection)
        await connection.commit()
        part = max(count // 10, 1)
        print(f"bulk load, indexes in place, {part:,} reports into empty tables: {await load(connection, part):,.0f} reports/s")
    with psycopg.connect(url, autocommit=True) as plain:
        plain.execute(f"DROP SCHEMA {SPACE} CASCADE")
    migrate(url, SPACE)
    async with await psycopg.AsyncConnection[tuple[Any, ...]].connect(url, options=options) as connection:
        indexes = await drop_indexes(connection, SPACE)
        await prepare(connection)
        await connection.commit()
        rate = await load(connection, count)
        began = time.perf_counter()
        for index in indexes:
            await connection.execute(index)
        await connection.commit()
        took = time.perf_counter() - began
        print(
            f"bulk load, indexes afterwards, {count:,} reports: {rate:,.0f} reports/s, indexes {took:.1f} s, "
            f"in all {count / (count / rate + took):,.0f} reports/s"
        )
        await connection.set_autocommit(True)
        began = time.perf_counter()
        await connection.execute("VACUUM ANALYZE")
        print(f"vacuum analyze {time.perf_counter() - began:.1f} s; sizes:")
        found = await connection.execute(
            "SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relnamespace = %s::regnamespace"
            " AND pg_relation_size(oid) > 10e6 ORDER BY pg_relation_size(oid) DESC",
            (SPACE,),
        )
        for name, size in await found.fetchall():
            print(f"  {name} {size}")


VIEWERS = {
    "coordinator": Viewer("d.coord", "CARICC", None, "coordinator"),
    "officer": Viewer("n.rahimov", "TJ-DCA", "TJ", "officer"),
    "officer of a state without reports": Viewer("x", "AM-NSS", "AM", "officer"),
    "contributor (sees nothing)": Viewer("x", "TJ-DCA", "TJ", "contributor"),
}


def searches() -> dict[str, dict[str, Any]]:
    """The query set."""
    sample = next(reports(1))
    number = sample["enrichment"]["identifiers"][0]["value"]
    surname = sample["enrichment"]["names"][0]["name"].split()[0]
    month = {"start": NOW - timedelta(days=200), "end": NOW - timedelta(days=170)}
    return {
        "everything": {},
        "word in half of all (dog)": {"q": "dog"},
        "substance by word (героин)": {"q": "героин"},
        "rare substance by word (трамадол)": {"q": "трамадол"},
        "surname": {"q": surname},
        "part of a surname": {"q": surname[1:-1]},
        "two words (героин тайник)": {"q": "героин тайник"},
        "by meaning (героин)": {"q": "героин", "meanings": meanings("героин")},
        "by meaning (трамадол Узбекистан)": {"q": "трамадол Узбекистан", "meanings": meanings("трамадол Узбекистан")},
        "by meaning (героин Панджи каримов)": {"q": "героин Панджи каримов", "meanings": meanings("героин Панджи каримов")},
        "first name and place (тимур застава)": {"q": "тимур застава"},
        "two letters (тр)": {"q": "тр"},
        "misspelt surname": {"q": "о" + surname[1:-1] + "й"},
        "misspelt common word (герроин)": {"q": "герроин"},
        "nothing at all (xyzzyqwv)": {"q": "xyzzyqwv"},
        "container number": {"q": number},
        "part of a number": {"q": number[2:8]},
        "identifier": {"identifier": f"{number[:4]} {number[4:]}"},
        "report number": {"q": sample["report"]["report_id"]},
        "substance heroin": {"substance": "heroin"},
        "substance трамадол": {"substance": "трамадол"},
        "country": {"country": "AZ"},
        "agency": {"agency": "AZ-DCA"},
        "kind": {"kind": "controlled_delivery"},
        "a month": month,
        "a month, country, substance": {**month, "country": "TJ", "substance": "heroin"},
        "box around a town": {"bbox": (68.5, 38.3, 69.1, 38.8)},
        "box around a region, rare substance": {"bbox": (55.0, 36.0, 75.0, 45.0), "substance": "tramadol"},
        "word in a box in a year": {"q": "тайник", "bbox": (66.0, 36.0, 72.0, 41.0), "start": NOW - timedelta(days=365)},
    }


async def ask_everything(store: Store) -> None:
    """Every search by every viewer, and the other reads."""
    took: list[tuple[float, float]] = []
    for who, viewer in VIEWERS.items():
        print(f"searches of a {who}:")
        for name, asked in searches().items():
            took.append(await measure(name, lambda viewer=viewer, asked=asked: store.search(viewer, Search(**asked), now=NOW)))
    medians = [median for median, _ in took]
    print(
        f"all {len(took)} searches: p50 {statistics.median(medians):.1f} ms, slowest median {max(medians):.1f} ms, "
        f"worst single {max(worst for _, worst in took):.1f} ms, over 50 ms: {sum(median > 50 for median in medians)}"
    )
    desk, officer, *_ = VIEWERS.values()
    first = await store.search(desk, Search(limit=200), now=NOW)
    print("other reads:")
    await measure("second page", lambda: store.search(desk, Search(cursor=first.next), now=NOW))
    await measure("counters", lambda: store.counters(desk, NOW))
    await measure("counters of an officer", lambda: store.counters(officer, NOW))
    await measure("counters of a day and a week", lambda: store.counters(desk, NOW, ["24h", "7d"]))
    await measure("map, 2 000 points", lambda: store.points(desk, None, None, None, 2_000, now=NOW))
    await measure("report", lambda: store.report(desk, uuid_of(next(reports(1))), now=NOW))
    await measure("receipts", lambda: store.receipts("TJ-DCA", None, None, 50))


def main() -> None:
    """Read the arguments and go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=200_000)
    parser.add_argument("--database", help="postgresql://… of a database that may be written to")
    asked = parser.parse_args()
    if asked.database:
        asyncio.run(bench(asked.database, asked.reports))
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, EmbeddedPostgres(Path(folder) / "postgres") as server:
        asyncio.run(bench(server.url, asked.reports))


if __name__ == "__main__":
    main()

"""Files in PostgreSQL: one upload through several hands, what waits for a scanner, and what is forgotten when."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import psycopg
import pytest

from streams.gateway import examiner
from streams.gateway.examiner import Examiner
from streams.store.attachments import Attachments, Bounds, OtherLength, OtherOffset, TooMuch, Upload
from streams.store.migrations import kept
from tests.delivery_cases import FOLLOWER, LEAD, STRANGER, Recorded
from tests.store_cases import Database
from tests.system import PATIENT_S
from tests.unit.attachments.files import photograph
from tests.unit.deliveries.office import DELIVERY
from tests.unit.gateway.test_clamd import EICAR, daemon

BOUNDS = Bounds(open=3, day_bytes=1_000_000)


@pytest.fixture
async def office(database: Database) -> Recorded:
    made = Recorded()
    made.running(2)
    await projected(database, made)
    return made


@pytest.fixture
async def files(database: Database, office: Recorded) -> AsyncIterator[Attachments]:
    opened = Attachments(database.url, database.space)
    yield opened
    await opened.close()


async def projected(database: Database, office: Recorded) -> None:
    for channel in ("deliveries.current", "deliveries.events"):
        await database.put(channel, [body for name, body in office.told if name == channel])


def sql(database: Database, query: str) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{kept(database.space)}"')
        connection.execute(query)


async def begun(files: Attachments, content: bytes) -> Upload:
    digest = hashlib.sha256(content).hexdigest()
    return await files.begin(LEAD, DELIVERY, sha256=digest, length=len(content), name="seal.jpg", bounds=BOUNDS)


async def whole(files: Attachments, content: bytes) -> UUID:
    upload = (await begun(files, content)).upload
    assert await files.append(LEAD, DELIVERY, upload, 0, content) == len(content)
    return upload


async def examined(files: Attachments, upload: UUID, *states: str, scanner: str | None = None) -> dict[str, object]:
    """The file once it stands so, with an examiner at work."""
    working = asyncio.create_task(Examiner(files, scanner).run())
    try:
        async with asyncio.timeout(PATIENT_S):
            while (row := await files.one(LEAD, DELIVERY, upload)) is None or not {row["state"], row["code"]} & set(states):
                await asyncio.sleep(0.02)
        return row
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def test_of_two_who_go_on_at_once_one_is_told_where_it_stands(files: Attachments) -> None:
    upload = (await begun(files, b"a" * 100)).upload
    assert (await begun(files, b"a" * 100)).upload == upload
    got = await asyncio.gather(*(files.append(LEAD, DELIVERY, upload, 0, b"a" * size) for size in (30, 30, 30, 30)), return_exceptions=True)
    assert sorted(str(one) for one in got) == ["30"] + ["the upload stands at 30"] * 3
    with pytest.raises(OtherOffset):
        await files.append(LEAD, DELIVERY, upload, 30, b"a" * 71)
    assert await files.append(FOLLOWER, DELIVERY, upload, 30, b"a") is None
    with pytest.raises(OtherLength):
        await files.begin(LEAD, DELIVERY, sha256=hashlib.sha256(b"a" * 100).hexdigest(), length=99, name=None, bounds=BOUNDS)


async def test_an_officer_has_bounds_of_his_own(files: Attachments) -> None:
    for content in (b"1", b"2", b"3"):
        await begun(files, content)
    with pytest.raises(TooMuch, match="open"):
        await begun(files, b"4")
    await files.begin(FOLLOWER, DELIVERY, sha256="00" * 32, length=1, name=None, bounds=BOUNDS)
    with pytest.raises(TooMuch, match="day"):
        await files.begin(FOLLOWER, DELIVERY, sha256="11" * 32, length=1_000_000, name=None, bounds=BOUNDS)


async def test_a_file_waits_for_its_scanner_and_what_it_finds_is_gone(files: Attachments, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner, "SCAN_AGAIN_S", 0.05)
    monkeypatch.setattr(examiner, "IDLE_S", 0.05)
    clean, infected = await whole(files, photograph()), await whole(files, b"see here: " + EICAR)
    row = await examined(files, clean, "scan_waits", scanner="127.0.0.1:1")
    assert (row["state"], row["scanned"]) == ("received", None)
    async with daemon() as scanner:
        row = await examined(files, clean, "ready", scanner=scanner)
        assert (row["scanned"], row["code"]) == (True, None)
        row = await examined(files, infected, "refused", scanner=scanner)
    assert row["code"] == "infected"
    assert [piece async for piece in files.bytes_of(infected, shown=False)] == []


async def test_what_an_act_has_named_stays_though_nobody_noted_it(files: Attachments, database: Database, office: Recorded) -> None:
    upload, draft = await whole(files, photograph()), await whole(files, photograph(3))
    await examined(files, upload, "ready")
    await examined(files, draft, "ready")
    assert await files.one(FOLLOWER, DELIVERY, upload) is None
    named = {"id": str(upload), "sha256": "ab" * 32, "media_type": "image/jpeg", "bytes": 1}
    office.must("TJ-DCA/n.rahimov", "room", attachments=[named])
    office.must("TJ-DCA/n.rahimov", "room", says=f"not attached: {draft}")
    await projected(database, office)
    sql(database, "UPDATE uploads SET expires = now()")
    assert await files.forget() == 1
    found = await files.one(FOLLOWER, DELIVERY, upload)
    assert found is not None
    assert await files.one(STRANGER, DELIVERY, upload) is None
    assert await files.one(LEAD, DELIVERY, draft) is None
    assert b"".join([piece async for piece in files.bytes_of(upload, shown=False)]) == photograph()


async def test_files_go_when_their_delivery_has_been_kept_long_enough(files: Attachments, database: Database, office: Recorded) -> None:
    upload = await whole(files, photograph())
    await files.note("TJ-DCA", DELIVERY, [upload], [])
    with psycopg.connect(database.url, autocommit=True) as connection:
        for until, gone in (("2099-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1)):
            outcome = f'{{"outcome": {{"retain_until": "{until}"}}}}'
            query = f'UPDATE "{database.space}".deliveries SET open = FALSE, body = (body::jsonb || %s::jsonb)::json'
            connection.execute(query, (outcome,))
            assert await files.forget() == gone
    assert await files.one(LEAD, DELIVERY, upload) is None

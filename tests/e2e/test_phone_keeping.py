"""What an officer's phone keeps without a line ends by itself, and what was written and not received never does."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.deliveries import Room
from tests.e2e.test_deliveries_phone import choose, phone
from tests.system import System

DESK = "+999 727 000-00"
READ = """() => new Promise((done) => { const open = indexedDB.open('ric-phone'); open.onsuccess = () => {
  const all = open.result.transaction('kept').objectStore('kept').getAll()
  all.onsuccess = () => { open.result.close(); done(all.result) } } })"""
AGE = """(ms) => new Promise((done) => { const open = indexedDB.open('ric-phone'); open.onsuccess = () => {
  const moved = open.result.transaction('kept', 'readwrite'), kept = moved.objectStore('kept'), last = kept.get('last')
  last.onsuccess = () => kept.put({ ...last.result, asOf: last.result.asOf - ms }, 'last')
  moved.oncomplete = () => { open.result.close(); done() } } })"""
LATER = "(ms) => { const now = Date.now; Date.now = () => now() + ms }"
SEVEN_HOURS = 7 * 3_600_000


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")


async def boards(page: Page) -> list[str]:
    """The deliveries in the phone's own database."""
    kept: list[dict[str, Any]] = await page.evaluate(READ)
    return [board["delivery"] for each in kept for board in each["boards"]]


async def with_the_desks_number(route: Route) -> None:
    answer = await route.fetch()
    await route.fulfill(response=answer, json={**await answer.json(), "desk": DESK})


async def test_boards_that_nobody_confirmed_for_hours_go_and_what_was_written_stays(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as page:
        await page.context.route("**/v1/me", with_the_desks_number)
        await page.reload()
        await choose(page, room)
        await page.context.unroute("**/v1/me")
        assert room.delivery in await boards(page)
        board, line, written = page.locator(".board"), page.locator(".line"), page.locator("li[data-act=check_in]")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="CHECK IN").click()
        await page.get_by_role("button", name="I SEE THE LOAD").click()
        await expect(written).to_contain_text("NOT YET RECEIVED")

        # While it is open.
        await page.evaluate(LATER, SEVEN_HOURS)
        await expect(board).to_contain_text("was removed from this phone: 6 h without the centre")
        await expect(board).to_contain_text("Get a line and sign in, or call the duty desk. What you wrote is kept.")
        await expect(line).to_contain_text("Nothing here is current")
        await expect(line.get_by_role("link", name=DESK)).to_have_attribute("href", "tel:+99972700000")
        await expect(written).to_contain_text("7 h ago")
        assert await boards(page) == []

        # Opened again, still without a line.
        await page.reload()
        await expect(board).to_contain_text("was removed from this phone")
        await expect(line.get_by_role("link", name=DESK)).to_be_visible()
        await expect(written).to_contain_text("NOT YET RECEIVED")

        await page.context.set_offline(False)
        await expect(written).to_have_attribute("data-state", "applied")
        await choose(page, room)
        await expect(board).not_to_contain_text("removed")

        # Too old when it is opened.
        await page.context.set_offline(True)
        await expect(line).to_contain_text("NO LINE. Shown as it stood")
        await page.evaluate(AGE, SEVEN_HOURS)
        await page.reload()
        await expect(board).to_contain_text("was removed from this phone")
        assert await boards(page) == []


async def test_a_delivery_that_is_over_goes_from_the_phone_at_once(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room, "TJ-DCA", "n.rahimov") as page:
        assert room.delivery in await boards(page)
        await page.get_by_role("button", name="ALERT").click()
        await asyncio.to_thread(room.must, "TJ-DCA", "aborted", part="A", reason="водитель скрылся")
        await expect(page.get_by_text(f"{room.delivery}: no longer open for you, removed from this phone")).to_be_visible()
        assert room.delivery not in await boards(page)
        # The sheet was opened for this delivery, and is of no other.
        await page.get_by_role("button", name="Armed persons").click()
        await expect(page.locator("li[data-act=alert]")).to_contain_text(room.delivery)

"""The map of a delivery's positions, in a real browser on the real running system: live, honest about age, and readable without it."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.browsing import Watched
from tests.e2e.deliveries import Room
from tests.e2e.test_deliveries_board import opened
from tests.e2e.tracking import DUSHANBE, SURKHOB, driven, fix, placed
from tests.system import System


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/E2E-MAP-{next(numbers)}")


async def test_the_map_follows_a_device_and_says_what_is_not_to_be_believed(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    device = await asyncio.to_thread(placed, room, silent_after_minutes=1)
    board = await opened(page, room)
    row = board.locator(f"[data-mark='{device.id}']")
    await expect(row).to_contain_text("no position yet")

    # Eight hours of its buffer, and where it is now.
    await asyncio.to_thread(device.report, *driven(SURKHOB, 8, until_s=5))
    await expect(row).to_have_attribute("data-stale", "no")
    await expect(row).to_contain_text("39.2100, 71.4000")
    await expect(row).to_contain_text("± 25 m")
    mark = board.locator(f"[data-at='{device.id}']")
    await expect(mark).to_contain_text("Part A")
    await expect(board.locator(".place-handover.is-stop")).to_contain_text("Ак-Жол")
    # What is round it can be read too: the country, towns, and how far it is.
    await expect(board.locator(".country", has_text="Tajikistan")).to_be_visible()
    await expect(board.locator(".landmark.town").first).to_be_visible()
    await expect(board.locator(".maplibregl-ctrl-scale")).to_contain_text("km")
    await page.evaluate("document.body.dataset.same = 'page'")

    # An impossible jump is shown and not believed.
    await asyncio.to_thread(device.report, fix(DUSHANBE))
    await expect(row).to_contain_text("impossible jump")
    await expect(row).to_contain_text("39.2100, 71.4000")
    await expect(board.locator(".place-jump")).to_be_visible()
    await expect(board.locator("ric-lines [data-kind=tracked]").first).to_contain_text("impossible jump")

    # What was current five minutes ago is so no more.
    old = await asyncio.to_thread(placed, room, device="GL-300-9", silent_after_minutes=1)
    await asyncio.to_thread(old.report, fix(SURKHOB[4], 300))
    await expect(board.locator(f"[data-mark='{old.id}']")).to_have_attribute("data-stale", "yes")
    await expect(board.locator(f"[data-at='{old.id}']")).to_contain_text("was Part A")
    assert await page.evaluate("document.body.dataset.same") == "page"

    # The same on the list of all, and reachable by the keyboard.
    await page.goto(f"{room.system.url}/#/deliveries")
    table = page.locator("ric-deliveries .places-table")
    await expect(table.locator(f"[data-mark='{device.id}']")).to_contain_text(room.delivery)
    canvas = page.locator("ric-deliveries .map canvas")
    await canvas.focus()
    await page.keyboard.press("ArrowLeft")
    assert await canvas.evaluate("each => each === document.activeElement")

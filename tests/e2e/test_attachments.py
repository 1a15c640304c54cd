"""A photograph from one officer's dashboard to another's, in real browsers on the real running centre."""

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, FilePayload, Route, expect

from tests.e2e.browsing import Watched, signed_in
from tests.e2e.deliveries import Room
from tests.e2e.test_deliveries_phone import phone
from tests.system import System
from tests.unit.attachments.files import SECRET, photograph


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/ATT-{next(numbers)}")


async def test_a_photograph_is_seen_by_the_next_officer_without_where_it_was_made(browser: Browser, desk: Watched, room: Room) -> None:
    await asyncio.to_thread(room.requested)
    address = f"{room.system.url}/#/delivery/{room.delivery}"
    await desk.page.goto(address)
    content = photograph(6)
    assert SECRET in content
    async with signed_in(browser, room.system, agency="KG-DCS", role="officer", person="t.eam", locale="ru-RU", at="deliveries") as officer:
        page = officer.page
        await page.goto(address)
        message = page.locator("ric-message")
        cut = asyncio.Event()

        async def break_once(route: Route) -> None:
            # The line breaks at the first piece; the page says that nothing is received yet, and goes on by itself.
            if route.request.method == "PATCH" and not cut.is_set():
                cut.set()
                await route.abort()
            else:
                await route.continue_()

        await page.route("**/attachments/*", break_once)
        await message.get_by_label("Текст").fill("пломба перед передачей")
        chosen = [
            FilePayload(name="IMG 001.jpg", mimeType="image/jpeg", buffer=content),
            FilePayload(name="x.svg", mimeType="image/png", buffer=b"<svg/>"),
        ]
        await message.locator("input[type=file]").set_input_files(chosen)
        await expect(message.locator("[data-upload=ready]")).to_contain_text("IMG 001.jpg")
        assert cut.is_set()
        refused = message.locator("[data-upload=refused]")
        await expect(refused).to_contain_text("SVG может содержать программы")
        await refused.get_by_role("button", name="Убрать: x.svg").click()
        await message.get_by_role("button", name="Отправить", exact=True).click()
        await expect(message).to_contain_text("Отправлено")
        # The line that broke is on the console, and nothing else is.
        officer.errors[:] = [error for error in officer.errors if "ERR_FAILED" not in error]
        assert officer.errors == []
        assert officer.outside == []

    line = desk.page.locator("ric-lines [data-kind=message]")
    await expect(line).to_contain_text("пломба перед передачей")
    small = line.locator("img")
    await expect(small).to_have_js_property("complete", True)
    assert await small.evaluate("image => image.naturalWidth > 0 && image.naturalWidth < image.naturalHeight")
    await line.get_by_role("button", name="Open JPEG").click()
    dialog = desk.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("not scanned")
    await expect(dialog.get_by_role("link", name="Original")).to_have_count(0)
    async with desk.page.expect_download() as saving:
        await dialog.get_by_role("link", name="Save").click()
    path: Any = await (await saving.value).path()
    saved = path.read_bytes()
    assert SECRET not in saved
    assert Image.open(io.BytesIO(saved)).size == (480, 640)
    await dialog.get_by_label("Item").fill("SEAL-1")
    await dialog.get_by_role("button", name="Enter as evidence").click()
    await expect(dialog.get_by_role("status")).to_have_text("Sent")
    await desk.page.keyboard.press("Escape")
    await expect(line.get_by_role("button", name="Open JPEG")).to_be_focused()
    await expect(desk.page.locator("ric-lines [data-kind=evidence] img")).to_be_visible()


async def test_a_photograph_from_the_phone_waits_for_a_line_and_says_so(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as page:
        await page.context.set_offline(True)
        await expect(page.locator(".line")).to_contain_text("NO LINE")
        await page.locator(".photo input").set_input_files([FilePayload(name="IMG.jpg", mimeType="image/jpeg", buffer=photograph())])
        waiting = page.locator("li[data-act=photo]")
        await expect(waiting).to_contain_text("NOT YET RECEIVED by the centre")
        await expect(waiting).to_contain_text("0 / ")
        await page.reload()
        await expect(waiting).to_contain_text("NOT YET RECEIVED by the centre")
        await page.context.set_offline(False)
        await expect(page.locator("li[data-act=room]")).to_contain_text("RECEIVED by the centre")
        await expect(waiting).to_have_count(0)
    (message,) = [line["what"] for line in await asyncio.to_thread(room.lines) if line["kind"] == "message"]
    assert [file["media_type"] for file in message["attachments"]] == ["image/jpeg"]

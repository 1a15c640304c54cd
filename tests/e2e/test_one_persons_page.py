"""A page is one person's: with the session of another it does nothing, and says whose the browser is."""

import asyncio
from collections.abc import Iterator

from playwright.async_api import Browser, expect

from tests.e2e.browsing import sign_in_link, signed_in
from tests.e2e.deliveries import Room
from tests.system import System


async def test_a_page_of_one_officer_ends_when_another_signs_in(browser: Browser, running_system: System, numbers: Iterator[int]) -> None:
    room = Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, running_system, at="deliveries") as watched:
        page = watched.page
        await page.goto(f"{running_system.url}/#/delivery/{room.delivery}")
        await page.get_by_role("button", name="STOP").first.click()
        await page.get_by_role("dialog").get_by_label("Reason").fill("left the road")
        # The cookie is another's, and no page was told.
        await page.context.request.get(sign_in_link(running_system, person="n.ight"))
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-ended-by='CARICC/n.ight']")).to_contain_text("not sent under the new name")
        assert "stop_request" not in [line["kind"] for line in await asyncio.to_thread(room.lines)]
        # From there on it is the other's.
        await page.get_by_role("button", name="Open the page as CARICC/n.ight").click()
        await expect(page.locator(".me")).to_contain_text("n.ight")
        await expect(page.locator("main")).not_to_contain_text(room.delivery)

"""Alarms are heard: by one tab, until they are acknowledged, and never silenced by a mute that is older than they are."""

import asyncio
import re
from collections.abc import Iterator

from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browsing import signed_in
from tests.e2e.deliveries import DESK, Room
from tests.system import System

HEARER = "h.earer"
DANGER = "3"


def sound(page: Page) -> Locator:
    return page.locator("ric-sound")


async def test_an_alarm_is_heard_from_one_tab_until_it_is_acknowledged(
    browser: Browser, running_system: System, numbers: Iterator[int]
) -> None:
    room = Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")
    await asyncio.to_thread(room.running, 2)
    await asyncio.to_thread(room.must, DESK, "room", enters=[f"CARICC/{HEARER}"])
    async with signed_in(browser, running_system, person=HEARER, at="deliveries") as watched:
        page = watched.page
        # Nobody has touched the page: it may not sound, and says so, on every page.
        await page.goto(f"{running_system.url}/#/search")
        await expect(sound(page)).to_have_attribute("data-sound", "off")
        await sound(page).get_by_role("button", name="SOUND IS OFF").press("Enter")
        await expect(sound(page)).to_have_attribute("data-sound", "on")
        await asyncio.to_thread(room.must, "TJ-DCA", "alert", reason="вооружённые люди")
        await expect(sound(page)).to_have_attribute("data-sounding", DANGER)
        await expect(page).to_have_title(re.compile(r"^\([1-9]\d*!\) ric$"))

        # A second tab is silent while the first sounds, and takes over when it is closed.
        second = await page.context.new_page()
        await second.goto(running_system.url)
        await expect(second.locator("ric-alarm-bar")).to_contain_text(room.delivery)
        await second.locator("ric-alarm-bar .alarm-bar strong").click()
        await expect(sound(second)).to_have_attribute("data-sound", "on")
        await expect(sound(second)).to_have_attribute("data-sounding", "0")
        await page.close()
        await expect(sound(second)).to_have_attribute("data-sounding", DANGER)

        # What rings anew is newer than the mute.
        await sound(second).get_by_role("button", name="Mute these for 5 min").click()
        await expect(sound(second)).to_have_attribute("data-sounding", "0")
        await expect(sound(second).locator("[data-muted]")).to_contain_text("Muted until")
        await asyncio.to_thread(room.must, "TJ-DCA", "alert", reason="стреляют")
        await expect(sound(second)).to_have_attribute("data-sounding", DANGER)

        await second.goto(f"{running_system.url}/#/delivery/{room.delivery}")
        alerts = second.locator("[data-alarm][data-kind=alert]")
        await expect(alerts).to_have_count(2)
        # Both names first: what is acknowledged changes its place in the list.
        for alarm in [await one.get_attribute("data-alarm") for one in await alerts.all()]:
            await asyncio.to_thread(room.must, DESK, "alarm_acknowledged", alarm=alarm)
        await expect(sound(second)).not_to_have_attribute("data-sounding", DANGER)
        assert watched.errors == []

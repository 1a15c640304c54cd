"""REAL, NOT EXERCISE, pressed in an exercise's pages: it stands over every page of the live duty desk until somebody has called."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from secrets import token_hex

import pytest
from playwright.async_api import Browser, expect

from streams.local.exercise import connect
from tests.e2e.browsing import sign_in_link, signed_in
from tests.system import System, ending

CONTACT = "+7 727 000 00 00"


@pytest.fixture(scope="module")
async def live(running_system: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A live centre's gateway on the same servers, to which the exercise is connected."""
    folder: Path = tmp_path_factory.mktemp("live")
    live = System(running_system.kafka, running_system.database, f"live-{token_hex(4)}", folder, partitions=1)
    with ending(live):
        await live.install()
        live.start("gateway")
        await asyncio.to_thread(live.wait_ready)
        connect(live.settings, running_system.settings)
        running_system.end("gateway")
        running_system.start("gateway", RIC_REAL_URL=live.url, RIC_REAL_CONTACT=CONTACT)
        await asyncio.to_thread(running_system.wait_ready)
        yield live
        running_system.end("gateway")
        running_system.start("gateway")
        await asyncio.to_thread(running_system.wait_ready)


async def test_an_officer_in_an_exercise_reaches_the_live_duty_desk(browser: Browser, running_system: System, live: System) -> None:
    async with (
        signed_in(browser, live, at="deliveries") as desk,
        signed_in(browser, live, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as stranger,
    ):
        alerts = desk.page.locator("[data-real-alert]")
        await expect(alerts).to_have_count(0)
        async with signed_in(browser, running_system, agency="KG-DCS", role="officer", person="t.eam", at="deliveries") as trainee:
            page = trainee.page
            await page.get_by_role("button", name="REAL, NOT EXERCISE").click()
            dialog = page.get_by_role("dialog")
            await expect(dialog).to_contain_text(CONTACT)
            await dialog.get_by_role("button", name="Tell the live centre").click()
            await expect(dialog.locator("[data-real=reached]")).to_contain_text("will call you")
        await expect(alerts).to_contain_text(f"KG-DCS/t.eam says so in {running_system.space}: call them now")

        # On every page, and after it is opened anew; and for the duty desk alone.
        await desk.page.goto(f"{live.url}/#/search")
        await desk.page.reload()
        await expect(alerts).to_have_count(1)
        await expect(stranger.page.locator("ric-link [data-state=live]")).to_be_visible()
        await expect(stranger.page.locator("[data-real-alert]")).to_have_count(0)
        await alerts.get_by_role("button", name="I have called").click()
        await expect(alerts).to_have_count(0)
        assert desk.outside == []
        assert desk.errors == []


async def test_where_nobody_is_reached_the_officer_is_told_to_call(browser: Browser, running_system: System, live: System) -> None:
    live.end("gateway")
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    page = await context.new_page()
    await page.goto(sign_in_link(running_system, "KZ-KNB", "officer", "a.seitkali") + "&to=phone")
    await page.wait_for_url(f"{running_system.url}/phone")
    await expect(page.locator(".line")).to_have_attribute("data-state", "live")
    await page.get_by_role("button", name="REAL, NOT EXERCISE").click()
    await page.get_by_role("button", name="Tell the live centre").click()
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_contain_text(f"NOBODY WAS REACHED. Trying again. Call: {CONTACT}")
    live.start("gateway")
    await asyncio.to_thread(live.wait_ready)
    await expect(sheet).to_contain_text("The live centre has it and will call you")
    async with signed_in(browser, live, at="deliveries") as desk:
        await expect(desk.page.locator("[data-real-alert]")).to_contain_text("KZ-KNB/a.seitkali")
    await context.close()

"""The shift's handover in a real browser: items accepted one by one, what is said when the feed breaks, in both languages."""

import asyncio
from collections.abc import Iterator

from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.browsing import Watched, signed_in
from tests.e2e.deliveries import Room
from tests.system import System

FIRST, SECOND = "d.officer", "n.ight"


async def shift(page: Page, system: System) -> None:
    await page.goto(f"{system.url}/#/shift")
    await expect(page.locator(".shift[data-live=true]")).to_be_visible()


async def test_at_eight_each_item_is_accepted_by_itself_and_the_page_says_when_it_is_not_live(
    desk: Watched, browser: Browser, running_system: System, numbers: Iterator[int]
) -> None:
    outgoing = desk.page
    room = Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")
    await shift(outgoing, running_system)
    await outgoing.locator("[data-act=on]").click()
    await expect(outgoing.locator("[data-duty=on]")).to_be_visible()
    await asyncio.to_thread(room.requested)
    await asyncio.to_thread(room.must, "TJ-DCA", "alert", reason="колонна остановилась")
    ours = outgoing.locator("[data-item]", has_text=room.delivery)
    await expect(ours).to_have_count(2)
    for _ in range(2):
        waits = ours.filter(has=outgoing.locator("[data-act=accept]"))
        left = await waits.count()
        await waits.first.locator("[data-act=accept]").press("Enter")
        await expect(waits).to_have_count(left - 1)
    # Who comes is named in the room, and finds both in the hands of the other.
    await asyncio.to_thread(room.must, f"CARICC/{FIRST}", "room", enters=[f"CARICC/{SECOND}"])
    async with signed_in(browser, running_system, person=SECOND, locale="ru-RU", at="deliveries") as watched:
        incoming = watched.page
        await shift(incoming, running_system)
        await expect(incoming.get_by_role("heading", level=1, name="Дежурство")).to_be_visible()
        await incoming.locator("[data-act=on]").click()
        theirs = incoming.locator("[data-item]", has_text=room.delivery)
        await expect(theirs).to_have_count(2)
        await outgoing.locator("[data-act=leave]").click()
        await expect(outgoing.locator("[data-duty=leaving]")).to_be_visible()
        await expect(outgoing.locator("[data-act=off]")).to_be_disabled()
        await expect(outgoing.locator("[data-duty=leaving]")).to_contain_text("still yours")
        await expect(incoming.get_by_role("button", name="Принять")).not_to_have_count(0)
        for kind in ("alarm", "delivery"):
            one = incoming.locator(f"[data-item][data-kind={kind}]", has_text=room.delivery)
            await expect(one).to_have_attribute("data-responsible", f"CARICC/{FIRST}")
            await one.locator("[data-act=accept]").click()
            await expect(one).to_have_attribute("data-responsible", f"CARICC/{SECOND}")
        await expect(outgoing.locator(f"[data-item][data-responsible='CARICC/{SECOND}']", has_text=room.delivery)).to_have_count(2)

        # The feed breaks: nothing is shown as current, and nothing can be accepted.
        async def cut(route: Route) -> None:
            await route.abort()

        await incoming.route("**/v1/feeds/shift", cut)
        await incoming.context.set_offline(True)
        await expect(incoming.locator("[data-not-live]")).to_contain_text("Дежурство")
        await expect(incoming.locator(".shift")).to_have_attribute("data-live", "false")
        await incoming.context.set_offline(False)
        await incoming.unroute("**/v1/feeds/shift")
        await expect(incoming.locator(".shift[data-live=true]")).to_be_visible()
        assert watched.outside == []
    # The other tests' deliveries stay with whom they are: nobody accepts them here.
    assert desk.errors == []

"""The centre asks to be called: the agency's supervisor hears it, its officers see it, each call by itself, until it is read."""

import asyncio
from collections.abc import Iterator
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browsing import signed_in
from tests.e2e.deliveries import DESK, Room
from tests.e2e.reports import seizure
from tests.system import System, wait_until

PATROL = "KG-SDCA"
SUPERVISORS_RUNG = "2"


def kept_in_and_let_out(system: System, number: int) -> None:
    """A patrol reports the lorry of a delivery under way; at the delivery's end the centre asks its agency to call."""
    room = Room(system, f"TJ-DCA/E2E-{number}")
    room.running(2)
    lorry: dict[str, Any] = {"kind": "truck", "registration": f"9{number:0>3} XK 01", "country": "TJ"}
    system.publish([seizure(number, "Фура на посту", originator=PATROL, conveyances=[lorry])], agency=PATROL, wait="60s")
    with system.client(DESK.partition("/")[0], "coordinator", DESK.partition("/")[2]) as desk:
        alarms = lambda: desk.get(f"/v1/deliveries/{room.delivery}").json()["delivery"]["alarms"]  # noqa: E731
        wait_until(lambda: "guard_match" in {alarm["kind"] for alarm in alarms()}, "the match")
    room.must("TJ-DCA", "aborted", reason="the load is seized")


async def test_a_call_is_heard_by_the_supervisor_and_seen_by_officers_each_by_itself_until_it_is_read(
    browser: Browser, running_system: System, numbers: Iterator[int]
) -> None:
    await asyncio.to_thread(kept_in_and_let_out, running_system, next(numbers))
    await asyncio.to_thread(kept_in_and_let_out, running_system, next(numbers))
    with running_system.client(PATROL) as patrol:
        called = lambda: patrol.get("/v1/receipts", params={"status": "call_us"}).json()["items"]  # noqa: E731
        await asyncio.to_thread(wait_until, lambda: len(called()) == 2, "both calls")
    async with signed_in(
        browser, running_system, agency=PATROL, role="officer", person="c.hief", supervises=True, at="deliveries"
    ) as chief:
        page = chief.page
        await expect(calls(page)).to_have_count(2)
        await page.locator("header .me").click()
        await expect(page.locator("ric-sound")).to_have_attribute("data-sounding", SUPERVISORS_RUNG)
        await calls(page).first.get_by_role("button", name="Read").click()
        await expect(calls(page)).to_have_count(1)
        await expect(page.locator("ric-sound")).to_have_attribute("data-sounding", SUPERVISORS_RUNG)
        await page.reload()
        await expect(calls(page)).to_have_count(1)
        await expect(calls(page)).to_contain_text("Please call the centre now")
        await calls(page).get_by_role("button", name="Read").click()
        await expect(calls(page)).to_have_count(0)
        await page.locator("header .me").click()
        await expect(page.locator("ric-sound")).to_have_attribute("data-sound", "on")
        await expect(page.locator("ric-sound")).to_have_attribute("data-sounding", "0")
        assert chief.errors == []
    # No token but a supervisor's says whether there is one: other officers see it, and hear nothing. Analysts neither.
    async with signed_in(browser, running_system, agency=PATROL, role="officer", person="p.atrol", at="deliveries") as officer:
        await expect(calls(officer.page)).to_have_count(2)
        await officer.page.locator("header .me").click()
        await expect(officer.page.locator("ric-sound")).to_have_attribute("data-sound", "on")
        await expect(officer.page.locator("ric-sound")).to_have_attribute("data-sounding", "0")
    async with signed_in(browser, running_system, agency=PATROL, role="analyst", person="a.nalyst") as analyst:
        await expect(analyst.page.locator("ric-feed")).to_be_visible()
        await expect(calls(analyst.page)).to_have_count(0)


def calls(page: Page) -> Locator:
    return page.locator("[data-call]")

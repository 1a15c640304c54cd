"""What a duty officer does and sees, in a real browser on the real running system."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from tests.e2e.browsing import Watched, sign_in_link, signed_in
from tests.e2e.reports import seizure, withdrawal
from tests.system import PATIENT_S, System

PHONE: ViewportSize = {"width": 390, "height": 844}


async def publish(system: System, *reports: dict[str, Any], agency: str = "TJ-DCA") -> list[dict[str, Any]]:
    """Publish and wait for the receipts."""
    return await asyncio.to_thread(system.publish, reports, agency=agency, wait="20s")


def in_feed(page: Page, title: str) -> Locator:
    return page.locator("ric-feed li.row", has_text=title)


async def points(page: Page) -> int:
    return int(await page.locator("ric-map [data-points]").get_attribute("data-points") or 0)


async def open_report(page: Page, title: str) -> None:
    await in_feed(page, title).get_by_role("link", name=title).click()
    await expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


async def test_a_published_report_appears_in_feed_counters_and_map_without_reload(
    front: Watched, running_system: System, numbers: Iterator[int]
) -> None:
    page = front.page
    await page.locator("ric-map .map-note").wait_for(state="detached")
    await page.evaluate("document.body.dataset.same = 'page'")
    before = await points(page)
    all_of_them = page.locator("ric-counters").get_by_role("button", name="All").locator("b")
    await expect(all_of_them).to_have_text(re.compile(r"\d"))
    known = await all_of_them.inner_text()
    title = f"Героин в тайнике {next(numbers)}"

    await publish(running_system, seizure(next(numbers), title))

    row = in_feed(page, title)
    await expect(row).to_be_visible()
    await expect(row).to_have_class(re.compile("fresh"))
    await expect(row).to_contain_text("TLP:AMBER")
    await expect(row).to_contain_text("Tajikistan")
    await expect(row).to_contain_text("3.5 kg")
    await expect(page.locator("ric-map [data-points]")).to_have_attribute("data-points", str(before + 1))
    await expect(page.locator("ric-counters")).to_contain_text("Tajikistan")
    await expect(all_of_them).not_to_have_text(known)
    assert await page.evaluate("document.body.dataset.same") == "page"


async def test_a_one_time_link_signs_in_once(browser: Browser, running_system: System) -> None:
    link = sign_in_link(running_system)
    first, second = await browser.new_context(), await browser.new_context()
    page, other = await first.new_page(), await second.new_page()

    await page.goto(link)
    await page.wait_for_url(f"{running_system.url}/")
    await expect(page.locator("ric-app")).to_contain_text("d.officer")
    answer = await other.goto(link)

    assert answer is not None
    assert answer.status == 403
    stranger = await other.goto(running_system.url)
    assert stranger is not None
    assert stranger.status == 401
    assert await other.locator("ric-app").count() == 0
    cookies = await first.cookies()
    assert all(cookie.get("httpOnly") and cookie.get("sameSite") == "Strict" for cookie in cookies)
    assert await page.evaluate("document.cookie") == ""
    await first.close()
    await second.close()


async def test_search_finds_cyrillic_and_opens_by_the_slash_key(front: Watched, running_system: System, numbers: Iterator[int]) -> None:
    page = front.page
    title = f"Гашиш под сухофруктами, Худжанд {next(numbers)}"
    await publish(running_system, seizure(next(numbers), title))
    await expect(in_feed(page, title)).to_be_visible()

    await page.keyboard.press("/")
    field = page.get_by_label("Search text")
    await expect(field).to_be_focused()
    await field.fill("сухофруктами")
    found = page.locator("ric-search li.row", has_text=title)
    # The feed is ahead of the store.
    async with asyncio.timeout(PATIENT_S):
        while not await found.count():
            async with page.expect_response("**/v1/search?*"):
                await page.keyboard.press("Enter")
    await expect(found).to_be_visible()
    await field.fill("несуществующееслово")
    await page.keyboard.press("Enter")
    await expect(found).to_have_count(0)


async def test_a_report_shows_both_sides_and_what_a_revision_changed(
    front: Watched, running_system: System, numbers: Iterator[int]
) -> None:
    page = front.page
    number = next(numbers)
    title = f"Weighed twice {number}"
    wrong_container = [{"number": "MSKU1234566"}]
    await publish(running_system, seizure(number, title, containers=wrong_container))
    await expect(in_feed(page, title)).to_be_visible()
    await open_report(page, title)
    await expect(page.locator("ric-report")).to_contain_text("check digit WRONG")
    await expect(page.locator("ric-report [aria-labelledby=written]")).to_contain_text("героин")
    await expect(page.locator("ric-report [aria-labelledby=found]")).to_contain_text("3.5 kg")

    heavier = [{"name": "героин", "quantity": {"amount": "4.25", "unit": "кг"}}]
    corrected = seizure(number, title, revision=2, substances=heavier, correction={"reason": "weighed again"})
    await publish(running_system, corrected)

    second = page.locator("[data-revision='2']")
    change = second.locator("tr", has_text="substances[0].quantity.amount")
    await expect(change.locator("del")).to_have_text("3.5")
    await expect(change.locator("ins")).to_have_text("4.25")
    await expect(second).to_contain_text("weighed again")


async def test_a_withdrawn_report_is_struck_and_leaves(front: Watched, running_system: System, numbers: Iterator[int]) -> None:
    page = front.page
    await page.locator("ric-map .map-note").wait_for(state="detached")
    before = await points(page)
    report = seizure(next(numbers), f"Entered twice {next(numbers)}")
    await publish(running_system, report)
    row = in_feed(page, report["title"])
    await expect(row).to_be_visible()
    await expect(page.locator("ric-map [data-points]")).to_have_attribute("data-points", str(before + 1))

    await publish(running_system, withdrawal(report))

    await expect(row).to_have_class(re.compile("gone"))
    await expect(page.locator("ric-map [data-points]")).to_have_attribute("data-points", str(before))
    await expect(row).to_have_count(0)


async def test_a_report_that_names_only_its_country_says_that_its_point_is_rough(
    front: Watched, running_system: System, numbers: Iterator[int]
) -> None:
    page = front.page
    title = f"Somewhere {next(numbers)}"
    await publish(running_system, seizure(next(numbers), title, place={"country": "TM"}))
    mark = in_feed(page, title).locator("abbr")
    await expect(mark).to_have_attribute("title", re.compile("middle of the country"))
    await open_report(page, title)
    await expect(page.locator("ric-report [aria-labelledby=found]")).to_contain_text("the exact place is not known")


async def test_a_dead_letter_shows_reason_mend_and_original(browser: Browser, running_system: System, numbers: Iterator[int]) -> None:
    number = next(numbers)
    report = seizure(number, f"Conflict {number}")
    await publish(running_system, report)
    await publish(running_system, report | {"title": f"Other words, same revision {number}"})

    async with signed_in(browser, running_system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as watched:
        page = watched.page
        await page.get_by_role("link", name="Dead letters").click()
        letter = page.locator("[data-letter]").first
        await expect(letter).to_contain_text("revision")
        await expect(letter).to_contain_text("To mend")
        await letter.get_by_text("Show original").click()
        await expect(letter.locator("pre").first).to_contain_text(f"Other words, same revision {number}")


async def test_a_red_report_of_another_agency_is_never_shown(browser: Browser, running_system: System, numbers: Iterator[int]) -> None:
    secret, open_ = f"Secret {next(numbers)}", f"Open {next(numbers)}"
    async with (
        signed_in(browser, running_system) as coordinator,
        signed_in(browser, running_system, agency="KZ-KNB", role="officer", person="a.seitkali") as officer,
        signed_in(browser, running_system, agency="TJ-DCA", role="officer", person="n.rahimov") as owner,
    ):
        red = seizure(next(numbers), secret, tlp="RED", containers=[{"number": "MSKU1234565"}])
        await publish(running_system, red)
        # Sent after it and open to all: once this one is there, the red one would be there too.
        await publish(running_system, seizure(next(numbers), open_, tlp="GREEN"))
        await expect(in_feed(owner.page, secret)).to_be_visible()
        for watched in (coordinator, officer):
            await expect(in_feed(watched.page, open_)).to_be_visible()
            await expect(in_feed(watched.page, secret)).to_have_count(0)
            await watched.page.keyboard.press("/")
            await watched.page.get_by_label("Search text").fill(secret)
            await watched.page.keyboard.press("Enter")
            await expect(watched.page.locator("ric-search [role=status]")).not_to_have_text("Searching…")
            await expect(watched.page.get_by_text(secret)).to_have_count(0)


async def test_a_report_is_held_and_released_from_its_page(browser: Browser, running_system: System, numbers: Iterator[int]) -> None:
    title = f"Held {next(numbers)}"
    async with signed_in(browser, running_system) as desk, signed_in(browser, running_system, role="supervisor", person="s.boss") as other:
        await publish(running_system, seizure(next(numbers), title))
        await expect(in_feed(other.page, title)).to_be_visible()
        await open_report(desk.page, title)

        await desk.page.get_by_role("button", name="Hold…").click()
        await desk.page.get_by_label("Reason").fill("operation under way")
        await desk.page.get_by_role("button", name="Hold", exact=True).click()
        await expect(in_feed(other.page, title)).to_have_count(0)
        # Leak rule 5: an open page of it empties too, and the one who decided can take it back from there.
        await expect(desk.page.get_by_text("withdrawn or no longer shown")).to_be_visible()
        await expect(desk.page.locator("ric-report")).not_to_contain_text(title)

        await desk.page.get_by_role("button", name="Release…").click()
        await desk.page.get_by_label("Reason").fill("operation over")
        await desk.page.get_by_role("button", name="Release", exact=True).click()
        await expect(in_feed(other.page, title)).to_be_visible()
        await expect(desk.page.locator("ric-report")).to_contain_text(title)


async def test_pausing_freezes_the_list_and_resuming_shows_what_waited(
    front: Watched, running_system: System, numbers: Iterator[int]
) -> None:
    page = front.page
    title = f"While paused {next(numbers)}"
    await page.get_by_role("button", name="Pause").click()
    await publish(running_system, seizure(next(numbers), title))
    await expect(page.locator("ric-feed")).to_contain_text("Paused: 1 waiting")
    await expect(in_feed(page, title)).to_have_count(0)
    await page.get_by_role("button", name="Resume").click()
    await expect(in_feed(page, title)).to_be_visible()


async def test_everything_is_reached_by_keyboard_alone(front: Watched, running_system: System, numbers: Iterator[int]) -> None:
    page = front.page
    title = f"By keyboard {next(numbers)}"
    await publish(running_system, seizure(next(numbers), title))
    await expect(in_feed(page, title)).to_be_visible()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == title:
            break
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", level=1, name=title)).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(page.get_by_role("link", name="Back")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("ric-feed")).to_be_visible()


async def test_it_speaks_russian_and_fits_a_phone(browser: Browser, running_system: System) -> None:
    async with signed_in(browser, running_system, locale="ru-RU", viewport=PHONE) as watched:
        page = watched.page
        await expect(page.get_by_role("heading", name="Лента сообщений")).to_be_visible()
        await expect(page.locator("ric-link")).to_contain_text("НА СВЯЗИ")
        for name in ("Поиск", "Отклонённые", "Сейчас"):
            await page.get_by_role("link", name=name, exact=True).click()
            for width in (390, 360):
                await page.set_viewport_size({"width": width, "height": 800})
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("heading", name="Live feed")).to_be_visible()
        assert watched.errors == []


async def test_times_carry_their_zone(desk: Watched) -> None:
    clock = desk.page.locator("button.clock")
    await expect(clock).to_contain_text("UTC+5")
    await clock.click()
    await expect(clock).to_have_text(re.compile(r"^\s*\d\d:\d\d UTC\s*$"))


async def test_a_browser_that_has_almaty_an_hour_off_shows_it_right(desk: Watched) -> None:
    # As a browser of before March 2024 has it: Omsk's hours are what Almaty's were.
    await desk.page.add_init_script("""
        const Right = Intl.DateTimeFormat;
        Intl.DateTimeFormat = function (language, options) {
            return new Right(language, options?.timeZone === "Asia/Almaty" ? { ...options, timeZone: "Asia/Omsk" } : options);
        };
        Intl.DateTimeFormat.prototype = Right.prototype;
        Intl.DateTimeFormat.supportedLocalesOf = Right.supportedLocalesOf;
    """)
    await desk.page.reload()
    shown = desk.page.locator("button.clock")
    await expect(shown).to_contain_text("UTC+5")
    there = datetime.now(UTC) + timedelta(hours=5)
    around = "|".join(f"{there + timedelta(minutes=minutes):%H:%M}" for minutes in (-1, 0, 1))
    await expect(shown).to_have_text(re.compile(rf"^\s*({around}) UTC\+5\s*$"))


async def test_signing_out_ends_the_session_on_every_page(browser: Browser, running_system: System) -> None:
    async with signed_in(browser, running_system) as watched:
        other = await watched.page.context.new_page()
        await other.goto(running_system.url)
        await other.locator("ric-link [data-state=live]").wait_for()
        await watched.page.get_by_role("button", name="Sign out").click()
        await expect(watched.page.locator("ric-app")).to_have_count(0)
        # By itself, within the feed's heartbeat: nobody need touch it.
        await expect(other.get_by_role("heading", name="Your session ended")).to_be_visible()
        await expect(other.locator("body")).to_contain_text("one-time sign-in link")


async def test_a_killed_gateway_is_said_and_what_it_missed_comes_without_a_gap(
    browser: Browser, gateway_killed: System, numbers: Iterator[int]
) -> None:
    system = gateway_killed
    async with signed_in(browser, system) as watched:
        page = watched.page
        before = f"Before {next(numbers)}"
        await publish(system, seizure(next(numbers), before))
        await expect(in_feed(page, before)).to_be_visible()
        await page.evaluate("document.body.dataset.same = 'page'")

        system.kill("gateway")
        await expect(page.locator("ric-link [data-state=reconnecting]")).to_be_visible()
        await expect(page.locator("ric-stale")).to_contain_text("NOT LIVE")
        await expect(page.locator("html")).to_have_attribute("data-link", "stale")

        # The page is kept from coming back first, so that it has to catch up.
        await page.context.set_offline(True)
        system.start("gateway")
        await asyncio.to_thread(system.wait_ready)
        missed = [f"Missed {next(numbers)}" for _ in range(3)]
        await publish(system, *(seizure(next(numbers), title) for title in missed))
        await page.context.set_offline(False)

        await expect(page.locator("ric-link [data-state=live]")).to_be_visible()
        await expect(page.locator("ric-stale")).to_be_empty()
        for title in [before, *missed]:
            await expect(in_feed(page, title)).to_have_count(1)
        await expect(page.locator("ric-feed")).not_to_contain_text("too old to replay")
        assert await page.evaluate("document.body.dataset.same") == "page"


async def test_nothing_is_served_without_a_session(running_system: System) -> None:
    async with httpx.AsyncClient(base_url=running_system.url) as stranger:
        for path in ("/v1/me", "/v1/search", "/v1/map", "/v1/counters", "/v1/feeds/all", "/v1/rejected"):
            assert (await stranger.get(path)).status_code == 401, path
        policy = (await stranger.get("/")).headers["content-security-policy"]
    assert "unsafe" not in policy


async def test_an_exercise_says_that_it_is_not_real(desk: Watched, running_system: System) -> None:
    await expect(desk.page.locator(".exercise-banner")).to_contain_text("EXERCISE, NOT REAL")
    await expect(desk.page.locator(".exercise-banner")).to_contain_text(running_system.space)

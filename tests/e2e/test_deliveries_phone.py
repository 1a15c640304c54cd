"""The officer's phone page: small, and honest without a line. In a real browser on the real running system."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from tests.e2e.browsing import Watched, sign_in_link
from tests.e2e.deliveries import LEGS, Room
from tests.system import System

MOST_BYTES = 60 * 1024
PHONE: ViewportSize = {"width": 390, "height": 844}
ACTS = "**/v1/deliveries/acts"


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")


def link(system: System, agency: str = "KG-DCS", person: str = "t.eam") -> str:
    return sign_in_link(system, agency, "officer", person) + "&to=phone"


@asynccontextmanager
async def phone(browser: Browser, room: Room, agency: str = "KG-DCS", person: str = "t.eam", locale: str = "en-GB") -> AsyncIterator[Page]:
    """The page with this delivery chosen, on line, and able to open without one."""
    context = await browser.new_context(locale=locale, viewport=PHONE)
    page = await context.new_page()
    await page.goto(link(room.system, agency, person))
    await page.wait_for_url(f"{room.system.url}/phone")
    await expect(page.locator(".line")).to_have_attribute("data-state", "live")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    await choose(page, room)
    try:
        yield page
    finally:
        await context.close()


async def choose(page: Page, room: Room) -> None:
    """Another test's delivery may be open too."""
    which = page.locator("main > select")
    await expect(which.locator(f"option[value='{room.delivery}|A']")).to_have_count(1)
    if await which.is_visible():
        await which.select_option(f"{room.delivery}|A")
    await expect(page.locator(".board h1")).to_have_text(f"{room.delivery} · A")


async def accept(page: Page, soil: str = "TJ") -> None:
    await page.get_by_role("button", name="ACCEPT").click()
    await page.get_by_label("Where?").select_option(soil)
    await page.get_by_role("button", name="ACCEPT: I SEE THE LOAD").click()


async def kinds(room: Room) -> list[str]:
    return [line["kind"] for line in await asyncio.to_thread(room.lines)]


async def test_the_whole_page_is_small(browser: Browser, running_system: System) -> None:
    context = await browser.new_context(viewport=PHONE)
    page = await context.new_page()
    sizes: dict[str, int] = {}
    async with page.expect_response(lambda response: response.url.endswith("/v1/me")):
        await page.goto(link(running_system))
    await page.wait_for_url(f"{running_system.url}/phone")
    await page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    named = await page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    code = {url for url in named if "/assets/" in url} | {page.url, f"{running_system.url}/phone-worker.js"}
    for url in code:
        sizes[url] = len(await (await context.request.get(url)).body())
    assert len([url for url in code if url.endswith(".js")]) >= 2
    assert all("region-map" not in url and "index-" not in url for url in code), "the dashboard is not part of the phone's page"
    # As it is unpacked: on the line it is less.
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    await context.close()


async def test_who_follows_the_load_says_that_it_is_lost_found_held_and_across_the_border(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running)
    async with phone(browser, room, "TJ-DCA", "n.rahimov") as page:
        state, check = page.locator(".board .state"), page.get_by_role("button", name="CHECK IN")
        await check.click()
        await page.get_by_role("button", name="LOAD LOST").click()
        await expect(state).to_have_text("CONTROL LOST")
        await check.click()
        await page.get_by_role("button", name="IN SIGHT AGAIN: Tajikistan. Seals intact").click()
        await expect(state).to_have_text("Under control")
        await asyncio.to_thread(room.must, "CARICC/d.officer", "stop_request", part="A", reason="иная операция")
        await expect(state).to_have_text("STOP REQUESTED")
        await check.click()
        await page.get_by_label("Where?").fill("стоянка у Вахдата")
        await page.get_by_label("Who guards it?").fill("двое, майор Каримов")
        await page.get_by_role("button", name="HELD UNDER GUARD").click()
        await expect(state).to_have_text("Held")
        await expect(page.locator("li[data-act=held]")).to_have_attribute("data-state", "applied")
        await page.context.set_offline(True)
        await page.get_by_role("button", name="CROSSED THE BORDER").click()
        await page.get_by_role("button", name="Kyrgyzstan").click()
        written = page.locator("li[data-act=crossed]")
        await expect(written).to_contain_text("CROSSED THE BORDER")
        await expect(written).to_contain_text("NOT YET RECEIVED by the centre")
        await page.context.set_offline(False)
        await expect(written).to_have_attribute("data-state", "applied")
        await expect(state).to_have_text("CROSSED, NOT ACCEPTED")
        # Back is the one way that is left.
        await page.get_by_role("button", name="CROSSED THE BORDER").click()
        await expect(page.get_by_role("dialog").get_by_role("button")).to_have_text(["Tajikistan", "Back"])
    said = ["control_lost", "regained", "held", "crossed"]
    assert [kind for kind in await kinds(room) if kind in said] == said


async def test_what_is_written_without_a_line_is_called_so_and_is_sent_once(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(lambda: room.running(2).offered())
    await asyncio.to_thread(room.must, "KG-DCS", "receiver_in_place", leg=2, eyes_on=True)
    async with phone(browser, room) as page:
        await page.context.set_offline(True)
        await expect(page.locator(".line")).to_contain_text("NO LINE. Shown as it stood")
        await accept(page, soil="KG")
        written = page.locator("li[data-act=acceptance]")
        await expect(written).to_contain_text("NOT YET RECEIVED by the centre")
        await expect(page.locator(".board")).to_contain_text("TJ-DCA")

        await page.reload()
        await expect(page.locator(".line")).to_contain_text("NO LINE. Shown as it stood")
        await expect(written).to_contain_text("NOT YET RECEIVED by the centre")
        await expect(page.get_by_role("button", name="ACCEPT")).to_be_disabled()
        assert "acceptance" not in await kinds(room)

        await page.context.set_offline(False)
        await expect(written).to_contain_text("RECEIVED by the centre")
        await expect(written).to_have_attribute("data-state", "applied")
        await expect(page.locator(".board")).to_contain_text("YOU (KG-DCS)")
        (accepted,) = [line for line in await asyncio.to_thread(room.lines) if line["kind"] == "acceptance"]
        assert accepted["what"]["country"] == "KG"
        await page.reload()
        await expect(written).to_have_attribute("data-state", "applied")
        assert (await kinds(room)).count("acceptance") == 1


async def test_an_answer_that_is_lost_is_not_known_and_asking_again_has_one_effect(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)

    lost = True

    async def swallow(route: Route) -> None:
        answer = await route.fetch()
        await (route.abort() if lost else route.fulfill(response=answer))

    async with phone(browser, room, "TJ-DCA", "n.rahimov") as page:
        await page.context.route(ACTS, swallow)
        await page.get_by_role("button", name="ALERT").click()
        await page.get_by_role("button", name="Armed persons").click()
        written = page.locator("li[data-act=alert]")
        await expect(written).to_contain_text("NO ANSWER: not known whether received")
        lost = False
        await expect(written).to_have_attribute("data-state", "applied")
        await expect(page.locator(".board")).to_contain_text("Open alarms: 1")
        assert (await kinds(room)).count("alert") == 1


async def test_a_queued_acceptance_expires_with_its_offer(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(lambda: room.running(2))
    async with phone(browser, room) as page:
        await asyncio.to_thread(lambda: room.offered(seconds=30))
        await asyncio.to_thread(room.must, "KG-DCS", "receiver_in_place", leg=2, eyes_on=True)
        await expect(page.get_by_role("button", name="ACCEPT")).to_be_enabled()
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
        await page.context.set_offline(True)
        await accept(page)
        written = page.locator("li[data-act=acceptance]")
        await expect(written).to_contain_text("NOT YET RECEIVED")
        await expect(written).to_contain_text("NOT SENT: the offer expired. You have NOT accepted.")
        await page.context.set_offline(False)
        await expect(page.locator(".line")).to_have_attribute("data-state", "live")
        await expect(written).to_have_attribute("data-state", "expired")
        assert posts == []
        assert "acceptance" not in await kinds(room)


async def test_nobody_sends_what_another_officer_wrote(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as page:
        await page.context.route(ACTS, lambda route: route.abort())
        await page.get_by_role("button", name="CHECK IN").click()
        await page.get_by_role("button", name="I SEE THE LOAD").click()
        written = page.locator("li[data-act=check_in]")
        await expect(written).to_have_attribute("data-state", "waiting")

        await page.goto(link(room.system, person="l.ater"))
        await page.wait_for_url(f"{room.system.url}/phone")
        await page.context.unroute(ACTS)
        await expect(page.locator("header")).to_contain_text("KG-DCS/l.ater")
        await expect(written).to_contain_text("Written by KG-DCS/t.eam: sent only when they sign in")
        # An act of the second officer goes through; the first one's did not go before it.
        await choose(page, room)
        await page.get_by_role("button", name="STOP").click()
        await page.get_by_role("button", name="Left the route").click()
        await expect(page.locator("li[data-act=stop_request]")).to_have_attribute("data-state", "applied")
        assert "check_in" not in await kinds(room)
        await expect(written).to_have_attribute("data-state", "waiting")


async def signed(room: Room, kind: str) -> list[str]:
    """Who signed the acts of this kind."""
    return [line["by"]["person"] for line in await asyncio.to_thread(room.lines) if line["kind"] == kind]


async def test_an_old_tab_sends_nothing_under_the_session_of_the_next_officer(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as old:
        asked, answered = asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            """What stands, asked for in the old session and told after it."""
            answer = await route.fetch()
            asked.set()
            await answered.wait()
            await route.fulfill(response=answer)

        await old.route("**/v1/deliveries?open=true*", late)
        await asked.wait()
        # The cookie is another's from one moment to the next: no page of this browser could tell.
        await old.context.request.get(link(room.system, person="l.ater"))
        await old.get_by_role("button", name="CHECK IN").click()
        await old.get_by_role("button", name="I SEE THE LOAD").click()
        await expect(old.locator(".line")).to_contain_text("KG-DCS/l.ater")
        await expect(old.locator("li[data-act=check_in]")).to_contain_text("Written by KG-DCS/t.eam: sent only when they sign in")
        async with old.expect_event("requestfinished", lambda request: "open=true" in request.url):
            answered.set()
        await expect(old.get_by_role("button", name="STOP")).to_be_disabled()
        await expect(old.locator(".board")).not_to_contain_text(room.delivery)
        assert await signed(room, "check_in") == []
        await old.unroute_all(behavior="ignoreErrors")

        # The next officer's page does not take it along, and the first one's sends it in the first one's name.
        await old.reload()
        await expect(old.locator("header")).to_contain_text("KG-DCS/l.ater")
        await choose(old, room)
        await old.get_by_role("button", name="STOP").click()
        await old.get_by_role("button", name="Left the route").click()
        await expect(old.locator("li[data-act=stop_request]")).to_have_attribute("data-state", "applied")
        await old.goto(link(room.system))
        await expect(old.locator("li[data-act=check_in]")).to_have_attribute("data-state", "applied")
        assert (await signed(room, "stop_request"), await signed(room, "check_in")) == (["l.ater"], ["t.eam"])


async def test_a_second_tab_takes_the_phone_over_at_once(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as old:
        await old.context.route(ACTS, lambda route: route.abort())
        await old.get_by_role("button", name="CHECK IN").click()
        await old.get_by_role("button", name="I SEE THE LOAD").click()
        await expect(old.locator("li[data-act=check_in]")).to_have_attribute("data-state", "waiting")
        new = await old.context.new_page()
        await new.goto(link(room.system, person="l.ater"))
        await new.wait_for_url(f"{room.system.url}/phone")
        # Nothing was asked of the centre in the old tab: it stops, and shows the next officer nothing.
        await expect(old.locator(".line")).to_contain_text("KG-DCS/l.ater")
        await expect(old.locator(".board")).not_to_contain_text(room.delivery)
        await old.context.unroute(ACTS)
        await choose(new, room)
        await new.get_by_role("button", name="STOP").click()
        await new.get_by_role("button", name="Left the route").click()
        await expect(new.locator("li[data-act=stop_request]")).to_have_attribute("data-state", "applied")
        await expect(new.locator("li[data-act=check_in]")).to_contain_text("Written by KG-DCS/t.eam")
        assert (await signed(room, "stop_request"), await signed(room, "check_in")) == (["l.ater"], [])


async def test_a_phone_that_is_full_sends_all_the_same(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room) as page:
        await page.evaluate("() => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') } }")
        for button, reason, act in (("ALERT", "Armed persons", "alert"), ("STOP", "Left the route", "stop_request")):
            await page.get_by_role("button", name=button).click()
            await page.get_by_role("button", name=reason).click()
            await expect(page.locator(f"li[data-act={act}]")).to_have_attribute("data-state", "applied")


async def test_an_alarm_of_the_officers_part_is_felt_and_duress_is_not(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room, "TJ-DCA", "n.rahimov") as page:
        await page.evaluate(
            "() => { Navigator.prototype.vibrate = () => (document.body.dataset.felt = 1 + Number(document.body.dataset.felt ?? 0)) }"
        )
        bell = page.get_by_role("button", name="Sound at an alarm")
        await expect(bell).to_have_attribute("aria-pressed", "false")
        await bell.click()
        await expect(bell).to_have_attribute("aria-pressed", "true")
        await asyncio.to_thread(room.must, "TJ-DCA", "check_in", part="A", eyes_on=True, duress=True)
        await asyncio.to_thread(room.must, "KG-DCS", "stop_request", part="A", reason="засада")
        await expect(page.locator(".board")).to_contain_text("Open alarms: 1")
        await expect(page.locator("body")).to_have_attribute("data-felt", "1")
        # However small the phone and however much is open, these two need no scrolling.
        await page.set_viewport_size({"width": 360, "height": 640})
        for word in ("STOP", "ALERT"):
            await expect(page.get_by_role("button", name=word, exact=True)).to_be_in_viewport(ratio=0.95)


async def test_the_screen_stays_on_while_the_officers_agency_is_in_control_and_no_longer(browser: Browser, room: Room) -> None:
    # An agency that is in control of nothing else.
    room = replace(room, way=(LEGS[0], ("KG", "KG-SDCA", "Ак-Жол"), *LEGS[2:]))
    follows = "KG-SDCA"
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room, follows, "f.ollows") as page:
        await page.add_init_script("""
            let held = 0;
            const tell = (more) => (document.documentElement.dataset.held = held += more);
            const ask = navigator.wakeLock.request.bind(navigator.wakeLock);
            navigator.wakeLock.request = async (kind) => {
                const sentinel = await ask(kind);
                tell(1);
                sentinel.addEventListener("release", () => tell(-1));
                return sentinel;
            };
        """)
        await page.reload()
        await expect(page.locator(".board")).to_contain_text("TJ-DCA")
        assert await page.locator("html").get_attribute("data-held") is None
        await asyncio.to_thread(room.offered)
        await asyncio.to_thread(room.must, follows, "receiver_in_place", leg=2, eyes_on=True)
        offer = next(line["act"] for line in await asyncio.to_thread(room.lines) if line["kind"] == "offer")
        await asyncio.to_thread(room.must, follows, "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
        await expect(page.locator("html")).to_have_attribute("data-held", "1")
        await asyncio.to_thread(room.must, follows, "aborted", reason="the load is seized")
        await expect(page.locator("html")).to_have_attribute("data-held", "0")


async def test_duress_shows_nowhere_but_at_the_centre(browser: Browser, desk: Watched, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    kept = "new Promise((done) => { const open = indexedDB.open('ric-phone'); open.onsuccess = () => { const all = open.result.transaction('queue').objectStore('queue').getAll(); all.onsuccess = () => done(all.result) } })"  # noqa: E501

    def bare(seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What is kept, without times, ids, and the letters of the sealed word, whose length stays."""
        return [{**entry, "id": 0, "at": 0, "act": {**entry["act"], "id": 0, "at": 0, "word": len(entry["act"]["word"])}} for entry in seen]

    seen: list[tuple[Any, ...]] = []
    async with phone(browser, room, "TJ-DCA", "n.rahimov") as page:
        await page.context.route(ACTS, lambda route: route.abort())
        for duress in (False, True):
            await page.get_by_role("button", name="CHECK IN").click()
            dialog = page.get_by_role("dialog")
            before = await dialog.inner_html()
            if duress:
                await dialog.get_by_role("heading").click()
            assert await dialog.inner_html() == before
            await page.get_by_role("button", name="I SEE THE LOAD").click()
            written = page.locator("li[data-act=check_in]")
            await expect(written).to_have_count(len(seen) + 1)
            await expect(written.first).to_have_attribute("data-state", "waiting")
            seen.append((before, await page.evaluate("document.title")))
        entries = await page.evaluate(kept)
        assert [entry["state"] for entry in entries] == ["waiting", "waiting"]
        first, second = bare([entry | {"tried": 0} for entry in entries])
        assert first == second
        assert seen[0] == seen[1]
        assert "duress" not in json.dumps(entries)

        await page.context.unroute(ACTS)
        for index in (0, 1):
            await expect(page.locator("li[data-act=check_in]").nth(index)).to_have_attribute("data-state", "applied")
        await expect(page.locator(".board")).not_to_contain_text("alarms")
        await desk.page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
        await expect(desk.page.locator("[data-alarm][data-kind=duress]")).to_contain_text("TJ-DCA/n.rahimov gave the duress code")
        assert (await kinds(room)).count("check_in") == 2


async def test_a_refusal_is_told_in_the_centres_words(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(lambda: room.running(2))
    async with phone(browser, room) as page:
        await page.get_by_role("button", name="RECEIVER IN PLACE").click()
        await asyncio.to_thread(lambda: room.offered())
        await asyncio.to_thread(room.must, "KG-DCS", "receiver_in_place", leg=2, eyes_on=True)
        offer = next(line["act"] for line in await asyncio.to_thread(room.lines) if line["kind"] == "offer")
        await asyncio.to_thread(room.must, "KG-DCS", "acceptance", leg=2, offer=offer, eyes_on=True)
        await page.get_by_role("button", name="I SEE THE LOAD").click()
        written = page.locator("li[data-act=receiver_in_place]")
        await expect(written).to_contain_text("REFUSED")
        await expect(written).to_contain_text("part A is on leg 2 already")


async def test_it_speaks_the_members_languages_and_marks_what_is_unofficial(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with phone(browser, room, locale="tg-TJ") as page:
        unofficial = page.locator(".unofficial")
        await expect(page.locator(".big .check")).to_have_text("ГУЗОРИШ")
        await expect(unofficial).to_contain_text("Unofficial translation")
        language = page.get_by_label("Язык / Language")
        for code in ("az", "kk", "ky", "tk", "uz"):
            await language.select_option(code)
            await expect(page.locator("html")).to_have_attribute("lang", code)
            await expect(unofficial).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), code
        await language.select_option("ru")
        await expect(page.locator(".big .check")).to_have_text(re.compile("ДОКЛАД"))
        await expect(unofficial).to_be_hidden()
        await page.reload()
        await expect(page.locator(".big .check")).to_have_text("ДОКЛАД")

"""What a coordinator sees and does of controlled deliveries, in a real browser on the real running system."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.e2e.browsing import Watched, signed_in
from tests.e2e.deliveries import DESK, Room, soon
from tests.e2e.reports import seizure
from tests.system import System

TABLE = Path(__file__).parents[2] / "streams/dashboard/src/delivery-texts.json"


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")


async def opened(page: Page, room: Room) -> Locator:
    """The board of the delivery."""
    await page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
    await expect(page.get_by_role("heading", level=1, name=room.delivery)).to_be_visible()
    return page.locator("ric-delivery")


def fact(board: Locator, name: str) -> Locator:
    return board.locator(f"[data-part=A] [data-fact={name}]")


async def test_the_board_follows_live_without_reload(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    board = await opened(page, room)
    state = board.locator("[data-part=A] [data-state]")
    await expect(state).to_have_attribute("data-state", "ACTIVE")
    await expect(fact(board, "controller")).to_contain_text("TJ-DCA")
    await expect(board.locator("[data-leg='2'] .hard-stop")).to_be_visible()
    await expect(board.locator("[data-leg='3'] [data-consent]")).to_have_attribute("data-consent", "PENDING")
    await page.evaluate("document.body.dataset.same = 'page'")

    await asyncio.to_thread(room.offered)
    await expect(state).to_have_attribute("data-state", "OFFERED")
    await asyncio.to_thread(room.must, "KG-DCS", "receiver_in_place", leg=2, eyes_on=True)
    await expect(state).to_have_attribute("data-state", "RECEIVER_IN_PLACE")
    await asyncio.to_thread(room.consent, 3)
    await expect(board.locator("[data-leg='3'] .hard-stop")).to_be_visible()
    await expect(board.locator("[data-leg='2'] .hard-stop")).to_have_count(0)

    offer = next(line["act"] for line in await asyncio.to_thread(room.lines) if line["kind"] == "offer")
    await asyncio.to_thread(room.must, "KG-DCS", "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    await expect(state).to_have_attribute("data-state", "ACTIVE")
    await expect(fact(board, "controller")).to_contain_text("KG-DCS")
    await expect(fact(board, "territory")).to_contain_text("Kyrgyzstan")
    await expect(board.locator("ric-lines [data-kind=acceptance]")).to_be_visible()
    assert await page.evaluate("document.body.dataset.same") == "page"


async def test_an_alarm_is_loud_on_every_page_until_it_is_resolved(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    await asyncio.to_thread(room.must, "TJ-DCA", "alert", reason="вооружённые люди")
    bar = page.locator("ric-alarm-bar")
    await expect(bar).to_contain_text(room.delivery)
    await bar.get_by_role("link", name=room.delivery).click()

    alarm = page.locator("[data-alarm][data-kind=alert]")
    await expect(alarm).to_contain_text("вооружённые люди")
    await expect(alarm).to_contain_text("NOT ACKNOWLEDGED")
    await expect(alarm.locator(".rung").first).to_contain_text("all who follow the load, lead")
    await alarm.get_by_role("button", name="Acknowledge…").click()
    await page.get_by_role("button", name="Acknowledge", exact=True).click()
    await expect(page.get_by_text("Applied: Acknowledge")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(alarm).to_contain_text(f"acknowledged by {DESK}")

    await alarm.get_by_role("button", name="Resolve…").click()
    await page.get_by_label("Reason").fill("patrol withdrew")
    await page.keyboard.press("Enter")
    await expect(alarm).to_have_count(0)
    # All rooms of these tests watch the same lorry, and of that alone the bar still tells.
    await expect(page.locator("[data-alarm]:not([data-kind=watched_elsewhere])")).to_have_count(0)


async def test_a_refusal_says_why_and_what_stands(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running)
    board = await opened(page, room)
    opener = board.get_by_role("button", name="By-voice entry…")
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("What was said")).to_be_focused()
    await dialog.get_by_label("What was said").select_option("offer")
    await expect(dialog.locator("[name=voice_agency]")).to_have_value("TJ-DCA")
    await dialog.get_by_label("Officer (as in the directory)").fill("n.rahimov")
    await dialog.get_by_label("The code word was checked").check()
    await dialog.get_by_role("button", name="Offer handover", exact=True).click()

    refusal = dialog.get_by_role("alert")
    await expect(refusal).to_contain_text("hard stop at the end of leg 1")
    await expect(refusal).to_contain_text("To mend: hold on this side until KG-DCS consents")
    await expect(refusal).to_contain_text("What stands instead")
    await expect(refusal.locator(".stands")).to_contain_text("TJ-DCA")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(opener).to_be_focused()
    # The browser itself notes every refused call on its console.
    desk.errors[:] = [error for error in desk.errors if "409" not in error]


async def test_a_refusal_ahead_rings_and_what_else_can_be_done_is_asked_from_the_board(desk: Watched, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    board = await opened(desk.page, room)
    await expect(board.locator("ric-other-ways")).to_have_count(0)
    await asyncio.to_thread(room.must, "KZ-KNB", "refusal", leg=3, reason="иностранцы не допускаются")
    alarm = desk.page.locator("[data-alarm][data-kind=consent_refused]")
    await expect(alarm).to_contain_text("leg 3 refused by KZ-KNB/a.seitkali: иностранцы не допускаются")
    ways = board.locator("ric-other-ways")
    await ways.get_by_text("What else can be done").click()
    await expect(ways).to_contain_text("Tajikistan → Russia")
    await expect(ways.locator("[data-alternative=stop_and_seize]")).to_contain_text("stop it in KG before")
    await expect(ways.locator("[data-alternative=other_route]")).to_have_count(0)


async def test_what_rests_on_a_stale_entry_says_so_on_the_leg_and_in_other_ways(desk: Watched, room: Room) -> None:
    way = (("TJ", "TJ-DCA", None), ("TM", "TM-MNS", None), ("AZ", "AZ-DCD", None))
    room = replace(room, way=way)
    await asyncio.to_thread(room.requested)
    await asyncio.to_thread(room.must, "AZ-DCD/r.eader", "refusal", leg=3, reason="нет людей")
    with room.system.client("TM-MNS", "officer", "m.ember") as own:
        version = own.get("/v1/directory/TM-MNS").json()["entry"]["version"]
        edit = {"act": "retire", "authority": "TM-MNS", "base_version": version, "by": "TM-MNS/m.ember", "at": soon(), "reason": "moved"}
        answer = own.post("/v1/directory/edits", params={"wait": "10s"}, json=edit)
        assert answer.status_code == 200, answer.text
        own.get("/v1/directory/TM-MNS", params={"after": answer.json()["stands"]["number"]})
    board = await opened(desk.page, room)
    await expect(board.locator("[data-leg='2'] [data-stale]").first).to_have_text("STALE ENTRY: verify first")
    await expect(board.locator("[data-leg='1'] [data-stale], [data-leg='3'] [data-stale]")).to_have_count(0)
    ways = board.locator("ric-other-ways")
    await ways.get_by_text("What else can be done").click()
    stop = ways.locator("[data-alternative=stop_and_seize]")
    await expect(stop.locator("[data-stale]")).to_have_text("STALE ENTRY")
    await expect(stop).to_contain_text("stale, verify first: TM-MNS")


async def test_of_a_split_load_each_form_is_of_one_part(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    parts = [{"name": name, "goods": each} for name, each in zip("BC", goods, strict=True)]
    await asyncio.to_thread(room.must, "TJ-DCA", "split", into=parts)
    board = await opened(page, room)
    await expect(board.locator("[data-part=C]")).to_be_visible()
    await board.get_by_text("Papers", exact=True).click()
    papers = board.locator("ric-papers")
    await expect(papers.locator("[name=leg] option")).to_have_count(8)
    await papers.locator("[name=leg]").select_option("1 C")
    async with page.expect_response(re.compile(r"/forms/1\.pdf\?form=request&part=C&")) as answer, page.expect_download() as download:
        await papers.locator("[data-paper=pdf]").first.click()
    assert (await answer.value).status == 200
    assert "-C-leg1-request-en.pdf" in (await download.value).suggested_filename


async def test_what_is_entered_by_voice_waits_for_the_officers_own_word(browser: Browser, desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    board = await opened(page, room)
    await board.get_by_role("button", name="By-voice entry…").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What was said").select_option("check_in")
    await dialog.get_by_label("The load is in sight").check()
    await dialog.get_by_label("Officer (as in the directory)").fill("n.rahimov")
    await dialog.get_by_label("The code word was checked").check()
    await dialog.get_by_role("button", name="Check in", exact=True).click()
    await expect(dialog.get_by_text("Applied: Check in")).to_be_visible()
    await dialog.get_by_role("button", name="Close").click()
    waiting = board.locator(".unconfirmed")
    await expect(waiting).to_contain_text("Check in for TJ-DCA/n.rahimov")

    async with signed_in(browser, room.system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as officer:
        own = await opened(officer.page, room)
        await own.get_by_role("button", name="Entry by voice answered…").click()
        await officer.page.get_by_label("I said this").check()
        await officer.page.get_by_role("dialog").get_by_role("button", name="Entry by voice answered").click()
        await expect(officer.page.get_by_text("Applied")).to_be_visible()
    await expect(waiting).to_have_count(0)


async def test_an_authority_consents_from_the_board(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running)
    async with signed_in(browser, room.system, agency="KG-DCS", role="officer", person="t.eam", at="deliveries") as authority:
        page = authority.page
        board = await opened(page, room)
        leg = board.locator("[data-part=A] [data-leg='2']")
        await expect(leg).to_contain_text("MAY NOT BE ENTERED")
        await expect(board.locator("[data-leg='3'] button")).to_have_count(0)
        await leg.get_by_role("button", name="Oral consent…").click()
        await expect(page.get_by_label("Officer, name and rank")).to_be_focused()
        await page.get_by_label("Officer, name and rank").fill("полковник Токтогулов")
        await page.keyboard.press("Enter")
        await expect(leg.locator("[data-consent]")).to_have_attribute("data-consent", "PROVISIONAL")
        await expect(leg).to_contain_text(re.compile(r"ends in 2 d 23 h"))


async def test_a_position_says_whence_how_old_how_exact_and_whether_it_can_be(desk: Watched, room: Room) -> None:
    def seen(lat: float, lon: float, **more: Any) -> dict[str, Any]:
        return {"coordinates": {"lat": lat, "lon": lon, **more}, "captured": soon(), "source": "tracker"}

    await asyncio.to_thread(room.running, 2)
    await asyncio.to_thread(room.must, "TJ-DCA", "tracked", position=seen(38.9, 70.1, accuracy_m=40))
    board = await opened(desk.page, room)
    position = fact(board, "position")
    await expect(position).to_contain_text("38.9000, 70.1000")
    await expect(position).to_contain_text(re.compile(r"tracker\s+·\s+± 40 m\s+·\s+seen \d+ (s|min) ago at \d\d:\d\d:\d\d UTC\+5"))
    await expect(position).not_to_contain_text("IMPOSSIBLE JUMP")

    await asyncio.to_thread(room.must, "TJ-DCA", "tracked", position=seen(48.0, 67.0))
    await expect(position).to_contain_text("IMPOSSIBLE JUMP: do not rely on it")
    await expect(position).to_contain_text("accuracy not stated")
    await expect(fact(board, "contact")).to_contain_text("due in")


async def test_what_was_not_weighed_not_received_or_dated_ahead_is_said_so_and_not_passed_over(desk: Watched, room: Room) -> None:
    page = desk.page
    await asyncio.to_thread(room.running, 2)
    ahead = {"coordinates": {"lat": 38.9, "lon": 70.1}, "captured": soon(hours=5), "source": "hand"}
    await asyncio.to_thread(room.must, "TJ-DCA", "check_in", eyes_on=True, position=ahead)
    board = await opened(page, room)
    await expect(fact(board, "position")).to_contain_text("AHEAD: the device's clock is wrong, its age is not known")
    await expect(fact(board, "position")).not_to_contain_text("ago")
    await expect(board.locator("ric-delivery-map [data-mark]")).to_have_attribute("data-stale", "yes")

    await asyncio.to_thread(room.must, "TJ-DCA", "control_lost", reason="поток")
    await asyncio.to_thread(room.must, "TJ-DCA", "regained", country="TJ", eyes_on=True, seals_intact=True)
    await expect(fact(board, "mass")).to_contain_text("not weighed since it was regained at")
    await expect(board.locator("ric-lines [data-kind=regained]")).to_contain_text("NOT WEIGHED: heroin")

    number = int(room.delivery.rpartition("-")[2]) + 50_000
    report = {"originator": "TJ-DCA", "report_id": f"E2E-{number}"}
    await asyncio.to_thread(room.must, "TJ-DCA", "intervened", reason="открыли", report=report)
    end = fact(board, "end")
    await expect(end).to_contain_text(f"TJ-DCA/E2E-{number} · no such report that you may read is here")
    with room.system.client("TJ-DCA", "officer") as client:
        await asyncio.to_thread(client.post, "/v1/reports", params={"wait": "5s"}, json=seizure(number, "Изъятие"))
    await page.reload()
    await end.get_by_role("link", name=f"TJ-DCA/E2E-{number}").click()
    await expect(page.get_by_role("heading", name="Изъятие")).to_be_visible()


async def test_a_cut_feed_is_said_at_once_with_its_age_and_nothing_is_shown_as_live(
    browser: Browser, gateway_killed: System, room: Room
) -> None:
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, gateway_killed, at="deliveries") as watched:
        page = watched.page
        board = await opened(page, room)
        await expect(board.locator("[data-live=yes]")).to_be_visible()
        state = board.locator("[data-part=A] [data-state=ACTIVE]")
        await expect(state).to_have_text(re.compile(r"^\s*Under control\s*$"))

        gateway_killed.kill("gateway")
        await expect(board.locator("[data-live=no]")).to_contain_text(re.compile(r"NOT LIVE · as of \d\d:\d\d:\d\d UTC\+5, \d+ s ago"))
        await expect(page.locator(".not-live")).to_contain_text("not how it stands now")
        await expect(state).to_contain_text("was Under control")

        gateway_killed.start("gateway")
        await asyncio.to_thread(gateway_killed.wait_ready)
        await asyncio.to_thread(room.must, "TJ-DCA", "alert", reason="пока связи не было")
        await expect(board.locator("[data-live=yes]")).to_be_visible()
        await expect(board.locator("[data-kind=alert]").first).to_contain_text("пока связи не было")
        await expect(page.locator(".not-live")).to_have_count(0)


async def test_countdowns_go_by_the_centres_clock_and_not_by_the_browsers(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, room.system, at="deliveries") as watched:
        page = watched.page
        # A machine whose clock is three hours slow.
        await page.add_init_script("const real = Date.now; Date.now = () => real() - 3 * 3600e3;")
        await page.goto(f"{room.system.url}/?slow#/delivery/{room.delivery}")
        clock = page.locator("ric-delivery ric-clocks [data-clock=contact] b")
        await expect(clock).to_have_text(re.compile(r"^(1\d min|\d:\d\d min)$"))
        await expect(page.locator("ric-delivery [data-fact=contact]")).to_contain_text(re.compile(r"\d+ (s|min) ago"))
        # The officer wrote it in Cyrillic.
        await expect(page.locator(".hard-stop-words")).to_contain_text("no further than the end of leg 2, Ak-Jol")


async def test_who_takes_no_part_is_told_that_there_is_no_such_delivery(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, room.system, agency="UZ-NCDC", role="officer", person="b.aliev", at="deliveries") as stranger:
        await stranger.page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
        await expect(stranger.page.locator("ric-delivery")).to_contain_text("There is no such delivery")
        await stranger.page.get_by_role("link", name="Deliveries", exact=True).click()
        await expect(stranger.page.locator("ric-deliveries")).to_contain_text("No controlled delivery that you may see is open")
        await expect(stranger.page.locator("body")).not_to_contain_text(room.delivery)


async def test_the_board_speaks_russian_and_fits_a_phone(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, room.system, locale="ru-RU", viewport={"width": 390, "height": 844}, at="deliveries") as watched:
        page = watched.page
        await page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
        board = page.locator("ric-delivery")
        await expect(board.locator("[data-part=A] [data-state]")).to_contain_text("Под контролем")
        await expect(board.locator(".hard-stop-words")).to_contain_text("СТОП-ГРАНИЦА: не дальше конца этапа 2, Ак-Жол")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await asyncio.to_thread(room.must, "TJ-DCA", "contact_lost", reason="no signal in the gorge")
        alarm = page.locator("[data-alarm][data-kind=contact_lost]")
        await expect(alarm).to_contain_text("заявил(а) TJ-DCA/n.rahimov: no signal in the gorge")
        await expect(board.locator("ric-lines [data-kind=alarm]").first).to_contain_text("заявил(а) TJ-DCA/n.rahimov")
        await alarm.get_by_role("button", name="Устранена…").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Причина").fill("слышно снова")
        await page.keyboard.press("Enter")
        refusal = dialog.get_by_role("alert")
        await expect(refusal).to_contain_text("(«Связь потеряна») закрыть нельзя: причина сохраняется")
        await expect(refusal).to_contain_text("пусть контролирующий доложит")
        assert [error for error in watched.errors if "409" not in error] == []


def test_every_text_of_the_board_is_there_in_both_languages() -> None:
    table = json.loads(TABLE.read_text())
    for key, texts in table.items():
        assert set(texts) == {"en", "ru"}, key
        assert all(text.strip() for text in texts.values()), key
        assert len({tuple(sorted(re.findall(r"\{\d\}", text))) for text in texts.values()}) == 1, key

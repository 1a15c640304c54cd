"""Forms of the board in a real browser: a request beside its plan, what is wrong said at the field, papers, the directory."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.browsing import signed_in
from tests.e2e.deliveries import Room
from tests.system import System, wait_until


@pytest.fixture
def room(running_system: System, numbers: Iterator[int]) -> Room:
    """A delivery of its own for each test."""
    return Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")


def row(form: Locator, name: str, place: int) -> Locator:
    """An input of a row of the legs."""
    return form.locator(f"[name^='legs.'][name$='.{name}']").nth(place)


async def test_a_draft_is_written_beside_its_plan_and_opened_again(
    browser: Browser, running_system: System, numbers: Iterator[int]
) -> None:
    number = f"CD-E2E-{next(numbers)}"
    # A space that was just installed gets its directory a moment later; the plan is asked over what is there.
    with running_system.client("TJ-DCA") as client:
        listed = lambda: "KG-DCS" in [entry["id"] for entry in client.get("/v1/directory").json()["items"]]  # noqa: E731
        await asyncio.to_thread(wait_until, listed, "the directory has KG-DCS")
    async with signed_in(browser, running_system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as officer:
        page = officer.page
        await page.get_by_role("link", name="Deliveries", exact=True).click()
        await page.get_by_role("link", name="New request…").click()
        form, plan = page.locator("ric-request form"), page.locator(".plan")
        await form.get_by_label("Number of the delivery").fill(number)
        await row(form, "country", 1).fill("Kyrgyzstan")
        await form.get_by_label("The centre's officers in the room").fill("CARICC/d.officer")
        await form.get_by_role("button", name="Send the draft").click()
        await expect(row(form, "country", 1)).to_be_focused()
        await expect(form.get_by_text("Two letters: KZ")).to_be_visible()

        await row(form, "country", 1).fill("KG")
        await row(form, "authority", 1).fill("KG-DCS")
        await row(form, "controller", 1).fill("KG-DCS")
        await row(form, "entry_planned", 1).fill((datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT09:00"))
        ask = plan.locator("[data-plan-leg='2'] [data-ask=KG-DCS]")
        await expect(ask).to_contain_text("must consent")
        await expect(ask).to_contain_text(re.compile(r"Ask at the latest: .+ UTC\+5\s+in \d+ d \d+ h"))
        await expect(ask).to_contain_text("Missing papers: decision in the case")
        await form.get_by_role("button", name="Send the draft").click()
        await form.get_by_role("link", name="To the board").click()
        await expect(page.locator("ric-delivery")).to_contain_text("draft")
        await expect(page.locator("ric-delivery")).to_contain_text("missing in the form")
        await page.get_by_role("link", name="Edit the draft").click()
        await expect(row(form, "authority", 1)).to_have_value("KG-DCS")
        await expect(form.get_by_label("Number of the delivery")).to_have_attribute("readonly", "")
        # The plan is asked for while the form is half written: that is refused, and noted on the console.
        assert [error for error in officer.errors if "422" not in error] == []


async def test_readiness_names_each_post_on_the_way_and_who_was_told_there(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(lambda: room.requested().consent(1))
    async with signed_in(browser, room.system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as officer:
        page = officer.page
        await page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
        board, dialog = page.locator("ric-delivery"), page.get_by_role("dialog")
        checklist = board.locator(".posts")
        await expect(checklist.locator("[data-post=Karamyk][data-state=missing]")).to_have_count(1)
        await expect(checklist.locator("[data-post='Ak-Jol']")).to_have_attribute("data-state", "later")
        await board.locator("[data-act=ready]").click()
        post = dialog.locator("[name$='.post']")
        await expect(post).to_have_value("Karamyk, TJ")
        await dialog.locator(".drop").click()
        declare = dialog.get_by_role("button", name="Declare ready")
        await declare.click()
        await expect(dialog.locator(".refusal")).to_contain_text("posts on the way are not informed: Karamyk (TJ) where leg 1 ends")

        await dialog.get_by_role("button", name="Post or unit").click()
        await expect(dialog.locator("datalist option[value='Karamyk, TJ']")).to_have_count(1)
        # Both sides of that border are called so.
        await post.fill("Карамык")
        await dialog.get_by_label("Officer there").fill("майор Азизов, начальник смены")
        await declare.click()
        await expect(dialog.locator(".field-error").first).to_contain_text("Pick one post from the list")
        await post.fill("karamyk, TJ")
        await declare.click()
        await expect(dialog.locator(".note.good")).to_be_visible()
        await dialog.get_by_role("button", name="Close").click()
        known = checklist.locator("[data-post=Karamyk][data-state=informed]")
        await expect(known).to_contain_text("майор Азизов, начальник смены ← TJ-DCA/n.rahimov, by telephone")
        # What the centre refuses is noted on the console.
        assert [error for error in officer.errors if "409" not in error] == []


async def test_a_load_is_split_in_grams_and_printed_with_its_copy_number(browser: Browser, room: Room) -> None:
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, room.system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as officer:
        page = officer.page
        await page.goto(f"{room.system.url}/#/delivery/{room.delivery}")
        board = page.locator("ric-delivery")
        await board.locator(".more summary").click()
        await board.locator("[data-act=split]").click()
        dialog = page.get_by_role("dialog")
        weights = dialog.locator("[name$='.kg']")
        for place, (kg, unit) in enumerate((("23.5", "kg"), ("500", "g"))):
            await weights.nth(place).fill(kg)
            await dialog.locator("[name$='.kg.unit']").nth(place).select_option(unit)
            await dialog.locator("[name$='.uncertainty_kg']").nth(place).fill("0.05")
        await dialog.get_by_role("button", name="Split", exact=True).click()
        await expect(dialog.get_by_text("Applied: Split")).to_be_visible()
        await dialog.get_by_role("button", name="Close").click()
        await expect(board.locator("[data-part=A2] [data-fact=mass]")).to_contain_text("500 g")
        await expect(board.locator("[data-kind=shortfall]")).to_have_count(0)

        await board.get_by_text("Papers", exact=True).click()
        papers = board.locator("ric-papers")
        await papers.get_by_label("Copy no.").fill("2")
        await papers.get_by_label("of", exact=True).fill("3")
        async with page.expect_response(re.compile(r"/report\.pdf\?copy=2&copies=3&lang=en")) as answer, page.expect_download() as download:
            await papers.locator("[data-paper=report]").click()
        assert (await answer.value).status == 200
        assert (await download.value).suggested_filename.endswith("-report-en.pdf")
        await expect(papers).to_contain_text("copy 2 of 3 was made")


async def test_a_changed_number_takes_two_and_a_call_back_and_what_ended_is_shown_as_stale(
    browser: Browser, running_system: System
) -> None:
    async with signed_in(browser, running_system, agency="UZ-NCDC", role="officer", person="b.aliev", at="deliveries") as first:
        page = first.page
        await page.goto(f"{running_system.url}/#/directory/UZ-NCDC")
        entry = page.locator("[data-entry='UZ-NCDC']")
        old = (await entry.locator(".numbers b").first.inner_text()).strip()
        await expect(page.locator("[data-entry='KG-DCS']")).to_be_visible()
        await entry.get_by_role("link", name="Edit…").click()
        await page.locator("[name^='contacts.'][name$='.address']").first.fill("+999 998 7777")
        await expect(page.locator("[data-takes=two]")).to_contain_text("Another officer of UZ-NCDC, not UZ-NCDC/b.aliev")
        await page.get_by_role("button", name="Publish the next version").click()
        await expect(page.locator("[data-answer=proposed]")).to_contain_text("another officer of your agency confirms it")
        await page.get_by_role("link", name="To the entry").click()
        await expect(entry.locator(".numbers b").first).to_have_text(old)
        await expect(entry.get_by_role("button", name="Confirm the proposal")).to_have_count(0)

    async with signed_in(browser, running_system, agency="UZ-NCDC", role="officer", person="z.karimova", at="deliveries") as second:
        page = second.page
        await page.goto(f"{running_system.url}/#/directory/UZ-NCDC")
        entry = page.locator("[data-entry='UZ-NCDC']")
        await entry.get_by_role("button", name="Confirm the proposal").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Old number called").fill(old)
        await dialog.get_by_label("Spoke with").fill("дежурный Юсупов")
        local = await page.evaluate("new Date(Date.now() + 5 * 3600e3).toISOString().slice(0, 16)")
        await dialog.locator("[name$='.at']").fill(local)
        await dialog.get_by_role("button", name="Confirm the proposal").click()
        await expect(dialog).to_contain_text("it stands now")
        await dialog.get_by_role("button", name="Close").click()
        await expect(entry.locator(".numbers b").first).to_have_text("+999 998 7777")
        await entry.get_by_text(re.compile("^History")).click()
        await expect(entry.locator("[data-change=confirm]")).to_contain_text(f"{old} — дежурный Юсупов")

        await entry.get_by_role("button", name="Retire the entry").click()
        await page.get_by_role("dialog").get_by_label("Reason").fill("the desk was moved")
        await page.get_by_role("dialog").get_by_role("button", name="Retire the entry").click()
        await expect(entry.locator("[data-stale]")).to_have_text("STALE ENTRY")
    async with signed_in(browser, running_system, locale="ru-RU", at="deliveries") as reader:
        await reader.page.goto(f"{running_system.url}/#/directory")
        await expect(reader.page.locator("[data-entry='UZ-NCDC'] [data-stale]")).to_have_text("ЗАПИСЬ УСТАРЕЛА")


async def test_two_officers_make_an_authoritys_first_entry_its_hours_and_papers(browser: Browser, running_system: System) -> None:
    async with signed_in(browser, running_system, agency="AZ-CUS", role="officer", person="l.aliyeva", at="deliveries") as first:
        page = first.page
        await page.goto(f"{running_system.url}/#/directory")
        await page.get_by_role("link", name="Make the first entry").click()
        form = page.locator("ric-directory-entry form")
        send = form.get_by_role("button", name="Send for confirmation")
        await send.click()
        await expect(form.locator("[name='name.ru']")).to_be_focused()
        await expect(form.get_by_text("Give the name in Russian or English")).to_be_visible()

        await form.locator("[name='name.ru']").fill("УЧЕНИЕ · таможня")
        await form.locator("[name$='.desk']").fill("Дежурная часть")
        await form.locator("[name$='.time_zone']").fill("Asia/Baku")
        await form.locator("[name$='.when']").select_option("hours")
        await form.locator("[name$='.opens']").fill("9:00")
        await form.locator("[name$='.closes']").fill("18:00")
        await form.locator("[name^='contacts.'][name$='.address']").fill("+994 12 900 00 01")
        await form.locator("[name='law.controlled_delivery']").select_option("true")
        await form.get_by_role("button", name="Add a paper").click()
        await form.locator("[name^='papers.'][name$='.kind']").select_option("letter_rogatory")
        await form.locator("[name='notice.hours']").fill("48")
        await form.locator("[name='notice.counted']").select_option("working")
        await send.click()
        await expect(form.locator("[name$='.opens']")).to_be_focused()
        await expect(form.get_by_text("Hours and minutes: 09:00")).to_be_visible()
        await expect(form.get_by_text("This may reach a real desk")).to_be_visible()
        await form.locator("[name$='.opens']").fill("09:00")
        await form.locator("[name^='contacts.'][name$='.address']").fill("+999 994 0901")
        await send.press("Enter")
        await expect(form.locator("[data-answer=proposed]")).to_contain_text("another officer of AZ-CUS, not AZ-CUS/l.aliyeva")
        await page.get_by_role("link", name="To the entry").click()
        entry = page.locator("[data-entry='AZ-CUS']")
        await expect(entry.locator("summary").first).to_contain_text("not confirmed yet")
        await expect(entry.get_by_role("button", name="Confirm the proposal")).to_have_count(0)
        assert first.errors == []

    async with signed_in(
        browser, running_system, agency="AZ-CUS", role="officer", person="r.mamedov", locale="ru-RU", at="deliveries"
    ) as second:
        page = second.page
        await page.goto(f"{running_system.url}/#/directory/AZ-CUS")
        entry = page.locator("[data-entry='AZ-CUS']")
        await expect(entry.locator("[data-second]")).to_contain_text("вы офицер AZ-CUS и не AZ-CUS/l.aliyeva")
        for fact in ("пн–пт 09:00–18:00", "международное следственное поручение", "48 ч рабочих: Дежурная часть", "+999 994 0901"):
            await expect(entry.locator("[data-proposal]")).to_contain_text(fact)
        await entry.get_by_role("button", name="Подтвердить предложение").click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.locator("[name$='.contact']")).to_have_value("duty")
        await dialog.get_by_label("По какому номеру").fill("+999 994 0901")
        await dialog.get_by_label("С кем говорили").fill("дежурный Гасанов")
        before = await page.evaluate("new Date(Date.now() + 4 * 3600e3).toISOString().slice(0, 16)")
        await dialog.locator("[name$='.at']").fill(before)
        await dialog.get_by_role("button", name="Подтвердить предложение").click()
        await expect(dialog.locator(".field-error")).to_contain_text("звонок был не между предложением и подтверждением")
        local = await page.evaluate("new Date(Date.now() + 5 * 3600e3).toISOString().slice(0, 16)")
        await dialog.locator("[name$='.at']").fill(local)
        await dialog.get_by_role("button", name="Подтвердить предложение").click()
        await expect(dialog).to_contain_text("Принято и действует")
        await dialog.get_by_role("button", name="Закрыть").click()
        await expect(entry.locator("[data-desk=duty] [data-hours]")).to_contain_text("пн–пт 09:00–18:00")
        await expect(entry.locator("[data-fact=papers]")).to_have_text("международное следственное поручение")

        await entry.get_by_role("link", name="Изменить").click()
        form = page.locator("ric-directory-entry form")
        await expect(form.locator("[name$='.opens']")).to_have_value("09:00")
        await form.locator("[name$='.closes']").fill("17:30")
        await expect(page.locator("[data-takes=one]")).to_be_visible()
        await expect(page.locator(".differences")).to_contain_text("пн–пт 09:00–17:30")
        await expect(page.locator(".differences li")).to_have_count(1)
        await form.get_by_role("button", name="Опубликовать новую версию").click()
        await page.get_by_role("link", name="К записи").click()
        await expect(entry.locator("[data-desk=duty] [data-hours]")).to_contain_text("09:00–17:30")
        await entry.get_by_text(re.compile("^История")).click()
        changed = entry.locator("[data-change=publish]")
        await expect(changed).to_contain_text("AZ-CUS/r.mamedov")
        await expect(changed.locator("s")).to_contain_text("09:00–18:00")
        await expect(entry.locator("[data-change=propose]")).to_contain_text("AZ-CUS/l.aliyeva")

        await page.locator("[data-crossing]").click()
        await form.locator("[name=crossing]").select_option("Alat port")
        await form.locator("[name='name.ru']").fill("УЧЕНИЕ · пост в порту Алят")
        for desk, number in (("gate", "+999 994 0911"), ("contacts", "+999 994 0912")):
            await form.locator(f"[name^='{desk}.'][name$='.desk']").fill("Смена")
            await form.locator(f"[name^='{desk}.'][name$='.time_zone']").fill("Asia/Baku")
            await form.locator(f"[name^='{desk}.'][name$='.when']").select_option("always")
            await form.locator(f"[name^='{desk}.'][name$='.address']").fill(number)
        await form.get_by_role("button", name="Отправить на подтверждение").click()
        await page.get_by_role("link", name="К записи").click()
        await expect(page.locator("[data-entry='AZ-CUS@Alat port'] [data-proposal]")).to_contain_text("круглосуточно")

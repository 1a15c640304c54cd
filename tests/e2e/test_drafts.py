"""What is half written is there again when its form is: in that tab, for that person, until it is sent, discarded or signed out."""

import asyncio
from collections.abc import Iterator

from playwright.async_api import Browser, Page, expect

from tests.e2e.browsing import sign_in_link, signed_in
from tests.e2e.deliveries import Room
from tests.system import System

DRAFTS = "Object.keys(sessionStorage).filter((name) => name.startsWith('ric.draft.'))"
EVERYWHERE = "JSON.stringify([{ ...sessionStorage }, { ...localStorage }])"


async def kept(page: Page) -> list[str]:
    """The names of the drafts in this tab."""
    names: list[str] = await page.evaluate(DRAFTS)
    return names


async def test_a_half_written_form_is_there_again_until_it_is_sent_discarded_or_signed_out(
    browser: Browser, running_system: System, numbers: Iterator[int]
) -> None:
    room = Room(running_system, f"TJ-DCA/E2E-{next(numbers)}")
    await asyncio.to_thread(room.running, 2)
    async with signed_in(browser, running_system, agency="TJ-DCA", role="officer", person="n.rahimov", at="deliveries") as officer:
        page = officer.page
        home, board = f"{running_system.url}/#/", page.locator("ric-delivery")

        # The request: a field, an instant, a row that was added; what nobody touched begins as it does.
        await page.goto(f"{home}request")
        form, note = page.locator("ric-request form"), page.locator("[data-draft]")
        await form.locator("[name=case_reference]").fill("дело 17/2026")
        await form.locator("[name=reply_by]").fill("2030-03-18T04:30")
        await form.get_by_role("button", name="Add a leg").click()
        await form.locator("[name^='legs.'][name$='.country']").nth(2).fill("KZ")
        await page.goto(f"{home}deliveries")
        await expect(form).to_have_count(0)
        await page.goto(f"{home}request")
        await expect(note).to_contain_text("Draft from")
        await expect(form.locator("[name=case_reference]")).to_have_value("дело 17/2026")
        await expect(form.locator("[name=reply_by]")).to_have_value("2030-03-18T04:30")
        await expect(form.locator("[name^='legs.'][name$='.country']").nth(2)).to_have_value("KZ")
        await note.get_by_role("button", name="Discard").click()
        await expect(form.locator("[name=case_reference]")).to_have_value("")
        await expect(form.locator("[name^='legs.'][name$='.country']")).to_have_count(2)
        assert await kept(page) == []

        # An act: closed by Escape it stays, cancelled it does not, and sent it is gone.
        await page.goto(f"{home}delivery/{room.delivery}")
        stop, dialog = board.get_by_role("button", name="STOP").first, page.get_by_role("dialog")
        await stop.click()
        await dialog.get_by_label("Reason").fill("left the road")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await stop.click()
        await expect(dialog.locator("[data-draft]")).to_be_visible()
        await expect(dialog.get_by_label("Reason")).to_have_value("left the road")
        await dialog.get_by_role("button", name="Cancel").click()
        await stop.click()
        await expect(dialog.get_by_label("Reason")).to_have_value("")
        await dialog.get_by_label("Reason").fill("armed men")
        assert len(await kept(page)) == 1
        await dialog.get_by_role("button", name="STOP").click()
        await expect(dialog.get_by_text("Applied")).to_be_visible()
        assert await kept(page) == []
        await dialog.get_by_role("button", name="Close").click()

        # The directory's entry, and the end of the session.
        await page.goto(f"{home}directory-entry/TJ-DCA")
        address = page.locator("[name^='contacts.'][name$='.address']").first
        await address.fill("+999 992 4444")
        await page.goto(f"{home}directory")
        await expect(address).to_have_count(0)
        await page.goto(f"{home}directory-entry/TJ-DCA")
        await expect(address).to_have_value("+999 992 4444")
        await expect(page.locator("[data-takes=two]")).to_be_visible()
        assert "+999 992 4444" in await page.evaluate("JSON.stringify({ ...sessionStorage })")
        assert "+999 992 4444" not in await page.evaluate("JSON.stringify({ ...localStorage })")
        async with page.expect_navigation():
            await page.get_by_role("button", name="Sign out").click()
        await expect(page.locator("header.bar")).to_have_count(0)
        assert "+999 992 4444" not in await page.evaluate(EVERYWHERE)

        # Left by somebody who did not sign out: the next person in this tab finds nothing.
        await page.goto(sign_in_link(running_system, "TJ-DCA", "officer", "n.rahimov"))
        await page.wait_for_url(f"{running_system.url}/")
        await page.goto(f"{home}request")
        await form.locator("[name=case_reference]").fill("дело 18/2026")
        assert len(await kept(page)) == 1
        await page.goto(sign_in_link(running_system, "TJ-DCA", "officer", "f.saidov"))
        await page.wait_for_url(f"{running_system.url}/")
        await expect(page.locator(".me")).to_contain_text("f.saidov")
        await expect(page.locator("ric-link [data-state=live]")).to_be_visible()
        assert await kept(page) == []

"""Take the map's pictures from a running centre, best an exercise's: `python -m tests.e2e.map_screenshot LINK DELIVERY`.

LINK is a one-time sign-in link of somebody who sees the delivery, on which a device reports.
"""

import argparse
import asyncio
import shutil

from playwright.async_api import Browser, async_playwright

from tests.e2e.browsing import CHROMIUM, DESKTOP
from tests.e2e.screenshot import IMAGES, MAX_BYTES

PICTURES = tuple((f"screen-map-{scheme}-{language}.png", language, scheme) for scheme in ("light", "dark") for language in ("en", "ru"))


async def take(link: str, delivery: str) -> None:
    """Sign in once, and write docs/images/screen-map-*.png: light and dark, English and Russian."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        await _pictures(browser, link, delivery)
        await browser.close()


async def _pictures(browser: Browser, link: str, delivery: str) -> None:
    page = await browser.new_page(viewport=DESKTOP, locale="en-GB")
    await page.goto(link)
    await page.locator("ric-link [data-state=live]").wait_for()
    for name, language, scheme in PICTURES:
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await page.evaluate("language => localStorage.setItem('ric.language', language)", language)
        await page.goto(f"{page.url.partition('#')[0]}#/delivery/{delivery}")
        await page.reload()
        board = page.locator("ric-delivery-map")
        await board.locator(".place-mark .tag").first.wait_for(timeout=60_000)
        await board.locator(".place-handover span").first.wait_for(timeout=60_000)
        await board.screenshot(path=IMAGES / name, animations="disabled")
        size = (IMAGES / name).stat().st_size
        if size > MAX_BYTES:
            raise SystemExit(f"{name} has {size} bytes, more than {MAX_BYTES}: a smaller window")
        print(f"docs/images/{name}: {size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.map_screenshot", description=__doc__)
    parser.add_argument("link", help="from `ric exercise`, or `ric token --link`")
    parser.add_argument("delivery", help="LEAD/number")
    asyncio.run(take(**vars(parser.parse_args())))

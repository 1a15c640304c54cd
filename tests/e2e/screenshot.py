"""Take the README's picture from a running centre: `python -m tests.e2e.screenshot LINK`, where LINK is a one-time sign-in link."""

import argparse
import asyncio
import shutil
from pathlib import Path

from playwright.async_api import async_playwright

from tests.e2e.browsing import CHROMIUM, DESKTOP

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MAX_BYTES = 400 * 1024
ROWS = 12


async def take(link: str) -> None:
    """Sign in, wait until reports and the map are there, and write docs/images/dashboard.png."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        page = await browser.new_page(viewport=DESKTOP, locale="en-GB", color_scheme="light")
        await page.goto(link)
        await page.locator("ric-link [data-state=live]").wait_for()
        await page.locator("ric-map .map-note").wait_for(state="detached")
        await page.locator("ric-feed li.row").nth(ROWS - 1).wait_for(timeout=120_000)
        await page.locator("ric-feed li.fresh").first.wait_for(timeout=60_000)
        await page.locator("ric-counters table").first.wait_for()
        IMAGES.mkdir(parents=True, exist_ok=True)
        picture = IMAGES / "dashboard.png"
        await page.screenshot(path=picture, animations="disabled")
        await browser.close()
    size = picture.stat().st_size
    if size > MAX_BYTES:
        raise SystemExit(f"{picture.name} has {size} bytes, more than {MAX_BYTES}: fewer colours or a smaller window")
    print(f"docs/images/{picture.name}: {size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.screenshot", description=__doc__)
    parser.add_argument("link", help="from `ric up`, or `ric token --link`")
    asyncio.run(take(parser.parse_args().link))

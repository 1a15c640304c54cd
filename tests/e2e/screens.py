"""Take the pictures of docs/screens.md from a running exercise: `python -m tests.e2e.screens FOLDER`.

FOLDER is the exercise's data folder, `RIC_DATA_DIR/exercises/SPACE`. A delivery is opened in it and left running. The pictures are in light
and dark, English and Russian, as their names say.
"""

import argparse
import asyncio
import shutil
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from streams.gateway.signin import new_code
from tests.e2e.browsing import CHROMIUM, DESKTOP
from tests.e2e.deliveries import Room, soon
from tests.e2e.screenshot import IMAGES, MAX_BYTES
from tests.system import System

PHONE: ViewportSize = {"width": 390, "height": 1060}
BOARD: ViewportSize = {"width": 1440, "height": 1500}
"""As high as what stands above each other: on the phone the buttons, on the board alarms, part, legs and posts."""
LOOKS: tuple[tuple[Literal["light", "dark"], str], ...] = (("light", "en-GB"), ("dark", "ru-RU"), ("light", "ru-RU"), ("dark", "en-GB"))
FORMS = {"request": "request", "directory": "directory", "entry": "directory-entry/KG-DCS"}
DUTY, OFFICER = ("CARICC", "coordinator", "d.officer"), ("KG-DCS", "officer", "t.eam")


def scene(folder: Path, port: int) -> str:
    """A delivery on leg 1, offered to leg 2, with an alert and a position."""
    system = System("127.0.0.1:1", "postgresql://nobody@127.0.0.1/none", folder.name, folder, port=port)
    room = Room(system, f"TJ-DCA/CD-{datetime.now(UTC):%m%d-%H%M}").running(2)
    room.must("TJ-DCA", "check_in", eyes_on=True, position=seen(39.02, 70.38, 40))
    room.must("TJ-DCA", "alert", reason="неизвестная машина следует за грузом / an unknown car follows the load")
    room.offered()
    room.must("KG-DCS", "receiver_in_place", leg=2, eyes_on=True)
    return room.delivery


def seen(lat: float, lon: float, accuracy_m: float) -> dict[str, Any]:
    """A position by hand, now."""
    return {"coordinates": {"lat": lat, "lon": lon, "accuracy_m": accuracy_m}, "captured": soon(), "source": "hand"}


async def take(folder: Path) -> None:
    """The board, the forms and the phone."""
    port = int((folder / "port").read_text())
    url, delivery = f"http://127.0.0.1:{port}", await asyncio.to_thread(scene, folder, port)
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for scheme, locale in LOOKS:
            look = f"{scheme}-{locale[:2]}"
            page = await signed_in(browser, folder, url, DUTY, scheme, locale, BOARD)
            await page.goto(f"{url}/#/delivery/{delivery}")
            await page.locator("ric-delivery .part").first.wait_for()
            await page.locator("ric-lines li").first.wait_for()
            await page.locator("ric-delivery-map .place-mark .tag").first.wait_for()
            await picture(page, f"board-{look}")
            page = await signed_in(browser, folder, url, OFFICER, scheme, locale, PHONE, to="phone")
            await page.locator(".board h1").wait_for()
            await picture(page, f"phone-{look}", whole=True)
        await forms(browser, folder, url)
        await browser.close()


async def forms(browser: Browser, folder: Path, url: str) -> None:
    """The request form beside its plan, the directory, and the entry that its own officer changes."""
    for (scheme, locale), (what, at) in product(LOOKS[:2], FORMS.items()):
        page = await signed_in(browser, folder, url, OFFICER, scheme, locale, DESKTOP)
        await page.goto(f"{url}/#/{at}")
        if what == "request":
            await written(page)
        elif what == "entry":
            await changed(page)
        else:
            await page.locator(".entry[data-entry='KG-DCS'] summary").first.click()
            await page.locator(".entry[data-entry='KG-DCS'] dl").wait_for()
        await picture(page, f"{what}-{scheme}-{locale[:2]}")


async def signed_in(
    browser: Browser,
    folder: Path,
    url: str,
    who: tuple[str, str, str],
    scheme: Literal["light", "dark"],
    locale: str,
    viewport: ViewportSize,
    to: str = "",
) -> Page:
    """The page of this person, live."""
    agency, role, person = who
    context = await browser.new_context(locale=locale, viewport=viewport, color_scheme=scheme)
    context.set_default_timeout(120_000)
    page = await context.new_page()
    await page.goto(f"{url}/sign-in?code={new_code(folder, person, agency, role)}&to={to}")
    await page.locator(".line[data-state=live]" if to else "ric-link [data-state=live]").wait_for()
    return page


async def written(page: Page) -> None:
    """Two legs, so that there is a plan."""
    second = page.locator("[data-rows=legs] > ol > li").nth(1)
    for name, value in (("country", "KZ"), ("authority", "KZ-KNB"), ("controller", "KZ-KNB")):
        await second.locator(f"[name$='.{name}']").fill(value)
    await page.locator("[data-rows=legs]").scroll_into_view_if_needed()
    await page.locator("[data-plan-leg='2']").wait_for()


async def changed(page: Page) -> None:
    """A number and a closing time that differ, so that there is something beside them."""
    await page.locator("[name^='contacts.'][name$='.address']").first.fill("+999 996 0009")
    await page.locator("[name$='.closes']").first.fill("17:30")
    await page.locator("[data-takes=two]").wait_for()


async def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Write docs/images/NAME.png, what is in sight or the `whole` page. Raises SystemExit where it is too large."""
    path = IMAGES / f"screen-{name}.png"
    await page.screenshot(path=path, animations="disabled", full_page=whole)
    await page.context.close()
    if (size := path.stat().st_size) > MAX_BYTES:
        raise SystemExit(f"{path.name} has {size} bytes, more than {MAX_BYTES}: fewer colours or a smaller window")
    print(f"docs/images/{path.name}: {size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.screens", description=__doc__)
    parser.add_argument("folder", type=Path)
    asyncio.run(take(parser.parse_args().folder))

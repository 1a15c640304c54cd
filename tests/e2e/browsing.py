"""How tests look at the dashboard: chromium, signed in by a one-time link, watched for what a page should never do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, Page, ViewportSize

from streams.gateway.signin import new_code
from tests.system import PATIENT_S, System

# MapLibre draws with SwiftShader, and the page around it is drawn without, which takes less; nothing of the browser's own may go out.
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-gpu-rasterization",
    "--ignore-gpu-blocklist",
]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}


@dataclass
class Watched:
    """A page, with what it should never do: errors on its console, requests to other hosts."""

    page: Page
    origin: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """From now on."""
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.outside.append(request.url) if self._leaves(request.url) else None)

    def _leaves(self, url: str) -> bool:
        return not url.startswith((f"{self.origin}/", "blob:", "data:"))


def sign_in_link(
    system: System, agency: str = "CARICC", role: str = "coordinator", person: str = "d.officer", *, supervises: bool = False
) -> str:
    """A fresh one-time link."""
    return f"{system.url}/sign-in?code={new_code(system.data_dir, person, agency, role, supervises=supervises)}"


@asynccontextmanager
async def signed_in(
    browser: Browser,
    system: System,
    *,
    agency: str = "CARICC",
    role: str = "coordinator",
    person: str = "d.officer",
    supervises: bool = False,
    locale: str = "en-GB",
    viewport: ViewportSize = DESKTOP,
    at: str = "",
) -> AsyncIterator[Watched]:
    """The dashboard as a person sees it who has just signed in, live; `at`: another page than the first, whose map takes long to draw."""
    context = await browser.new_context(locale=locale, viewport=viewport)
    context.set_default_timeout(PATIENT_S * 1000)
    page = await context.new_page()
    watched = Watched(page, system.url)
    watched.watch()
    link = sign_in_link(system, agency, role, person, supervises=supervises)
    if at:
        await context.request.get(link)
        await page.goto(f"{system.url}/#/{at}")
    else:
        await page.goto(link)
        await page.wait_for_url(f"{system.url}/")
    await page.locator("ric-link [data-state=live]").wait_for()
    try:
        yield watched
    finally:
        await context.close()

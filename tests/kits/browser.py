"""A real browser at a real Home Assistant: what a person sees and does, and what must not be seen."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
from pathlib import Path
import re
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, Route, ViewportSize, expect
import pytest

from scripts.devenv.cards import SOURCES
from scripts.devenv.paths import DEVENV
from scripts.stack.browser import GO, STRATEGY, logged_in

from .process import PATIENCE

IN_BROWSER = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.xdist_group("browser"),
]
"""Lets tests share a loop, and with it a Home Assistant and a browser, and one process of a parallel run."""
SCREENSHOTS = DEVENV / "screenshots"
AXE = SOURCES / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ("https://demo.home-assistant.io/", "https://brands.home-assistant.io/")
"""Where Home Assistant's own pages ask for pictures."""
LATE_EVENT = re.compile(r"Received event for unknown subscription (\d+)")
EMPTY_PICTURE = "<svg xmlns='http://www.w3.org/2000/svg'/>"
WIDE: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = PATIENCE * 1_000
expect.set_options(timeout=PATIENCE_MS)
# Home Assistant's own pages are not ours to judge: nodes are told by the elements on the way to them.
FIND_SERIOUS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes
      .map(({ target }) => JSON.stringify(target))
      .filter((target) => target.includes("maestra-"))
      .map((target) => `${id}: ${target}`));
}"""
# What is cut off or sticks out of a card, other than texts that end with an ellipsis and lists that scroll.
FIND_CUT = """() => {
  const found = [];
  const visit = (root, isOurs) => {
    for (const element of root.querySelectorAll("*")) {
      const ours = isOurs || element.localName.startsWith("maestra-");
      const style = getComputedStyle(element);
      if (ours && element.scrollWidth > element.clientWidth + 1 && element.clientWidth
          && style.display !== "inline" && style.textOverflow !== "ellipsis" && element.className !== "sr-only"
          && !["input", "select", "textarea", "svg"].includes(element.localName)) {
        found.push(`${element.localName}.${element.className}: ${element.scrollWidth} > ${element.clientWidth}`);
      }
      if (element.shadowRoot) visit(element.shadowRoot, ours);
    }
  };
  visit(document, false);
  return found;
}"""

FIND_VIEWS = f"""async () => (await customElements.get("{STRATEGY}").generate(
  {{}}, document.querySelector("home-assistant").hass)).views.map(({{ path }}) => path)"""


class Visitor:
    """Somebody who is logged in, in a window of his own; what pages complain of is kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._url = url
        self._commands: dict[int, str] = {}
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._said)
        page.on("websocket", lambda socket: socket.on("framesent", self._sent))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, path: str) -> None:
        """Load a page from the start."""
        await self.page.goto(f"{self._url}{path}")

    async def go(self, path: str) -> None:
        """Go to another page of Home Assistant's, which is much faster."""
        await self.page.evaluate(GO, path)

    async def finish(self, button: str = "Finish") -> None:
        """Close a dialog that is done, and wait until Home Assistant went back in the history: that stops a page that loads."""
        await self.page.get_by_role("button", name=button).click()
        await self.page.wait_for_function("() => !history.state?.dialog")

    async def photograph(self, name: str) -> Path:
        """Keep a picture for people to look at; returns where it is."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        await self.page.screenshot(path=path)
        return path

    async def barriers(self) -> list[str]:
        """Return what keeps people out of our cards who can't see or hear well, or use no mouse."""
        await self.page.evaluate(AXE.read_text("utf-8"))
        found: list[str] = await self.page.evaluate(FIND_SERIOUS)
        return found

    async def cut(self) -> list[str]:
        """Return what in our cards does not fit in."""
        found: list[str] = await self.page.evaluate(FIND_CUT)
        return found

    def overlook_others(self) -> None:
        """Forget what Home Assistant's own pages complain of: they miss pictures, and more, that there is no network for."""
        self.complaints[:] = [each for each in self.complaints if "maestra" in each]

    def _sent(self, frame: str | bytes) -> None:
        messages = json.loads(frame)
        for each in messages if isinstance(messages, list) else [messages]:
            if "id" in each:
                self._commands[each["id"]] = each["type"]

    def _said(self, message: Any) -> None:
        if message.type not in ("error", "warning"):
            return
        late = LATE_EVENT.match(message.text)
        command = self._commands.get(int(late[1]), "") if late else ""
        # Some of Home Assistant's own commands send on a little after their end.
        if not late or command.startswith("maestra/"):
            self.complaints.append(f"{message.type}: {message.text} {command}")


@asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    token: str,
    *,
    viewport: ViewportSize = WIDE,
    language: str = "en",
    is_dark: bool = False,
) -> AsyncGenerator[Visitor]:
    """Open a window; fails at its end where pages complained, or asked for something of another machine."""
    is_phone = viewport["width"] < 800
    context = await browser.new_context(
        storage_state=logged_in(url, token, language),
        viewport=viewport,
        color_scheme="dark" if is_dark else "light",
        reduced_motion="reduce",
        locale=language,
        timezone_id="Europe/Amsterdam",
        device_scale_factor=2 if is_phone else 1,
        is_mobile=is_phone,
        has_touch=is_phone,
    )
    elsewhere: list[str] = []

    async def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(url).netloc:
            await route.continue_()
        elif route.request.url.startswith(PICTURES):
            await route.fulfill(content_type="image/svg+xml", body=EMPTY_PICTURE)
        else:
            elsewhere.append(route.request.url)
            await route.abort()

    await context.route(lambda address: not address.startswith(url), guard)
    visitor = Visitor(await context.new_page(), url)
    yield visitor
    await context.close()
    assert not visitor.complaints, visitor.complaints
    assert not elsewhere, elsewhere


async def paths_of_views(visitor: Visitor) -> list[str]:
    """Return where the views are of the dashboard that is made of what there is."""
    page = visitor.page
    await page.wait_for_function(f"() => customElements.get('{STRATEGY}')")
    found: list[str] = await page.evaluate(FIND_VIEWS)
    return found

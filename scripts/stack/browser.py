"""A real browser at a real Home Assistant."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

STRATEGY: Final = "ll-strategy-dashboard-maestra"
"""The element that makes the dashboard of what there is."""
GO: Final = """path => {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed"));
}"""
"""Shows another page of Home Assistant's without loading anything anew."""


@asynccontextmanager
async def chromium() -> AsyncGenerator[Browser]:
    """Run the browser of the set-up."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ["MAESTRA_CHROMIUM"]
        )
        yield browser
        await browser.close()


def logged_in(url: str, token: str, language: str = "en") -> Any:
    """Return what a browser keeps of somebody who has logged in (Playwright's `storage_state`)."""
    tokens = {
        "access_token": token,
        "refresh_token": "",
        "token_type": "Bearer",
        "expires_in": 10**9,
        "hassUrl": url,
        "clientId": f"{url}/",
        "expires": 4e12,
    }
    stored = {"hassTokens": tokens, "selectedLanguage": language}
    items = [{"name": key, "value": json.dumps(value)} for key, value in stored.items()]
    return {"cookies": [], "origins": [{"origin": url, "localStorage": items}]}

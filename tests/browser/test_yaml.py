"""Dashboards in YAML: those of `dashboards/`, and one with one of each card, from a cold start on."""

from collections.abc import Iterable
import os
from pathlib import Path

from playwright.async_api import Browser, expect
import pytest
import yaml

from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER, Visitor, visit
from tests.kits.hass_process import HassProcess

from .conftest import Visit
from .house import CONFIGURATION, DASHBOARDS, LOVELACE, YAML_DASHBOARD, furnish, hang

pytestmark = IN_BROWSER

COLD_STARTS = int(os.environ.get("MAESTRA_COLD_STARTS", "2"))
"""So often a dashboard is opened right after Home Assistant has started."""
FILES = sorted((DASHBOARDS / "views").glob("*.yaml"))
CUSTOM = "custom:"
OURS = "() => window.customCards.map(({ type }) => type).filter((type) => type.startsWith('maestra-'))"


def kinds_in(cards: Iterable[dict[str, str]]) -> set[str]:
    """Return the types of our cards among these."""
    return {
        card["type"].removeprefix(CUSTOM)
        for card in cards
        if card["type"].startswith(CUSTOM)
    }


async def shown(visitor: Visitor, kinds: Iterable[str]) -> None:
    """Wait until each of these cards says something, and Home Assistant misses none."""
    page = visitor.page
    for kind in kinds:
        await expect(page.locator(f"{kind}-card ha-card").first).to_be_visible()
    await expect(page.locator(".loading")).to_have_count(0)
    await expect(page.locator("hui-error-card")).to_have_count(0)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_view_to_edit_in_yaml_mode(visitor: Visit, file: Path) -> None:
    view = yaml.safe_load(file.read_text("utf-8"))
    kinds = kinds_in(card for part in view["sections"] for card in part["cards"])
    assert kinds
    assert view["path"] == file.stem
    async with visitor() as somebody:
        await somebody.open(f"/yaml-views/{file.stem}")
        await shown(somebody, kinds)
        await somebody.photograph(f"yaml_{file.stem}")
        assert await somebody.cut() == []


async def test_every_view_to_edit_is_in_the_whole_dashboard() -> None:
    whole = (DASHBOARDS / "views.yaml").read_text("utf-8")
    assert sorted(
        line.split()[-1] for line in whole.splitlines() if "!include" in line
    ) == [f"views/{file.name}" for file in FILES]


async def test_a_view_to_edit_is_pasted_into_a_dashboard(
    visitor: Visit, api: HassApi
) -> None:
    """As the documentation says: with the editor that shows a view as YAML."""
    await api.add_dashboard("test-paste", "test-paste", {"views": [{"title": "Old"}]})
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open("/test-paste/0?edit=1")
        await page.get_by_title("Edit view").first.click()
        dialog = page.locator("hui-dialog-edit-view")
        await dialog.get_by_role("button", name="Menu").click()
        await page.get_by_text("Edit in YAML").click()
        await dialog.locator(".cm-content").fill(
            (DASHBOARDS / "views" / "hierarchy.yaml").read_text("utf-8")
        )
        await somebody.finish("Save")
        await somebody.open("/test-paste/hierarchy")
        await shown(somebody, ["maestra-tree"])


@pytest.mark.timeout(120 + 60 * COLD_STARTS)
async def test_each_card_is_there_after_a_cold_start_and_a_hard_reload(
    browser: Browser, tmp_path: Path
) -> None:
    """With nothing in the browser's cache, and nobody who has been there before."""
    folder = tmp_path / "config"
    home = HassProcess(folder, configuration=CONFIGURATION + LOVELACE)
    hang(folder)
    (view,) = yaml.safe_load(YAML_DASHBOARD)["views"]
    kinds = kinds_in(view["cards"])
    async with home.running(), home.api() as api:
        await api.wait_until_running()
        await furnish(api)
    for _ in range(COLD_STARTS):
        async with home.running(), home.api() as api:
            await api.wait_until_running()
            async with visit(browser, api.url, str(api.token)) as somebody:
                await somebody.open("/yaml-cards/0")
                await shown(somebody, kinds)
                assert set(await somebody.page.evaluate(OURS)) == kinds
                tools = await somebody.page.context.new_cdp_session(somebody.page)
                await tools.send("Page.reload", {"ignoreCache": True})
                await shown(somebody, kinds)

"""A hub that has nothing yet: the dashboard says what is missing, and how to add it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from playwright.async_api import Browser, expect
import pytest
import pytest_asyncio

from scripts.stack.flows import CONFIG_FLOW, run_flow
from tests.kits.browser import IN_BROWSER, PHONE, WIDE, Visitor, paths_of_views, visit
from tests.kits.hass_process import HassProcess

from .conftest import Visit
from .house import CONFIGURATION, STRATEGY, hang_strategy

pytestmark = IN_BROWSER

ADD = "Settings, Devices & services"
NO_DATABASE = "No database"
SAID: dict[str, tuple[str, ...]] = {
    "overview": ("Nothing here yet", "Connect a broker", NO_DATABASE),
    "events": (NO_DATABASE,),
    "bus": ("Add a broker",),
    "performance": (NO_DATABASE,),
    "connections": ("No broker and no listener yet", "Add a broker", NO_DATABASE),
    "analytics": (NO_DATABASE,),
}
"""What each view of a hub with nothing says."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def newcomer(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Callable[..., AbstractAsyncContextManager[Visitor]]]:
    """Let somebody open a window who has just added the integration, and nothing else."""
    folder = tmp_path_factory.mktemp("bare") / "config"
    home = HassProcess(folder, configuration=CONFIGURATION, is_fresh=True)
    async with home.running(), home.api() as api:
        await api.wait_until_running()
        await run_flow(api, CONFIG_FLOW, {"handler": "maestra"}, {"user": {}})
        await hang_strategy(api)
        yield partial(visit, browser, api.url, str(api.token))


async def drawn(visitor: Visitor, view: str) -> None:
    """Go to a view, and wait until nothing in it loads any more."""
    await visitor.go(f"{STRATEGY}/{view}")
    await expect(visitor.page.locator("hui-card").first).to_be_visible()
    await expect(visitor.page.locator(".loading")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("wide", {"viewport": WIDE}),
        ("phone", {"viewport": PHONE, "is_dark": True}),
    ],
)
async def test_each_view_says_what_is_missing_and_how_to_add_it(
    newcomer: Visit, name: str, look: dict[str, object]
) -> None:
    async with newcomer(**look) as somebody:
        await somebody.open(STRATEGY)
        assert await paths_of_views(somebody) == list(SAID)
        for view, said in SAID.items():
            await drawn(somebody, view)
            for each in (*said, ADD):
                await expect(somebody.page.get_by_text(each).first).to_be_visible()
            await somebody.photograph(f"bare_{view}_{name}")
            assert await somebody.cut() == [], view
            assert await somebody.barriers() == [], view


async def test_without_a_database_each_view_that_needs_one_says_so(
    visitor: Visit,
) -> None:
    """Where there are things, and clients."""
    async with visitor() as somebody:
        await somebody.open(STRATEGY)
        for view in await paths_of_views(somebody):
            await drawn(somebody, view)
            await somebody.photograph(f"no_database_{view}")
            assert await somebody.cut() == [], view
        for view in ("overview", "events", "performance", "connections", "analytics"):
            await drawn(somebody, view)
            await expect(somebody.page.get_by_text(NO_DATABASE).first).to_be_visible()
            await expect(somebody.page.get_by_text(ADD).first).to_be_visible()

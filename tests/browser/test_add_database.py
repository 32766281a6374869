"""A database by clicking: from the card that misses it to rows in it."""

from collections.abc import AsyncGenerator

from playwright.async_api import expect
import pytest
import pytest_asyncio

from custom_components.maestra.const import SUBENTRY_TIMESCALE_STORE
from custom_components.maestra.core.store.settings import StoreSettings
from scripts.stack.hass_api import HassApi
from tests.kits.browser import IN_BROWSER
from tests.kits.database import Postgres
from tests.kits.hass_process import HUB

from .conftest import Visit

pytestmark = IN_BROWSER
STORE = "/test-cards/store"


@pytest_asyncio.fixture(loop_scope="session")
async def settings(api: HassApi, postgres: Postgres) -> AsyncGenerator[StoreSettings]:
    """An empty database, which the hub has no longer at the end."""
    name = await postgres.create_database()
    yield postgres.settings(name)
    for each in await api.command("config_entries/subentries/list", entry_id=HUB):
        if each["subentry_type"] == SUBENTRY_TIMESCALE_STORE:
            await api.command(
                "config_entries/subentries/delete",
                entry_id=HUB,
                subentry_id=each["subentry_id"],
            )
    await postgres.drop_database(name)


@pytest.mark.timeout(180)
async def test_a_database_is_added_by_clicking(
    visitor: Visit, settings: StoreSettings
) -> None:
    """What is wrong is said in the form, which keeps what was filled in."""
    async with visitor() as somebody:
        page = somebody.page
        await somebody.open(STORE)
        await page.get_by_role("button", name="Add a database").first.click()
        await page.get_by_role("button", name="Add database").click()
        form = page.locator("dialog-data-entry-flow")
        submit = page.get_by_role("button", name="Submit")
        await form.locator("input[name=host]").fill(settings.host)
        await form.locator("input[type=number]").first.fill(str(settings.port))
        await form.locator("input[name=database]").fill("nowhere")
        await form.locator("input[name=username]").fill(settings.user)
        await submit.click()
        await expect(form).to_contain_text("The server has no such database")
        await somebody.photograph("add_database")
        await form.locator("input[name=database]").fill(settings.database)
        await submit.click()
        await somebody.finish()

        await somebody.open(STORE)
        card = page.locator("maestra-store-card").first
        await expect(card.get_by_text("Recording")).to_be_visible()
        await card.get_by_role("button", name="Write now").click()
        await expect(card.get_by_text("All is written")).to_be_visible()
        somebody.overlook_others()

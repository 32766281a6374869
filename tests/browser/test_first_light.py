"""The first two minutes, as the README tells them: by clicking, in a Home Assistant that nobody has used yet."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Browser
import pytest

from scripts.stack.hass_api import HassApi
from tests.kits.broker import Broker
from tests.kits.browser import IN_BROWSER, visit
from tests.kits.hass_process import HassProcess
from tests.kits.process import HOST, PATIENCE

from .house import CONFIGURATION

pytestmark = IN_BROWSER

UPDATE = "maestra/entity/state/update/wash-1"
STATE = "maestra/entity/state/light/wash-1"


async def shown(api: HassApi, entity_id: str, value: str, **attributes: Any) -> Any:
    """Wait for an entity in this state, with these attributes among others."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for state in await api.get("/api/states"):
                if (state["entity_id"], state["state"]) == (entity_id, value) and (
                    attributes.items() <= state["attributes"].items()
                ):
                    return state
            await asyncio.sleep(0.1)


@pytest.mark.timeout(300)
async def test_a_first_publish_becomes_a_light_in_its_area_by_clicking(
    browser: Browser, tmp_path: Path
) -> None:
    home = HassProcess(tmp_path / "config", configuration=CONFIGURATION, is_fresh=True)
    async with (
        Broker(tmp_path / "broker") as broker,
        broker.peer(filters=(STATE,)) as client,
        home.running(),
        home.api() as api,
    ):
        await api.wait_until_running()
        async with visit(browser, api.url, str(api.token)) as visitor:
            page = visitor.page
            submit = page.get_by_role("button", name="Submit")

            # Install: the integration, and the broker that it asks for.
            await visitor.open("/config/integrations/dashboard")
            await page.get_by_role("button", name="Add integration").click()
            dialog = page.locator("dialog-add-integration")
            await dialog.locator("input").first.fill("Maestra")
            await dialog.locator("ha-integration-list-item").first.click()
            await submit.click()
            await page.get_by_text("Direct connection", exact=True).click()
            form = page.locator("dialog-data-entry-flow")
            await form.locator("input[name=host]").fill(HOST)
            await form.locator("input[type=number]").first.fill(str(broker.port))
            await submit.click()
            await visitor.finish()

            # The first light: a client says something, and somebody says what it is.
            await client.publish(UPDATE, {"state": {"brightness": 80}})
            await shown(api, "sensor.wash_1_brightness", "80")
            await visitor.open("/config/repairs")
            await page.get_by_text("Wash 1 looks like a light").click()
            await page.get_by_text("Say what it is").click()
            await visitor.photograph("first-light-what-is-it")
            await page.get_by_text("Area", exact=True).click()
            await page.get_by_text("Living Room").first.click()
            await submit.click()
            await page.get_by_text("Its values").wait_for()
            await submit.click()
            await visitor.finish()
            await page.get_by_text("There are currently no repairs pending").wait_for()

            light = await shown(api, "light.living_room_wash_1", "on", brightness=204)
            assert light["attributes"]["friendly_name"] == "Wash 1"
            devices = await api.command("config/device_registry/list")
            (wash,) = [each for each in devices if each["name"] == "Wash 1"]
            assert (wash["model"], wash["area_id"]) == ("Light", "living_room")

            # It is switched here, and dimmed by the client.
            await visitor.open(f"/config/devices/device/{wash['id']}")
            await page.locator("ha-entity-toggle").first.click()
            await client.receives(STATE, current_state={"brightness": 0})
            await shown(api, "light.living_room_wash_1", "off")
            await client.publish(UPDATE, {"state": {"brightness": 100}})
            await shown(api, "light.living_room_wash_1", "on", brightness=255)
            await visitor.photograph("first-light-device")

            # Its page leads to the form for whatever else is to be described.
            await page.get_by_text("Visit").first.click()
            await page.get_by_role("button", name="Configure").first.click()
            await page.get_by_text("What something is").click()
            await page.get_by_text("Choose what you want to describe").wait_for()
            await visitor.photograph("first-light-describe")
            visitor.overlook_others()

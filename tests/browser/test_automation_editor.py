"""The automation editor: what it offers for a device, and that each of these opens with fields that people can fill in."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator
import pytest
import pytest_asyncio

from custom_components.maestra.const import SUBENTRY_DETECTOR, SUBENTRY_F2_CONTROLLER
from custom_components.maestra.features.f2.setup import connector_id
from custom_components.maestra.features.qs.entities import node_key
from scripts.stack.hass_api import HassApi
from tests.kits.broker import Broker
from tests.kits.browser import IN_BROWSER, Visitor, visit
from tests.kits.f2_device import MAC, WIRING
from tests.kits.hass_process import HassProcess
from tests.kits.hub_broker import broker_subentry
from tests.kits.process import PATIENCE
from tests.kits.qs import event
from tests.kits.texts import TEXTS
from tests.test_offered import FIELDS, OFFERED, OPTIONS

from .house import CONFIGURATION

pytestmark = [*IN_BROWSER, pytest.mark.timeout(300)]

KINDS = ("light", "gate", "detector", "QS node", "hub")
TOLD_BY_INTEGRATION = ("light", "gate")
"""Home Assistant's editor counts none of the entities that are told by their integration."""
AUTOMATION = "/api/config/automation/config/"
SIDEBAR = "ha-automation-sidebar"


class Editor:
    """A Home Assistant with a device of each kind, and somebody who looks at automations."""

    def __init__(self, api: HassApi, visitor: Visitor, devices: dict[str, str]) -> None:
        self.api = api
        self.visitor = visitor
        self.devices = devices

    async def rows(self, name: str, automation: dict[str, Any]) -> Locator:
        """Save an automation and open it; returns its rows."""
        await self.api.post(
            f"{AUTOMATION}{name}",
            {"alias": name, "triggers": [], "actions": [], **automation},
        )
        await self.visitor.open(f"/config/automation/edit/{name}")
        rows = self.visitor.page.locator("ha-automation-row")
        await rows.first.wait_for()
        return rows

    async def select(self, row: Locator) -> Locator:
        """Click on a row until its fields are shown; returns the sidebar that has them."""
        sidebar = self.visitor.page.locator(SIDEBAR)
        async with asyncio.timeout(PATIENCE):
            while True:
                # The editor lets go of what was chosen while it is still loading, or shows nothing of it.
                for _ in range(100):
                    if await row.get_attribute("selected") is None:
                        break
                    if await sidebar.locator("ha-selector").first.is_visible():
                        return sidebar
                    await asyncio.sleep(0.05)
                # On its icon: the target beside its name is a button of its own.
                await row.click(position={"x": 24, "y": 24})
                await asyncio.sleep(0.05)


@pytest_asyncio.fixture(loop_scope="session")
async def editor(browser: Browser, tmp_path: Path) -> AsyncGenerator[Editor]:
    """A show with a light, a gate, a detector and a QS node."""
    (tmp_path / "config").mkdir()
    async with Broker(tmp_path / "broker") as broker, broker.peer() as client:
        subentries: list[Any] = [
            broker_subentry(
                broker,
                dialects=["maestra", "qs", "f2"],
                bridge=True,
                protocol="automatic",
            ),
            {
                "subentry_id": "gatesubentry",
                "subentry_type": SUBENTRY_F2_CONTROLLER,
                "title": "Gate",
                "unique_id": MAC,
                "data": {"mac": MAC, "wiring": WIRING},
            },
            {
                "subentry_id": "peebotsubentry",
                "subentry_type": SUBENTRY_DETECTOR,
                "title": "PeeBot",
                "unique_id": None,
                "data": {"kind": "peebot", "series": "iss:NODE3000005", "settings": {}},
            },
        ]
        home = HassProcess(
            tmp_path / "config",
            subentries,
            configuration=CONFIGURATION + "automation: !include automations.yaml\n",
        )
        async with home.running(), home.api() as api:
            await api.wait_until_running()
            await broker.logged("qs/v1/+/events")
            await client.publish("qs/v1/esp32-01/events", [event("a")])
            await api.act(
                "maestra.create_entity",
                {"name": "Wash 1", "slug": "wash-1", "entity_type": "light"},
            )
            wanted = {
                "gate": connector_id(MAC, "J1"),
                "detector": "peebotsubentry",
                "QS node": node_key("esp32-01"),
            }
            devices = await devices_of(api, wanted)
            async with visit(browser, api.url, str(api.token)) as visitor:
                yield Editor(api, visitor, devices)
                visitor.overlook_others()


async def devices_of(api: HassApi, wanted: dict[str, str]) -> dict[str, str]:
    """Wait for devices; returns their ids, with those of the light and the hub."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = {
                identifier[1]: device["id"]
                for device in await api.command("config/device_registry/list")
                for identifier in device["identifiers"]
                if identifier[0] == "maestra"
            }
            names = {
                device["name"]: device["id"]
                for device in await api.command("config/device_registry/list")
            }
            if {*wanted.values()} <= found.keys() and {
                "Wash 1",
                "Maestra",
            } <= names.keys():
                return {
                    "light": names["Wash 1"],
                    "hub": names["Maestra"],
                    **{kind: found[key] for kind, key in wanted.items()},
                }
            await asyncio.sleep(0.1)


async def test_everything_that_is_offered_opens_with_selectors(editor: Editor) -> None:
    """Each trigger, condition and action of each kind of device: named, with its target, and no YAML."""
    page = editor.visitor.page
    for kind in KINDS:
        target = {"device_id": [editor.devices[kind]]}
        triggers, conditions, actions = (sorted(names) for names in OFFERED[kind])
        automation = {
            "triggers": [
                {"trigger": f"maestra.{name}", "target": target} for name in triggers
            ],
            "conditions": [
                {
                    "condition": f"maestra.{name}",
                    "target": target,
                    "options": dict(OPTIONS.get(name, {})),
                }
                for name in conditions
            ],
            "actions": [
                {
                    "action": f"maestra.{name}",
                    "target": target,
                    "data": dict(FIELDS.get(name, {})),
                }
                for name in actions
            ],
        }
        slug = kind.lower().replace(" ", "_")
        rows = await editor.rows(slug, automation)
        expected = len(triggers) + len(conditions) + len(actions)
        assert await rows.count() == expected, kind
        assert await page.get_by_text("No target set").count() == 0, kind
        if kind not in TOLD_BY_INTEGRATION:
            assert await page.get_by_text("(0)").count() == 0, kind
        for index in range(expected):
            sidebar = await editor.select(rows.nth(index))
            assert (
                await sidebar.locator("ha-yaml-editor").count() == 0 or kind == "light"
            )
            assert "maestra." not in await rows.nth(index).inner_text()
        await editor.visitor.photograph(f"automation-editor-{slug}")


NOWHERE = ("Devices", "Services")
"""Where the dialogs have what is in no area."""


async def test_the_dialogs_offer_what_fits(editor: Editor) -> None:
    """By clicking: add a trigger, condition or action, and choose its target."""
    page = editor.visitor.page
    registered = {
        device["id"]: device
        for device in await editor.api.command("config/device_registry/list")
    }
    tree = page.locator("ha-automation-add-from-target")
    items = page.locator("ha-automation-add-items ha-list-item-button")
    for column, kind_of_row in enumerate(("trigger", "condition", "action")):
        names = TEXTS["services" if kind_of_row == "action" else f"{kind_of_row}s"]
        await editor.visitor.open("/config/automation/edit/new")
        await page.get_by_role("button", name=f"Add {kind_of_row}").click()
        for section in NOWHERE:
            await tree.get_by_text(section, exact=True).click()
        for kind in KINDS:
            name = registered[editor.devices[kind]]["name"]
            await tree.get_by_text(name, exact=True).click()
            # Each row says its target too.
            wanted = {f"{names[key]['name']}\n{name}" for key in OFFERED[kind][column]}
            ours = {f"{each['name']}\n{name}" for each in names.values()}
            async with asyncio.timeout(PATIENCE):
                while wanted != ours & {*await items.all_inner_texts()}:
                    await asyncio.sleep(0.1)
        await editor.visitor.photograph(f"add-{kind_of_row}")

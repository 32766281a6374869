"""The cards as pages of Home Assistant get them."""

from http import HTTPStatus
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import re
import shutil
from typing import Any

from aiohttp.test_utils import make_mocked_request
import pytest
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from custom_components.maestra.features.frontend import files
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from tests.kits.hub import HubKit


@pytest.fixture
async def frontend(
    hass: HomeAssistant, socket_enabled: None, hass_storage: dict[str, Any]
) -> None:
    """Home Assistant's own pages, after its first steps."""
    done = ["user", "core_config", "analytics", "integration"]
    hass_storage["onboarding"] = {
        "version": 4,
        "key": "onboarding",
        "data": {"done": done},
    }
    assert await async_setup_component(hass, "frontend", {})


async def modules(hass_client_no_auth: ClientSessionGenerator) -> list[str]:
    """Return the addresses of our modules in the page that a browser opens first."""
    client = await hass_client_no_auth()
    page = await (await client.get("/")).text()
    return re.findall(r'import\("(/maestra_frontend/[^"]+)"\)', page)


async def test_a_page_loads_the_cards(
    hass: HomeAssistant,
    frontend: None,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    (address,) = await modules(hass_client_no_auth)

    answer = await (await hass_client_no_auth()).get(address)

    assert answer.status == HTTPStatus.OK
    assert answer.content_type == "text/javascript"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "customElements" in await answer.text()


async def test_cards_go_packed_to_who_takes_it(
    frontend: None, hub_kit: HubKit, hass_client_no_auth: ClientSessionGenerator
) -> None:
    (address,) = await modules(hass_client_no_auth)
    client = await hass_client_no_auth()
    packed, plain = [
        await client.get(address, headers={"Accept-Encoding": encoding})
        for encoding in ("gzip, deflate, br", "identity")
    ]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert await packed.read() == await plain.read() != b""


async def test_pages_get_what_was_loaded_whatever_becomes_of_the_files(
    tmp_path: Path,
) -> None:
    """HACS replaces them, and Home Assistant is restarted when somebody has the time."""
    source = Path(files.__file__)
    copy = tmp_path / "features" / "frontend" / source.name
    copy.parent.mkdir(parents=True)
    shutil.copyfile(source, copy)
    shutil.copytree(source.parents[2] / "frontend", tmp_path / "frontend")
    spec = spec_from_file_location("copied_files", copy)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    shutil.rmtree(tmp_path)
    request = make_mocked_request("GET", module.ENTRY)
    answer = await module.CardFilesView().get(request, module.ENTRY.split("/")[-1])
    assert answer.status == HTTPStatus.OK
    assert b"customElements" in answer.body


async def test_what_it_imports_is_there(
    hass: HomeAssistant,
    frontend: None,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    client = await hass_client_no_auth()
    wanted, seen = set(await modules(hass_client_no_auth)), set[str]()
    while wanted - seen:
        address = (wanted - seen).pop()
        answer = await client.get(address)
        assert answer.status == HTTPStatus.OK, address
        seen.add(address)
        names = re.findall(r'"\./([\w-]+\.js)"', await answer.text())
        wanted |= {f"/maestra_frontend/{name}" for name in names}
    assert len(seen) > 3


@pytest.mark.parametrize(
    "name", ["other.js", "..%2Fmanifest.json", "%2Fetc%2Fpasswd", "fleet"]
)
async def test_nothing_else_is_served(
    hass: HomeAssistant,
    frontend: None,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
    name: str,
) -> None:
    client = await hass_client_no_auth()
    answer = await client.get(f"/maestra_frontend/{name}")
    assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)


async def test_a_reload_registers_them_once(
    hass: HomeAssistant,
    frontend: None,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await hub_kit.reload()
    assert len(await modules(hass_client_no_auth)) == 1


async def test_removing_the_integration_removes_them(
    hass: HomeAssistant,
    frontend: None,
    hub_kit: HubKit,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await hass.config_entries.async_remove(hub_kit.entry.entry_id)
    assert await modules(hass_client_no_auth) == []


async def test_dashboards_are_told_what_there_is(
    hass: HomeAssistant, hub_kit: HubKit, hass_ws_client: WebSocketGenerator
) -> None:
    room = await hub_kit.light("stage")
    light = await hub_kit.light("wash-1", state={"brightness": 1}, parent="stage")
    board = await hub_kit.registers("AA:01")
    await hub_kit.act("set_device_group", name="Boards", device=board.id)
    entity = "light.wash_1"
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": [
                {"alias": "Ours", "triggers": [], "actions": [_turn_on(entity)]},
                {"alias": "Other", "triggers": [], "actions": [_turn_on("light.x")]},
            ]
        },
    )
    assert await async_setup_component(
        hass, "script", {"script": {"ours": {"sequence": [_turn_on(entity)]}}}
    )
    client = await hass_ws_client(hass)

    await client.send_json_auto_id({"type": "maestra/contents"})
    answer = (await client.receive_json())["result"]

    named = {entity["slug"]: entity for entity in answer["entities"]}
    assert named["wash-1"]["device_id"] == light
    assert named["wash-1"]["above"] == ["stage"]
    assert named.get("stage", {"device_id": room})["device_id"] == room
    device_id = hub_kit.device_id(board.id)
    assert answer["devices"] == [device_id]
    assert answer["groups"] == [{"name": "Boards", "devices": [device_id]}]
    assert answer["automations"] == ["automation.ours", "script.ours"]


def _turn_on(entity_id: str) -> dict[str, Any]:
    return {"action": "light.turn_on", "target": {"entity_id": entity_id}}

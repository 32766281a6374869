"""The blueprints in the user's folder: offered once, installed on request, and never over what the user has changed."""

from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features.blueprints.files import SHIPPED
from custom_components.maestra.features.blueprints.manager import BLUEPRINTS_OFFERED
from homeassistant.components.automation import EVENT_AUTOMATION_RELOADED
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from scripts.devenv.shipped import BLUEPRINTS
from tests.kits.hub import HubKit
from tests.kits.repairs import FixFlows


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder, by their paths there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


ALL = sorted(files_of(SHIPPED))
ONE = "automation/maestra/device_offline.yaml"


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration folder of our own."""
    (Path(hass_tmp_config_dir) / "configuration.yaml").write_text("automation: []\n")
    return hass_tmp_config_dir


@pytest.fixture
def folder(hass: HomeAssistant) -> Path:
    """Where Home Assistant looks for blueprints."""
    return Path(hass.config.path("blueprints"))


@pytest.fixture
async def kit(hass: HomeAssistant, folder: Path, hub: MockConfigEntry) -> HubKit:
    """A hub, in a Home Assistant that has automations and scripts."""
    for name in ("websocket_api", "automation", "script"):
        assert await async_setup_component(hass, name, {})
    found = HubKit(hass, hub)
    await found.reload()
    await found.settled()
    return found


def is_offered(hass: HomeAssistant) -> bool:
    issue = ir.async_get(hass).async_get_issue(DOMAIN, BLUEPRINTS_OFFERED)
    return issue is not None and issue.active and issue.dismissed_version is None


def test_what_ships_is_what_the_repository_has() -> None:
    """Else: run `scripts/cards` and commit what it copies."""
    assert files_of(SHIPPED) == files_of(BLUEPRINTS)


@pytest.mark.usefixtures("hub")
def test_without_automations_nothing_is_offered(hass: HomeAssistant) -> None:
    assert not is_offered(hass)


async def test_the_offer_installs_them(
    hass: HomeAssistant,
    kit: HubKit,
    fix: FixFlows,
    folder: Path,
    hass_ws_client: WebSocketGenerator,
) -> None:
    assert is_offered(hass)
    flow = await fix.open(BLUEPRINTS_OFFERED)
    done = await fix.answer(flow["flow_id"], {"next_step_id": "install"})

    assert done["type"] == "create_entry"
    ours = {path: text for path, text in files_of(folder).items() if path in ALL}
    assert ours == files_of(SHIPPED)
    client = await hass_ws_client()
    listed: dict[str, Any] = {}
    for domain in ("automation", "script"):
        await client.send_json_auto_id({"type": "blueprint/list", "domain": domain})
        found = (await client.receive_json())["result"]
        listed |= {f"{domain}/{path}": each for path, each in found.items()}
    assert set(ALL) <= listed.keys()
    assert all("error" not in each for each in listed.values())
    await kit.reload()
    await kit.settled()
    assert not is_offered(hass)


async def test_who_does_not_want_them_is_not_asked_again(
    hass: HomeAssistant, kit: HubKit, fix: FixFlows, folder: Path
) -> None:
    flow = await fix.open(BLUEPRINTS_OFFERED)
    done = await fix.answer(flow["flow_id"], {"next_step_id": "ignore"})
    assert done["reason"] == "issue_ignored"
    await kit.reload()
    await kit.settled()
    assert not is_offered(hass)
    assert not (folder / ONE).exists()


async def installed(kit: HubKit) -> dict[str, Any]:
    answer: dict[str, Any] = await kit.ask("install_blueprints")
    return answer


async def test_what_the_user_has_changed_stays(
    hass: HomeAssistant, kit: HubKit, folder: Path
) -> None:
    nothing: list[str] = []
    assert await installed(kit) == {
        "installed": ALL,
        "current": nothing,
        "kept": nothing,
    }
    (folder / ONE).write_text("mine: true\n")
    others = [path for path in ALL if path != ONE]
    assert await installed(kit) == {
        "installed": nothing,
        "current": others,
        "kept": [ONE],
    }
    assert (folder / ONE).read_text() == "mine: true\n"


async def test_automations_are_reloaded_only_for_what_was_written(
    hass: HomeAssistant, kit: HubKit
) -> None:
    reloads = async_capture_events(hass, EVENT_AUTOMATION_RELOADED)
    await installed(kit)
    assert len(reloads) == 1
    await installed(kit)
    assert len(reloads) == 1


async def test_one_that_was_there_before_is_not_ours(kit: HubKit, folder: Path) -> None:
    (folder / ONE).parent.mkdir(parents=True, exist_ok=True)
    (folder / ONE).write_text("imported: once\n")
    assert (await installed(kit))["kept"] == [ONE]


async def test_one_that_was_deleted_comes_back_only_on_request(
    hass: HomeAssistant, kit: HubKit, folder: Path
) -> None:
    await installed(kit)
    (folder / ONE).unlink()
    await kit.reload()
    await kit.settled()
    assert not is_offered(hass)
    assert (await installed(kit))["installed"] == [ONE]
    assert (folder / ONE).exists()


async def test_a_newer_one_takes_the_place_of_ours(
    hass: HomeAssistant,
    kit: HubKit,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after an update of the integration: automations use it at once."""
    await installed(kit)
    newer = tmp_path / "shipped"
    for path, text in files_of(SHIPPED).items():
        (newer / path).parent.mkdir(parents=True, exist_ok=True)
        (newer / path).write_bytes(text)
    changed = (
        (newer / ONE).read_text().replace("description:", "description: Newer.", 1)
    )
    (newer / ONE).write_text(changed)
    monkeypatch.setattr(
        "custom_components.maestra.features.blueprints.files.SHIPPED", newer
    )
    await kit.reload()
    await kit.settled()
    assert is_offered(hass)
    assert (await installed(kit))["installed"] == [ONE]
    assert (folder / ONE).read_text() == changed
    assert not is_offered(hass)


async def test_a_folder_that_can_not_be_written_is_told(
    kit: HubKit, folder: Path
) -> None:
    (folder / "automation").mkdir(parents=True, exist_ok=True)
    (folder / "automation" / "maestra").write_text("in the way")
    with pytest.raises(HomeAssistantError) as told:
        await installed(kit)
    assert told.value.translation_key == "blueprints_not_written"


async def test_the_user_keeps_them_without_us(
    hass: HomeAssistant, kit: HubKit, folder: Path, hass_storage: dict[str, Any]
) -> None:
    await installed(kit)
    await hass.config_entries.async_remove(kit.entry.entry_id)
    assert (folder / ONE).exists()
    assert "maestra.blueprints" not in hass_storage

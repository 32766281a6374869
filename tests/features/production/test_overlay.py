"""What is served to browser sources, and to nobody else."""

import asyncio
from http import HTTPStatus
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import OVERLAY_URL as URL
from custom_components.maestra.features.production import overlays
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from tests.kits.hub import HubKit
from tests.kits.production import (
    OVERLAY_ID,
    PRODUCTION_ID,
    TOKEN,
    as_subentry,
    overlay_subentry,
)

PAGE = f"{URL}/{TOKEN}/"
FEED = f"{PAGE}feed/socket"
PAGES = "sensor.screen_browser_sources"
TIMEOUT = 10.0


@pytest.fixture
async def browser(
    stage: HubKit, hass_client_no_auth: ClientSessionGenerator
) -> TestClient[Any, Any]:
    """Somebody who is not logged in."""
    return await hass_client_no_auth()


async def told(socket: ClientWebSocketResponse) -> Any:
    return await socket.receive_json(timeout=TIMEOUT)


async def state_of(socket: ClientWebSocketResponse, layer: str, state: str) -> Any:
    """Wait until a page is told that a layer is so; returns its content."""
    while True:
        layers = (await told(socket)).get("layers", {})
        if layers.get(layer, {}).get("state") == state:
            return layers[layer]["content"]


@pytest.mark.parametrize("name", ["", "overlay.js", "overlay.css", "overlay.html"])
async def test_the_page_needs_no_login(
    browser: TestClient[Any, Any], name: str
) -> None:
    answer = await browser.get(f"{PAGE}{name}")
    assert answer.status == HTTPStatus.OK
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert TOKEN not in await answer.text()


@pytest.mark.parametrize(
    "path",
    [
        f"{URL}/{TOKEN[:-1]}/",
        f"{URL}/{TOKEN[:-1]}/overlay.js",
        f"{URL}/{TOKEN[:-1]}/feed/socket",
        f"{URL}/%F0%9F%8E%AD/",
        f"{PAGE}manager.py",
        f"{PAGE}..%2Fmanager.py",
    ],
)
async def test_nothing_else_is_there(browser: TestClient[Any, Any], path: str) -> None:
    answer = await browser.get(path)
    assert answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)


async def test_a_page_is_told_everything_and_then_what_changes(
    stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        first = await told(socket)
        assert first["durations"]["enter"] == 0.4
        assert first["looks"]["background"]["interrupted"]["opacity"] == 0.5
        assert (await told(socket))["layers"] == {
            layer: {"state": "hidden", "content": None}
            for layer in ("foreground", "midground", "background")
        }
        await stage.state_is(PAGES, "1")
        await stage.act("show_alert", title="<b>Ann</b>", duration=1)
        content = await state_of(socket, "foreground", "entering")
        assert content["data"] == {"title": "<b>Ann</b>"}
        await state_of(socket, "foreground", "active")
        await state_of(socket, "foreground", "exiting")
        assert await state_of(socket, "foreground", "hidden") is None
    await stage.state_is(PAGES, "0")


async def test_a_template_of_ones_own(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        await stage.act("show_alert", type="raid_alert", data={"person": "<b>Ann</b>"})
        content = await state_of(socket, "foreground", "active")
        assert content["words"] is None
        subentry = stage.entry.subentries[PRODUCTION_ID]
        template = {"type": "raid_alert", "title": "{person} raids!", "look": "large"}
        hass.config_entries.async_update_subentry(
            stage.entry, subentry, data={"templates": [template]}
        )
        found = await state_of(socket, "foreground", "active")
        while not found["words"]:
            found = await state_of(socket, "foreground", "active")
        assert found["words"] == {
            "title": "<b>Ann</b> raids!",
            "text": "",
            "look": "large",
        }


async def test_a_page_has_its_layers_only(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    described = overlay_subentry(["midground"], id_="other", token="x" * 43)  # type: ignore[list-item]
    hass.config_entries.async_add_subentry(stage.entry, as_subentry(described))
    await stage.settled()
    async with browser.ws_connect(f"{URL}/{'x' * 43}/feed/socket") as socket:
        assert set((await told(socket))["looks"]) == {"midground"}
        assert set((await told(socket))["layers"]) == {"midground"}
        await stage.act("show_alert")
        await stage.act("show_alert", type="sub_train", data={"subscriber": "Ann"})
        changed = await told(socket)
        assert set(changed["layers"]) == {"midground"}


async def test_nothing_that_a_page_says_is_read(
    stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        await told(socket)
        await socket.send_str('{"type": "maestra/show_alert"}')
        await socket.send_bytes(b"\xff")
        await stage.act("show_alert")
        await state_of(socket, "foreground", "active")
        # What is too long ends the connection.
        await socket.send_str("x" * (overlays.MAX_MESSAGE_BYTES + 1))
        await ended(socket)


async def ended(socket: ClientWebSocketResponse) -> None:
    """Wait until the other side ends the connection."""
    async with asyncio.timeout(TIMEOUT):
        while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass


async def test_other_pages_may_not_listen(browser: TestClient[Any, Any]) -> None:
    answer = await browser.get(FEED, headers={"Origin": "https://evil.example"})
    assert answer.status == HTTPStatus.FORBIDDEN


async def test_pages_are_bounded(
    monkeypatch: pytest.MonkeyPatch, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    monkeypatch.setattr(
        "custom_components.maestra.features.production.views.MAX_PAGES", 1
    )
    async with browser.ws_connect(FEED):
        answer = await browser.get(FEED)
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_an_address_that_is_renewed_ends_at_once(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        subentry = stage.entry.subentries[OVERLAY_ID]
        hass.config_entries.async_update_subentry(
            stage.entry, subentry, data={**subentry.data, "token": "y" * 43}
        )
        await ended(socket)
    assert (await browser.get(PAGE)).status == HTTPStatus.NOT_FOUND
    assert (await browser.get(f"{URL}/{'y' * 43}/")).status == HTTPStatus.OK


async def test_an_overlay_that_is_removed_ends_at_once(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        hass.config_entries.async_remove_subentry(stage.entry, OVERLAY_ID)
        await ended(socket)
    await stage.disappears(PAGES)
    assert (await browser.get(PAGE)).status == HTTPStatus.NOT_FOUND


async def test_pages_go_when_home_assistant_does(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await ended(socket)


async def test_pages_go_with_the_hub(
    hass: HomeAssistant, stage: HubKit, browser: TestClient[Any, Any]
) -> None:
    async with browser.ws_connect(FEED) as socket:
        await hass.config_entries.async_unload(stage.entry.entry_id)
        await ended(socket)
    assert (await browser.get(PAGE)).status == HTTPStatus.NOT_FOUND
    await hass.config_entries.async_setup(stage.entry.entry_id)
    async with browser.ws_connect(FEED) as socket:
        await told(socket)

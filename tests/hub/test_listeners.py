"""The hub's listeners: they come and go while everything else goes on, and let in whom the options say."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import logging
from pathlib import Path
import socket
import ssl
from typing import Any

import aiohttp
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.hub import listeners
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..kits.certificates import Authority
from ..kits.hub import HubKit, unload
from ..kits.listeners import CONNECTIONS, HOST, ListenerKit
from ..kits.osc import OscPeer
from ..kits.process import soon
from ..kits.websocket import WebSocketKit

pytestmark = pytest.mark.usefixtures("socket_enabled")

TOKEN = "let-me-in-7"
OUTSIDE = ["10.0.0.0/8"]

type Listener = Callable[[str], ListenerKit]


@pytest.fixture
def listener(hass: HomeAssistant, hub: MockConfigEntry) -> Listener:
    """Return the switch of a listener of the hub."""
    return lambda name: ListenerKit(hass, hub, name)


async def status(port: int, **headers: str) -> int:
    """Return how the Fleet API answers."""
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"http://{HOST}:{port}/entities") as response,
    ):
        return response.status


async def test_nothing_listens_until_it_is_switched_on(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    assert list(hub.runtime_data.links) == []
    assert not any(hass.states.get(entity_id) for entity_id in CONNECTIONS.values())


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_a_listener_comes_and_goes(
    hass: HomeAssistant, hub: MockConfigEntry, listener: Listener, name: str
) -> None:
    runtime = hub.runtime_data
    kit = listener(name)
    await kit.on()

    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, name), hub.entry_id
    )
    assert isinstance(device, dr.DeviceEntry)
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert device.via_device_id is not None
    await kit.sensor("messages_refused", "0")
    await kit.sensor("clients", "0")

    await kit.off()
    assert runtime is hub.runtime_data
    assert list(runtime.links) == []
    assert not dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, name), hub.entry_id
    )


async def test_another_port_while_everything_runs(
    hub: MockConfigEntry, listener: Listener
) -> None:
    api, websocket = listener("fleet_api"), listener("websocket")
    former, port = await api.on(), await websocket.on()
    async with WebSocketKit(port) as client:
        await client.receives("welcome")

        await api.on(port=listener("fleet_api").port)

        assert await status(api.port) == 200
        with pytest.raises(aiohttp.ClientConnectorError):
            await status(former)
        # The other one was not touched.
        await client.say("ping")
        await client.receives("pong")


async def test_a_port_that_is_taken(
    hass: HomeAssistant,
    listener: Listener,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    quick = Backoff(timedelta(seconds=0.01), timedelta(seconds=0.02))
    monkeypatch.setattr(listeners, "RETRY", quick)
    caplog.set_level(logging.INFO)
    kit = listener("fleet_api")
    with socket.socket() as taken:
        taken.bind((HOST, kit.port))
        taken.listen()
        kit.change(enabled=True)
        await hass.async_block_till_done()
        await soon(lambda: "trying again" in caplog.text)
        await kit.is_shown("off")
        assert not issue_registry.issues

        async_fire_time_changed(
            hass, dt_util.utcnow() + timedelta(minutes=5, seconds=1)
        )
        issue = issue_registry.async_get_issue(DOMAIN, "listener_failed_fleet_api")
        assert issue
        assert issue.translation_placeholders
        assert issue.translation_placeholders["listener"] == "Fleet API"

    await kit.is_shown("on")
    assert await status(kit.port) == 200
    assert not issue_registry.issues
    told = [
        record.message for record in caplog.records if "Fleet API" in record.message
    ]
    assert len(told) == 2
    assert "trying again" in told[0]
    assert told[1] == f"Fleet API listens on port {kit.port}"


async def test_unloading_leaves_no_port_open(
    hass: HomeAssistant, hub: MockConfigEntry, listener: Listener
) -> None:
    ports = {name: await listener(name).on() for name in CONNECTIONS}

    await unload(hass, hub)

    for name, port in ports.items():
        kind = socket.SOCK_DGRAM if name == "osc" else socket.SOCK_STREAM
        with socket.socket(type=kind) as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((HOST, port))


async def test_a_listener_that_breaks_is_logged(
    hass: HomeAssistant,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(_: listeners.ListenerLink) -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr(listeners.ListenerLink, "_listen", breaks)
    listener("osc").change(enabled=True)
    await hass.async_block_till_done()

    assert "OSC gateway: unexpected RuntimeError: out of tune" in caplog.text


async def test_what_passes_is_counted(
    everything_is_enabled: None, hub_kit: HubKit, listener: Listener
) -> None:
    kit = listener("osc")
    port = await kit.on()
    async with OscPeer(port) as peer:
        peer.send("/entity/update/wash-1/level", 5)
        await soon(lambda: hub_kit.domain.entities.get("wash-1"))

        await kit.sensor("messages_in", "1")
        await kit.sensor("clients", "1")
        # In megabytes: too few to be rounded to one.
        await soon(lambda: float(hub_kit.state("sensor.osc_gateway_data_in").state))
    assert 0 <= float(hub_kit.state("sensor.osc_gateway_latency").state) < 1_000


# Who may come in.


@pytest.mark.parametrize("name", ["fleet_api", "websocket"])
async def test_a_connection_from_outside(listener: Listener, name: str) -> None:
    kit = listener(name)
    port = await kit.on(networks=OUTSIDE)

    reader, writer = await asyncio.open_connection(HOST, port)
    assert await reader.read() == b""
    writer.close()

    await kit.sensor("messages_refused", "1")


async def test_a_name_of_home_assistants_own_is_ours(
    hass: HomeAssistant, listener: Listener
) -> None:
    hass.config.internal_url = "http://stage.example:8123"
    kit = listener("fleet_api")
    port = await kit.on(hosts=["show.example"])

    assert await status(port, Host="stage.example") == 200
    assert await status(port, Host="show.example") == 200
    assert await status(port, Host="evil.example") == 421


async def test_osc_from_outside(listener: Listener, hub_kit: HubKit) -> None:
    kit = listener("osc")
    port = await kit.on(networks=OUTSIDE)
    async with OscPeer(port) as peer:
        peer.send("/entity/update/wash-1/brightness", 0.5)
        link = hub_kit.entry.runtime_data.links.get("osc")
        await soon(lambda: link.gateway.counters["refused"])

        await kit.sensor("messages_refused", "1")
        assert peer.collect() == []
        assert hub_kit.domain.entities.get("wash-1") is None


async def test_this_host_and_its_networks_are_local(
    hub: MockConfigEntry, listener: Listener
) -> None:
    """The tests' Home Assistant has the address 10.10.10.10/24."""
    await listener("fleet_api").on()

    (link,) = hub.runtime_data.links
    access = link.gateway.settings.access
    for address in ("127.0.0.1", "::1", "10.10.10.77"):
        assert access.admits(address)
    for address in ("10.10.11.1", "192.168.1.1", "2001:db8::1"):
        assert not access.admits(address)


async def test_a_token_is_asked_for_and_never_told(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    listener: Listener,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    hass.config_entries.async_update_entry(hub, data={"tokens": {"fleet_api": TOKEN}})
    kit = listener("fleet_api")
    port = await kit.on()

    assert await status(port) == 401
    assert await status(port, Authorization=f"Bearer {TOKEN}") == 200
    await kit.sensor("messages_refused", "1")

    assert await async_setup_component(hass, "diagnostics", {})
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, hub)
    (figures,) = told["links"]
    assert figures["id"] == "fleet_api"
    assert figures["connected"] is True
    assert figures["port"] == port
    assert figures["gateway_counters"]["refused"] == 1
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "fleet_api"), hub.entry_id
    )
    assert isinstance(device, dr.DeviceEntry)
    of_device: Any = await get_diagnostics_for_device(hass, hass_client, hub, device)
    assert of_device["link"]["port"] == port
    shown = [str(state.as_dict()) for state in hass.states.async_all()]
    for text in (str(told), str(of_device), str(hub.options), caplog.text, *shown):
        assert TOKEN not in text


async def test_another_token_while_everything_runs(
    hass: HomeAssistant, hub: MockConfigEntry, listener: Listener
) -> None:
    kit = listener("fleet_api")
    port = await kit.on()
    assert await status(port) == 200

    hass.config_entries.async_update_entry(hub, data={"tokens": {"fleet_api": TOKEN}})
    await hass.async_block_till_done()
    await kit.is_shown("on")

    assert await status(port) == 401


# TLS.


async def test_home_assistants_certificate(
    hass: HomeAssistant,
    listener: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority = Authority()
    server = authority.issue("localhost", HOST)
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    certificate.write_text(server.certificate)
    key.write_text(server.private_key)
    monkeypatch.setattr(hass.http, "ssl_certificate", str(certificate))
    monkeypatch.setattr(hass.http, "ssl_key", str(key))
    port = await listener("fleet_api").on(tls=True)

    trusted = ssl.create_default_context(cadata=authority.certificate)
    # Our authority leaves out what only strict clients ask for.
    trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"https://{HOST}:{port}/entities", ssl=trusted) as response,
    ):
        assert response.status == 200


@pytest.mark.parametrize(
    ("file", "reason"),
    [(None, "Home Assistant has no certificate"), ("gone.pem", "No such file")],
)
async def test_a_certificate_that_can_not_be_used(
    hass: HomeAssistant,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    file: str | None,
    reason: str,
) -> None:
    """It does not listen in the open instead."""
    monkeypatch.setattr(hass.http, "ssl_certificate", file)
    kit = listener("websocket")
    kit.change(enabled=True, tls=True)
    await hass.async_block_till_done()
    await soon(lambda: "trying again" in caplog.text)

    await kit.is_shown("off")
    assert reason in caplog.text
    with pytest.raises(aiohttp.ClientConnectorError):
        await status(kit.port)

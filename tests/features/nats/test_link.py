"""A NATS server of the hub: what its clients say is shown, and what it is in Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.transport.reconnect import Backoff
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ...kits.forms import add_nats, connected, flow_appears, until
from ...kits.hub import unload
from ...kits.hub_broker import MaestraKit
from ...kits.nats import NatsPeer, NatsServer

pytestmark = pytest.mark.usefixtures("socket_enabled")

CONNECTION = "binary_sensor.stage_nats_connection"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[NatsServer]:
    """A server that lets everybody in."""
    async with NatsServer(tmp_path / "nats") as running:
        yield running


@pytest.fixture
async def peer(server: NatsServer) -> AsyncGenerator[NatsPeer]:
    """A client of that server."""
    async with server.peer() as client:
        yield client


@pytest.fixture
async def subentry_id(
    hass: HomeAssistant, hub: MockConfigEntry, server: NatsServer
) -> AsyncGenerator[str]:
    """The hub's connection to that server."""
    subentry = await add_nats(hass, hub, server)
    await connected(hass, hub, subentry.subentry_id)
    yield subentry.subentry_id
    await unload(hass, hub)


async def is_state(hass: HomeAssistant, entity_id: str, value: str) -> None:
    def found() -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state == value

    await until(hass, found)


async def test_what_a_client_says_is_shown(
    hass: HomeAssistant, subentry_id: str, peer: NatsPeer
) -> None:
    """And what is done in Home Assistant is told."""
    assert await peer.request("maestra.entity.state.update.td-1", {"fps": 60}) == {
        "status": "ok"
    }
    await is_state(hass, "sensor.td_1_frame_rate", "60")
    await hass.services.async_call(
        DOMAIN, "set_state", {"slug": "td-1", "state": {"fps": 30}}, blocking=True
    )
    await peer.receives("maestra.entity.state.device.td-1", source="home_assistant")


async def test_the_server_is_a_device(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    subentry_id: str,
    entity_registry: er.EntityRegistry,
) -> None:
    """With its version, whether it is there, and what passes."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, subentry_id), hub.entry_id
    )
    assert isinstance(device, dr.DeviceEntry)
    assert device.model == "NATS server"
    assert device.sw_version
    await is_state(hass, CONNECTION, STATE_ON)
    found = er.async_entries_for_device(
        entity_registry, device.id, include_disabled_entities=True
    )
    assert sorted(
        entry.translation_key or ""
        for entry in found
        if entry.domain == Platform.SENSOR
    ) == [
        "bytes_in",
        "bytes_out",
        "latency",
        "messages_accepted",
        "messages_in",
        "messages_out",
        "messages_refused",
        "messages_unsent",
    ]


async def test_refused_messages_are_counted_where_a_user_sees_it(
    hass: HomeAssistant, subentry_id: str, peer: NatsPeer
) -> None:
    """The sensor is up to date within seconds."""
    assert "error" in await peer.request("maestra.entity.state.update.td-1", "no JSON")
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    await is_state(hass, "sensor.stage_nats_messages_refused", "1")


async def test_a_server_that_stays_away_is_a_repair(
    hass: HomeAssistant,
    subentry_id: str,
    server: NatsServer,
    issue_registry: ir.IssueRegistry,
) -> None:
    await is_state(hass, CONNECTION, STATE_ON)
    await server.kill()
    await is_state(hass, CONNECTION, STATE_OFF)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5, seconds=1))
    issue = issue_registry.async_get_issue(DOMAIN, f"nats_unreachable_{subentry_id}")
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["server"] == "Stage NATS"

    await server.start()
    await is_state(hass, CONNECTION, STATE_ON)
    assert not issue_registry.issues


async def test_an_account_put_right_on_the_server_is_not_asked_for_any_more(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    server: NatsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The card goes by itself once the server lets us in."""
    # Whoever is refused is not asked again for a minute.
    monkeypatch.setattr(Backoff, "delay", lambda *_, **__: 0.05)
    server.users = {"stage": "right"}
    await server.restart()
    subentry = await add_nats(
        hass, hub, server, auth="password", username="stage", password="wrong"
    )
    await flow_appears(hass, "reauth")

    server.users = {"stage": "wrong"}
    await server.restart()
    await connected(hass, hub, subentry.subentry_id)

    await until(hass, lambda: not hass.config_entries.flow.async_progress())
    await unload(hass, hub)


async def test_diagnostics_have_no_secret(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    server: NatsServer,
) -> None:
    """Whatever kind of account it is."""
    assert await async_setup_component(hass, "diagnostics", {})
    planted = {
        name: f"planted-{name}" for name in ("token", "password", "nkey_seed", "host")
    }
    await add_nats(hass, hub, server, **planted)
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, hub)
    assert "planted" not in str(told)
    assert told["links"][0]["kind"] == "nats_server"
    await unload(hass, hub)


async def test_removing_a_server_leaves_nothing(
    hass: HomeAssistant, hub: MockConfigEntry, subentry_id: str, peer: NatsPeer
) -> None:
    """No device, no entities, nobody who answers."""
    hass.config_entries.async_remove_subentry(hub, subentry_id)
    await until(hass, lambda: hass.states.get(CONNECTION) is None)
    await hass.async_block_till_done()
    assert (
        dr.async_get(hass).async_get_device_by_identifier(
            (DOMAIN, subentry_id), hub.entry_id
        )
        is None
    )
    assert hub.runtime_data.domain.streams.handshakes == []


async def test_bridges_between_mqtt_and_nats(
    hass: HomeAssistant, maestra: MaestraKit, server: NatsServer, peer: NatsPeer
) -> None:
    """What clients of one say to clients of the other arrives once."""
    subentry = await add_nats(hass, maestra.entry, server)
    await connected(hass, maestra.entry, subentry.subentry_id)

    await maestra.mqtt.publish("maestra/cue/go", {"cue": 7})
    told = (await peer.receives("maestra.mqtt.maestra.cue.go")).json
    assert told["source"] == "mqtt"
    assert told["topic"] == "maestra/cue/go"
    assert told["data"] == {"cue": 7}

    await peer.publish("maestra.to_mqtt.maestra.cue.back", {"payload": "8"})
    assert (await maestra.mqtt.receives("maestra/cue/back")).payload == b"8"
    await peer.publish("maestra.to_mqtt.maestra.cue.raw", b"\xffraw")
    assert (await maestra.mqtt.receives("maestra/cue/raw")).payload == b"\xffraw"
    await maestra.mqtt.settled()
    assert maestra.mqtt.collect("maestra/cue/#") == []
    assert peer.collect("maestra.mqtt.>") == []


async def test_updates_over_mqtt_and_nats_all_stay(
    hass: HomeAssistant, maestra: MaestraKit, server: NatsServer, peer: NatsPeer
) -> None:
    """Forty at once, half of them here and half there; each is told on both sides."""
    subentry = await add_nats(hass, maestra.entry, server)
    await connected(hass, maestra.entry, subentry.subentry_id)
    await asyncio.gather(
        *(maestra.update("wash-1", **{f"key_{number}": 1}) for number in range(20)),
        *(
            peer.publish("maestra.entity.state.update.wash-1", {f"key_{number}": 1})
            for number in range(20, 40)
        ),
    )
    for number in range(40):
        key = f"key_{number}"
        await peer.receives("maestra.entity.state", changed_keys=[key])
        await maestra.mqtt.receives("maestra/entity/state", changed_keys=[key])
    assert len(maestra.domain.entities["wash-1"].state) == 40

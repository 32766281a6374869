"""The hub's connection to a broker: what it may not hear, and what a restart in a hurry leaves behind."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import re
from typing import Any

from paho.mqtt.client import topic_matches_sub
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra import features
from custom_components.maestra.const import CONF_BRIDGE, DOMAIN
from custom_components.maestra.core.mqtt import direct
from custom_components.maestra.hub.registry import registry_of
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from ...kits.broker import Broker
from ...kits.forms import add_broker, direct_form, start_subentry_flow
from ...kits.hub import HubKit, unload
from ...kits.hub_broker import MaestraKit
from ...kits.nats import NatsBroker
from ...kits.process import HOST, free_port

pytestmark = pytest.mark.usefixtures("socket_enabled")

DOCS = Path(__file__).parents[3] / "docs"
CONNECTION = "binary_sensor.mqtt_broker_at_127_0_0_1_{}_connection"


class StrictBroker(Broker):
    """Says that it lets nobody hear what is not `allowed`: all packets are of the usual lengths."""

    def __init__(self) -> None:
        super().__init__(Path())
        self.port = free_port()
        self.allowed = False
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self._server.close_clients()
        await self._server.wait_closed()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readexactly(1))[0] >> 4
                length = (await reader.readexactly(1))[0]
                if length & 0x80:
                    length += ((await reader.readexactly(1))[0] - 1) * 128
                body = await reader.readexactly(length)
                if head == 1:
                    writer.write(b"\x20\x03\x00\x00\x00")
                elif head == 8:
                    count = len(re.findall(rb"[#+/a-zS]{4,}", body[3:]))
                    code = b"\x01" if self.allowed else b"\x87"
                    writer.write(
                        bytes((0x90, 3 + count)) + body[:2] + b"\x00" + code * count
                    )
        except asyncio.IncompleteReadError, ConnectionError:
            writer.close()


@pytest.fixture
async def strict() -> AsyncGenerator[StrictBroker]:
    async with StrictBroker() as broker:
        yield broker


async def test_what_may_not_be_heard_is_told_in_the_form(
    hass: HomeAssistant, hub: MockConfigEntry, strict: StrictBroker
) -> None:
    """And it can be put right."""
    flow_id = await start_subentry_flow(hass, hub, "direct")
    configure = hass.config_entries.subentries.async_configure

    result = await configure(flow_id, direct_form(strict))

    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"advanced": "subscription_refused"}
    placeholders = result["description_placeholders"]
    assert placeholders is not None and "maestra/#" in placeholders["reason"]
    strict.allowed = True
    result = await configure(flow_id, direct_form(strict))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


async def test_what_may_not_be_heard_is_a_repair(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    hub_kit: HubKit,
    strict: StrictBroker,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not shown as connected until it is allowed."""
    monkeypatch.setattr(direct, "RETRY_REFUSED", 0.05)
    connection = CONNECTION.format(strict.port)

    subentry = await add_broker(hass, hub, strict)

    issue_id = f"broker_refuses_subscription_{subentry.subentry_id}"
    await hub_kit.until(
        lambda: issue_registry.async_get_issue(DOMAIN, issue_id), "a repair"
    )
    await hub_kit.state_is(connection, STATE_OFF)
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue
    assert issue.translation_placeholders
    assert "maestra" in issue.translation_placeholders["reason"]
    assert "Not authorized" in issue.translation_placeholders["reason"]

    strict.allowed = True
    await hub_kit.state_is(connection, STATE_ON)
    assert not issue_registry.issues


def test_the_documented_rules_are_those_that_are_needed() -> None:
    """With the default settings, and with the others: of each dialect that a broker can carry."""
    page = (DOCS / "configuration.md").read_text("utf-8")
    documented = re.findall(r"`([^`\n]+)`", page[page.index("access rules, Maestra") :])
    registry = registry_of(features.FEATURES)
    assert set(registry.filters) == set(registry.dialects)
    for filters in registry.filters.values():
        for bridges in (True, False):
            for subscription in filters({CONF_BRIDGE: bridges}):
                assert any(
                    rule == subscription.filter
                    or topic_matches_sub(rule, subscription.filter.replace("+", "x"))
                    for rule in documented
                ), subscription.filter


async def test_a_broker_of_mqtt_3_1_1_carries_the_dialects(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    hub_kit: HubKit,
    hass_client: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    """The listener of nats-server, which knows no other; the diagnostics show what is spoken."""
    async with NatsBroker(tmp_path / "nats") as broker:
        dialects = ["maestra", "qs", "f2"]
        await add_broker(hass, hub, broker, dialects=dialects)
        await hub_kit.state_is(CONNECTION.format(broker.port), STATE_ON)
        async with broker.mqtt_peer(filters=["maestra/entity/#"]) as peer:
            topic = "maestra/entity/state/update/fogger"
            await peer.publish(topic, {"state": {"active": True}, "source": "peer"})
            told = await peer.receives(
                "maestra/entity/state/device/fogger", source="peer"
            )
            assert told.json["current_state"] == {"active": True}
        assert await async_setup_component(hass, "diagnostics", {})
        diagnostics: Any = await get_diagnostics_for_config_entry(
            hass, hass_client, hub
        )
        (link,) = diagnostics["links"]
        assert link["mqtt"] == "3.1.1"
        await unload(hass, hub)


async def test_restarts_in_a_hurry_leave_no_traces(
    maestra: MaestraKit, hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers that nobody waits for any more are nobody's mistake."""
    for _ in range(5):
        await hass.config_entries.async_reload(maestra.entry.entry_id)
    await maestra.connected()
    await maestra.heard("fogger", active=True)

    assert "Unexpected message ID" not in caplog.text
    assert "Traceback" not in caplog.text

"""What brokers do with messages while Home Assistant is away, under our settings and under Mosquitto's own."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.mqtt.direct import DirectTransport
from custom_components.maestra.core.mqtt.session import BrokerSettings
from custom_components.maestra.features.mqtt.link import MqttLink
from custom_components.maestra.hub.runtime import MaestraRuntime
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ...core.mqtt.test_direct import Listener, Running
from ...kits.hub_broker import BROKER_ID, MaestraKit, maestra_on_broker
from ...kits.process import soon

pytestmark = pytest.mark.usefixtures("socket_enabled")

BURST = 2_000
# What Mosquitto does unless told otherwise; it tells of it more often.
USUAL = ("max_queued_messages 1000", "max_inflight_messages 20", "sys_interval 1")
ISSUE = f"broker_drops_messages_{BROKER_ID}"


async def say(maestra: MaestraKit, count: int) -> None:
    """Let a client change one entity so often, until the broker has it all."""
    transport = DirectTransport(
        BrokerSettings(maestra.broker.host, maestra.broker.port, "kit-burst")
    )
    listener = Listener()
    transport.on_connection(listener.told)
    run = Running(transport, listener)
    await listener.is_told(True)
    for number in range(count):
        transport.publish(
            "maestra/entity/state/update/counter", b'{"count": %d}' % number, qos=1
        )
    await soon(lambda: not transport.unacknowledged)
    await run.stop()


async def is_away(maestra: MaestraKit, hass: HomeAssistant, count: int) -> None:
    """Let Home Assistant be away while a client speaks, and come back."""
    await hass.config_entries.async_unload(maestra.entry.entry_id)
    await say(maestra, count)
    await hass.config_entries.async_setup(maestra.entry.entry_id)
    await maestra.connected()


@pytest.fixture
async def usual(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[MaestraKit]:
    """A hub on a Mosquitto that was told nothing about its queues."""
    async with maestra_on_broker(hass, tmp_path, {}, lines=USUAL) as kit:
        yield kit


async def test_a_burst_while_we_are_away_arrives_whole(
    maestra: MaestraKit, hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    await is_away(maestra, hass, BURST)
    await maestra.state_is("sensor.counter_count", str(BURST - 1))

    runtime: MaestraRuntime = maestra.entry.runtime_data
    link = runtime.links.first(MqttLink)
    assert link is not None
    assert link.gateway.counters["accepted"] == BURST
    assert not issue_registry.issues


async def test_a_broker_that_throws_messages_away_is_a_repair(
    usual: MaestraKit, hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    """Until it is started again with other settings."""
    await is_away(usual, hass, BURST)

    await usual.until(lambda: issue_registry.async_get_issue(DOMAIN, ISSUE), "a repair")

    issue = issue_registry.async_get_issue(DOMAIN, ISSUE)
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["broker"] == "Stage broker"
    # A thousand wait for us, and what was in flight; it counts what other clients lose too.
    assert int(issue.translation_placeholders["dropped"]) >= BURST - 1_020
    assert issue.translation_placeholders["window"] == "20"
    usual.broker.lines = ["sys_interval 1"]
    await usual.broker.restart()
    await usual.until(
        lambda: not issue_registry.async_get_issue(DOMAIN, ISSUE), "no repair"
    )


async def test_a_broker_that_throws_nothing_away_any_more_is_no_repair(
    usual: MaestraKit, hass: HomeAssistant, issue_registry: ir.IssueRegistry
) -> None:
    await is_away(usual, hass, BURST)
    await usual.until(lambda: issue_registry.async_get_issue(DOMAIN, ISSUE), "a repair")

    await usual.later(timedelta(hours=23))
    assert issue_registry.async_get_issue(DOMAIN, ISSUE)
    # The broker may still be counting what it has thrown away.
    # No timeout: it would be one of the timers whose time has come.
    for _ in range(50):
        await usual.later(timedelta(hours=25))
        if not issue_registry.async_get_issue(DOMAIN, ISSUE):
            break
        await asyncio.sleep(0.1)
    assert not issue_registry.async_get_issue(DOMAIN, ISSUE)

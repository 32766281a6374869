"""Filling in Home Assistant's forms, links that a hub is given without them, and Home Assistant's own MQTT on a real broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import (
    SUBENTRY_ISS_TELEMETRY,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    SUBENTRY_STREAM_CLUSTER,
    SUBENTRY_TIMESCALE_STORE,
)
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.history.flow import (
    data_from_form,
    store_unique_id,
)
from custom_components.maestra.features.nats.cluster_flow import StreamClusterFlow
from custom_components.maestra.features.nats.flow import (
    data_from_form as nats_data_from_form,
)
from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry, ConfigFlowResult, ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback

from .broker import Broker
from .lightstreamer import TANK, Feed
from .nats import NatsBroker, NatsServer
from .process import LOOK_AGAIN_S, PATIENCE


def direct_form(
    broker: Broker, *, event_size_limit: int = 0, **security: Any
) -> dict[str, Any]:
    """Return a filled-in form of a direct connection; `security` goes into the section on TLS."""
    return {
        "host": broker.host,
        "port": broker.port,
        "security": {"tls": bool(security), **security},
        "advanced": {
            "dialects": ["maestra"],
            "event_size_limit": event_size_limit,
            "bridge": True,
        },
    }


def direct_data(broker: Broker | NatsBroker, **others: Any) -> dict[str, Any]:
    """Return the data of a direct subentry."""
    return {
        "transport": "direct",
        "host": broker.host,
        "port": broker.port,
        "tls": False,
        "event_size_limit": 0,
        "mqtt_client_id": f"maestra-{broker.port}",
        **others,
    }


async def add_broker(
    hass: HomeAssistant,
    hub: ConfigEntry,
    broker: Broker | NatsBroker,
    **others: Any,
) -> ConfigSubentry:
    """Give the hub a direct subentry without asking anybody."""
    subentry = ConfigSubentry(
        data=direct_data(broker, **others),  # type: ignore[arg-type]
        subentry_type=SUBENTRY_MQTT_BROKER,
        title=f"MQTT broker at {broker.host}:{broker.port}",
        unique_id=f"{broker.host}:{broker.port}",
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]


async def start_subentry_flow(hass: HomeAssistant, hub: ConfigEntry, way: str) -> str:
    """Open the form for a new broker and choose how to connect; returns the flow's id."""
    menu = await hass.config_entries.subentries.async_init(
        (hub.entry_id, SUBENTRY_MQTT_BROKER), context={"source": "user"}
    )
    assert menu["menu_options"] == ["direct", "home_assistant"]
    flow_id: str = menu["flow_id"]
    await hass.config_entries.subentries.async_configure(flow_id, {"next_step_id": way})
    return flow_id


def store_form(settings: StoreSettings) -> dict[str, Any]:
    """Return a filled-in form of the database."""
    certificate = {"ca_certificate": settings.ca} if settings.ca else {}
    password = {"password": settings.password} if settings.password else {}
    return {
        "host": settings.host,
        "port": settings.port,
        "database": settings.database,
        "username": settings.user,
        **password,
        "security": {"tls_mode": settings.tls.value, **certificate},
    }


async def add_store(
    hass: HomeAssistant, hub: ConfigEntry, settings: StoreSettings, **others: Any
) -> ConfigSubentry:
    """Give the hub a database without asking anybody; `others` stand in its data instead."""
    data = data_from_form(store_form(settings)) | others
    subentry = ConfigSubentry(
        data=MappingProxyType(data),
        subentry_type=SUBENTRY_TIMESCALE_STORE,
        title="Database",
        unique_id=store_unique_id(data),
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]


def nats_form(server: NatsServer, **others: Any) -> dict[str, Any]:
    """Return a filled-in form of a server; `others` stand in it instead."""
    return {
        "host": server.host,
        "port": server.port,
        "auth": "none",
        "security": {"tls": False},
        **others,
    }


async def add_nats(
    hass: HomeAssistant, hub: ConfigEntry, server: NatsServer, **others: Any
) -> ConfigSubentry:
    """Give the hub a server without asking anybody; `others` stand in its data instead."""
    subentry = ConfigSubentry(
        data=MappingProxyType(nats_data_from_form(nats_form(server)) | others),
        subentry_type=SUBENTRY_NATS_SERVER,
        title="Stage NATS",
        unique_id=f"{server.host}:{server.port}",
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]


def cluster_form(server: NatsServer, **others: Any) -> dict[str, Any]:
    """Return a filled-in form of a cluster of one server; `others` stand in it instead."""
    port = server.nats_port if isinstance(server, NatsBroker) else server.port
    return nats_form(
        server,
        **{
            "port": port,
            "servers": [],
            "stream": "$MQTT_msgs",
            "workers_settings": {"partitions": 1, "workers": 1},
            **others,
        },
    )


async def add_cluster(
    hass: HomeAssistant, hub: ConfigEntry, server: NatsServer, **others: Any
) -> ConfigSubentry:
    """Give the hub a cluster without asking anybody; `others` stand in the form instead."""
    data = StreamClusterFlow.form.data(cluster_form(server, **others), None)
    subentry = ConfigSubentry(
        data=MappingProxyType(data),
        subentry_type=SUBENTRY_STREAM_CLUSTER,
        title="Fleet",
        unique_id=StreamClusterFlow.form.unique_id(data),
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]


async def add_iss(
    hass: HomeAssistant, hub: ConfigEntry, feed: Feed, *channels: str, **others: Any
) -> ConfigSubentry:
    """Give the hub a feed without asking anybody."""
    subentry = ConfigSubentry(
        data=MappingProxyType(
            {
                "url": feed.url,
                "channels": list(channels or (TANK,)),
                "position": False,
                "min_interval": 0,
                "silence": 30,
                **others,
            }
        ),
        subentry_type=SUBENTRY_ISS_TELEMETRY,
        title="ISS telemetry",
        unique_id=feed.url,
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    await hass.async_block_till_done()
    return hub.subentries[subentry.subentry_id]


@asynccontextmanager
async def hass_mqtt(
    hass: HomeAssistant, broker: Broker
) -> AsyncGenerator[MockConfigEntry]:
    """Home Assistant's MQTT integration, connected to a broker."""
    entry = MockConfigEntry(
        domain=mqtt.DOMAIN,
        data={"broker": broker.host, "port": broker.port, "protocol": "5"},
        options={},
        version=mqtt.CONFIG_ENTRY_VERSION,
    )
    entry.add_to_hass(hass)
    # The integration reads configuration.yaml, which tests do not have.
    with patch("homeassistant.config.load_yaml_config_file", return_value={}):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await mqtt_connected(hass)
        yield entry
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


async def mqtt_connected(hass: HomeAssistant) -> None:
    """Wait until Home Assistant's MQTT is connected to its broker."""
    news = asyncio.Event()

    @callback
    def refresh(_connected: bool) -> None:
        news.set()

    forget = mqtt.async_subscribe_connection_status(hass, refresh)
    async with asyncio.timeout(PATIENCE):
        while not mqtt.is_connected(hass):
            await news.wait()
            news.clear()
    forget()
    await hass.async_block_till_done()


async def until[T](hass: HomeAssistant, find: Callable[[], T | None]) -> T:
    """Wait until `find` returns something true, looking again at each event in Home Assistant and now and then."""
    news = asyncio.Event()

    @callback
    def refresh(_event: Event) -> None:
        news.set()

    forget = hass.bus.async_listen(MATCH_ALL, refresh)
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := find()):
                # Entries, flows and what is ours change without an event.
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), LOOK_AGAIN_S)
                news.clear()
            return found
    finally:
        forget()


async def flow_appears(hass: HomeAssistant, source: str) -> ConfigFlowResult:
    """Wait until Home Assistant asks something of the user, and return the question."""

    def found() -> list[ConfigFlowResult]:
        flows = hass.config_entries.flow.async_progress()
        return [flow for flow in flows if flow["context"]["source"] == source]

    (flow,) = await until(hass, found)
    return flow


async def connected(hass: HomeAssistant, hub: ConfigEntry, subentry_id: str) -> None:
    """Wait until the hub is connected to a broker, or to the database."""

    def found() -> bool:
        link = hub.runtime_data.links.get(subentry_id)
        return link is not None and link.connected

    await until(hass, found)

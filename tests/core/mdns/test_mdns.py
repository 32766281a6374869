"""Being found, and finding devices, over real multicast on the loopback interface."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from zeroconf import IPVersion, NotRunningException, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.device import PENDING
from custom_components.maestra.core.domain.events import (
    BlockedDeviceHeard,
    DeviceDiscovered,
)
from custom_components.maestra.core.mdns.devices import (
    SERVICE_TYPE as DEVICES,
    DeviceBrowser,
    describe,
)
from custom_components.maestra.core.mdns.server import (
    OSCQUERY_TYPE,
    SERVICE_TYPE,
    Announcements,
    Offer,
    properties,
)

from ...kits.multicast import multicast
from ...kits.process import PATIENCE

__all__ = ["multicast"]

LOOPBACK = "127.0.0.1"
ENDPOINTS = {
    "api_url": "http://10.0.0.2:8080",
    "ws_url": "ws://10.0.0.2:8765",
    "nats_url": None,
    "mqtt_broker": "10.0.0.2",
    "mqtt_port": 1883,
    "mqtt_url": "mqtt://10.0.0.2:1883",
    "version": "0.1.0",
}


def zeroconf() -> AsyncZeroconf:
    return AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)


@pytest.fixture
async def ours(multicast: None) -> AsyncGenerator[AsyncZeroconf]:
    instance = zeroconf()
    yield instance
    await instance.async_close()


@pytest.fixture
async def theirs(multicast: None) -> AsyncGenerator[AsyncZeroconf]:
    instance = zeroconf()
    yield instance
    await instance.async_close()


@pytest.fixture
def domain() -> Domain:
    return Domain(Bus())


@pytest.fixture
async def browser(domain: Domain, ours: AsyncZeroconf) -> AsyncGenerator[DeviceBrowser]:
    browser = DeviceBrowser(domain, ours)
    browser.start()
    yield browser
    await browser.stop()


async def announced(zeroconf: AsyncZeroconf, info: AsyncServiceInfo) -> None:
    await (await zeroconf.async_register_service(info))


async def told(domain: Domain, kind: type, act: Callable[[], Any]) -> Any:
    """Wait for an event after doing something."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    forget = domain.bus.subscribe(kind, heard.put_nowait)
    await act()
    async with asyncio.timeout(PATIENCE):
        event = await heard.get()
    forget()
    return event


def board(instance: str, /, **records: str) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        DEVICES,
        f"{instance}.{DEVICES}",
        port=80,
        parsed_addresses=[LOOPBACK],
        properties=records,
        server=f"{instance}.local.",
    )


async def test_a_device_asks_to_be_let_in(
    domain: Domain, browser: DeviceBrowser, theirs: AsyncZeroconf
) -> None:
    info = board(
        "entrance",
        hardware_id="AA:01",
        device_type="esp32",
        name="Entrance",
        firmware_version="1.2",
        zone="north",
    )

    event = await told(domain, DeviceDiscovered, lambda: announced(theirs, info))

    device = event.device
    assert device.status == PENDING
    assert (device.hardware_id, device.name) == ("AA:01", "Entrance")
    assert (device.device_type, device.firmware_version) == ("esp32", "1.2")
    assert device.ip_address == LOOPBACK
    assert device.metadata.items() >= {
        ("zone", "north"),
        ("mdns_name", "entrance"),
        ("discovered_via", "zeroconf"),
    }


async def test_a_blocked_device_stays_blocked(
    domain: Domain, browser: DeviceBrowser, theirs: AsyncZeroconf
) -> None:
    domain.devices.register(
        {"hardware_id": "AA:66", "name": "Bad", "device_type": "esp32"}
    )
    domain.devices.block("AA:66")

    await told(
        domain,
        BlockedDeviceHeard,
        lambda: announced(theirs, board("bad", hardware_id="AA:66")),
    )

    assert not list(domain.devices)
    assert browser.counters["refused_device_blocked"] == 1


async def test_maestra_is_found_in_both_spellings(
    ours: AsyncZeroconf, theirs: AsyncZeroconf
) -> None:
    announcements = Announcements(ours)
    offer = Offer(SERVICE_TYPE, (LOOPBACK,), 8080, properties(ENDPOINTS))

    await announcements.announce([offer])
    found = AsyncServiceInfo(SERVICE_TYPE, f"Maestra.{SERVICE_TYPE}")
    assert await found.async_request(theirs.zeroconf, 1_000 * PATIENCE)

    assert found.port == 8080
    assert found.server == "maestra-server.local."
    assert found.decoded_properties == {
        "api_url": "http://10.0.0.2:8080",
        "apiUrl": "http://10.0.0.2:8080",
        "ws_url": "ws://10.0.0.2:8765",
        "wsUrl": "ws://10.0.0.2:8765",
        "mqtt_broker": "10.0.0.2",
        "mqttUrl": "mqtt://10.0.0.2:1883",
        "mqtt_port": "1883",
        "mqttPort": "1883",
        "version": "0.1.0",
    }

    moved = Offer(SERVICE_TYPE, (LOOPBACK,), 8081, offer.properties)
    await announcements.announce([moved])
    assert ours.zeroconf.registry.async_get_service_infos()[0].port == 8081

    await announcements.announce([])
    assert not ours.zeroconf.registry.async_get_service_infos()


@pytest.mark.parametrize(
    "records", [{}, {"hardware_id": None}, {"hardware_id": ""}, {"name": "Nobody"}]
)
def test_who_has_no_hardware_id_is_nobody(records: dict[str, str | None]) -> None:
    assert describe(f"x.{DEVICES}", records, []) is None


def test_what_is_not_said_is_made_up() -> None:
    found = describe(f"my board.{DEVICES}", {"hardware_id": "AA:01"}, [])

    assert found is not None
    assert (found["name"], found["device_type"]) == ("my board", "unknown")
    assert found["ip_address"] is None


async def test_only_what_changes_is_announced(
    ours: AsyncZeroconf, theirs: AsyncZeroconf
) -> None:
    """Nobody hears that a service is gone because another one has changed, or because its port has."""
    heard: list[tuple[str, ServiceStateChange]] = []
    updated = asyncio.Event()

    def changed(
        zeroconf: Zeroconf,
        service_type: str,
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        heard.append((service_type, state_change))
        if state_change is ServiceStateChange.Updated:
            updated.set()

    announcements = Announcements(ours)
    api = Offer(SERVICE_TYPE, (LOOPBACK,), 8080, properties(ENDPOINTS))
    query = Offer(OSCQUERY_TYPE, (LOOPBACK,), 9000)
    async with AsyncServiceBrowser(
        theirs.zeroconf, [SERVICE_TYPE, OSCQUERY_TYPE], handlers=[changed]
    ):
        await announcements.announce([api, query])
        sent = ours.zeroconf.async_send
        said: list[object] = []

        def listening(*message: object, **others: object) -> None:
            said.append(message)
            sent(*message, **others)  # type: ignore[arg-type]

        with patch.object(ours.zeroconf, "async_send", listening):
            await announcements.announce([api, query])
        assert said == []

        await announcements.announce([replace(api, port=8081), query])
        found = AsyncServiceInfo(SERVICE_TYPE, f"Maestra.{SERVICE_TYPE}")
        async with asyncio.timeout(PATIENCE):
            await updated.wait()
        assert await found.async_request(theirs.zeroconf, 1_000 * PATIENCE)
    assert found.port == 8081
    assert ServiceStateChange.Removed not in [state for _, state in heard]
    assert [kind for kind, _ in heard].count(OSCQUERY_TYPE) == 1
    assert len(ours.zeroconf.registry.async_get_service_infos()) == 2


@pytest.mark.parametrize(
    "error", [OSError("gone"), NotRunningException(), TimeoutError()]
)
async def test_what_fails_on_the_network_is_logged_and_no_more(
    ours: AsyncZeroconf, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    announcements = Announcements(ours)
    api = Offer(SERVICE_TYPE, (LOOPBACK,), 8080)
    for verb, offers in (
        ("async_register_service", [api]),
        ("async_update_service", [replace(api, port=1)]),
        ("async_unregister_service", []),
    ):
        with patch.object(ours, verb, side_effect=error):
            await announcements.announce(offers)
    assert caplog.text.count("Can't") == 3


@pytest.mark.parametrize("name", ["x", "_.", f"{'y' * 300}.{DEVICES}"])
async def test_a_name_that_is_none_harms_nobody(
    domain: Domain, browser: DeviceBrowser, theirs: AsyncZeroconf, name: str
) -> None:
    browser._changed(theirs.zeroconf, DEVICES, name, ServiceStateChange.Added)
    await asyncio.wait(browser._asking)

    event = await told(
        domain, DeviceDiscovered, lambda: announced(theirs, board("a", hardware_id="A"))
    )
    assert event.device.hardware_id == "A"

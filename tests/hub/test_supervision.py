"""A link that meets an error nobody foresaw is told and tried again; a stop that fails keeps no other from stopping."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NoReturn

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.maestra import features
from custom_components.maestra.const import (
    CONF_MQTT_CLIENT_ID,
    DOMAIN,
    SUBENTRY_ISS_TELEMETRY,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    SUBENTRY_OSC_TARGET,
    SUBENTRY_TIMESCALE_STORE,
)
from custom_components.maestra.core.mqtt.session_state import SessionState
from custom_components.maestra.core.transport.reconnect import Backoff
from custom_components.maestra.features.entities.manager import EntitiesManager
from custom_components.maestra.features.entities.persistence import STATES_KEY
from custom_components.maestra.features.mdns.manager import MdnsManager
from custom_components.maestra.hub import link as hub_link
from custom_components.maestra.hub.link import Link
from custom_components.maestra.hub.listeners import ListenerLink
from custom_components.maestra.hub.manager import Manager
from custom_components.maestra.hub.registry import registry_of
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..kits.forms import until
from ..kits.hub import unload
from ..kits.hub_broker import BROKER_CONNECTION, MaestraKit
from ..kits.listeners import ListenerKit
from ..kits.process import PATIENCE

pytestmark = pytest.mark.usefixtures("socket_enabled")

NO_HOST = "a..b"

# A host that can't even be asked for: resolvers raise what they like.
UNREACHABLE: dict[str, dict[str, Any]] = {
    SUBENTRY_MQTT_BROKER: {
        "transport": "direct",
        "host": NO_HOST,
        "port": 1883,
        "tls": False,
        "event_size_limit": 0,
        CONF_MQTT_CLIENT_ID: "maestra-a",
    },
    SUBENTRY_NATS_SERVER: {
        "host": NO_HOST,
        "port": 4222,
        "auth": "none",
        "tls": False,
    },
    SUBENTRY_TIMESCALE_STORE: {
        "host": NO_HOST,
        "port": 5432,
        "database": "maestra",
        "username": "maestra",
        "tls_mode": "off",
    },
    SUBENTRY_ISS_TELEMETRY: {
        "url": f"http://{NO_HOST}",
        "channels": ["NODE3000005"],
        "position": False,
        "min_interval": 0,
        "silence": 30,
    },
    SUBENTRY_OSC_TARGET: {
        "name": "Nowhere",
        "host": NO_HOST,
        "port": 9000,
        "protocol": "udp",
        "output": "keys",
        "filter": {"entity_types": [], "slugs": [], "keys": []},
        "keep_alive": {},
        "replies": {"local_port": 0, "expects_replies": False, "silence": 30},
    },
}


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hub_link, "RETRY", Backoff(timedelta(seconds=0.01), timedelta(seconds=0.02))
    )


def link_kinds() -> list[type[Link]]:
    """The links that there are, but for those of subentries that are no connections."""
    kinds = registry_of(features.FEATURES).links.values()
    return [ListenerLink, *(kind for kind in kinds if isinstance(kind, type))]


@pytest.mark.parametrize("kind", link_kinds(), ids=lambda kind: kind.__name__)
async def test_every_kind_of_link_is_supervised(kind: type[Link]) -> None:
    """None runs its connection by itself, or decides by itself whether an end was meant."""
    assert kind._run is Link._run
    assert kind._failed is Link._failed


@pytest.mark.parametrize("kind", UNREACHABLE)
async def test_a_host_that_is_none_is_a_repair(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    kind: str,
) -> None:
    """And the connection is tried for again, as with any other."""
    subentry = ConfigSubentry(
        data=MappingProxyType(UNREACHABLE[kind]),
        subentry_type=kind,
        title="Nowhere",
        unique_id=NO_HOST,
    )
    hass.config_entries.async_add_subentry(hub, subentry)
    link = await until(hass, lambda: hub.runtime_data.links.get(subentry.subentry_id))
    async with asyncio.timeout(PATIENCE):
        while link.reason is None:
            await asyncio.sleep(0.01)
    assert not link.connected

    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5, seconds=1))
    await hass.async_block_till_done()

    issue = issue_registry.async_get_issue(
        DOMAIN, f"{link.issue}_{subentry.subentry_id}"
    )
    assert issue is not None
    assert link._task is not None
    assert not link._task.done()
    await unload(hass, hub)
    assert not issue_registry.issues


async def test_a_connection_that_breaks_in_an_unknown_way_comes_back(
    hass: HomeAssistant,
    maestra: MaestraKit,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged once, a repair if it lasts, and over when it is over."""
    (link,) = maestra.entry.runtime_data.links
    serve = type(link)._serve
    is_broken = True

    async def breaks(self: Any) -> None:
        if is_broken:
            raise ZeroDivisionError("out of tune")
        await serve(self)

    monkeypatch.setattr(type(link), "_serve", breaks)
    await maestra.reload()
    await maestra.state_is(BROKER_CONNECTION, STATE_OFF)
    await maestra.later(timedelta(minutes=5, seconds=1))
    (issue,) = issue_registry.issues.values()
    assert issue.translation_placeholders is not None
    assert "ZeroDivisionError" in issue.translation_placeholders["reason"]

    is_broken = False
    await maestra.connected()

    assert not issue_registry.issues
    assert caplog.text.count("Traceback") == 1


async def test_a_listener_that_breaks_in_an_unknown_way_comes_back(
    hass: HomeAssistant, hub: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = ListenerLink._listen
    failures = [RuntimeError("out of tune"), OSError("no more files")]

    async def breaks(self: ListenerLink) -> None:
        if failures:
            raise failures.pop()
        await listen(self)

    monkeypatch.setattr(ListenerLink, "_listen", breaks)

    await ListenerKit(hass, hub, "websocket").on()

    assert not failures


async def test_one_link_that_can_not_be_made_keeps_no_other_from_starting(
    maestra: MaestraKit, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Link) -> NoReturn:
        raise RuntimeError("out of tune")

    monkeypatch.setattr(
        registry_of(features.FEATURES).links[SUBENTRY_OSC_TARGET], "_begin", fails
    )
    hass.config_entries.async_add_subentry(
        maestra.entry,
        ConfigSubentry(
            data=MappingProxyType(UNREACHABLE[SUBENTRY_OSC_TARGET]),
            subentry_type=SUBENTRY_OSC_TARGET,
            title="Nowhere",
            unique_id=NO_HOST,
        ),
    )
    await maestra.reload()
    await maestra.connected()


def fails(*_: object) -> NoReturn:
    raise OSError(28, "No space left on device")


async def fails_later(*_: object) -> NoReturn:
    await asyncio.sleep(0)
    raise OSError(28, "No space left on device")


def _link_stops(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    (link,) = maestra.entry.runtime_data.links
    monkeypatch.setattr(link, "stop", fails_later)


def _step_of_a_link(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    (link,) = maestra.entry.runtime_data.links
    link._unsubscribes.append(fails)


def _listening(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    maestra.entry.runtime_data._unsubscribes.append(fails)


def _goodbye(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    monkeypatch.setattr(MdnsManager, "async_stop", fails_later)


def _every_save(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    for manager in maestra.entry.runtime_data.managers.values():
        if not isinstance(manager, EntitiesManager):
            monkeypatch.setattr(manager, "async_save", fails_later)


def _every_manager(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    for manager in maestra.entry.runtime_data.managers.values():
        if not isinstance(manager, EntitiesManager):
            monkeypatch.setattr(manager, "async_stop", fails_later)


def _the_presenter(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    monkeypatch.setattr(maestra.entry.runtime_data.presenter, "stop", fails)


def _the_writer(monkeypatch: pytest.MonkeyPatch, maestra: MaestraKit) -> None:
    monkeypatch.setattr(maestra.entry.runtime_data.writer, "stop", fails)


@pytest.mark.parametrize(
    "broken",
    [
        _link_stops,
        _step_of_a_link,
        _listening,
        _goodbye,
        _every_save,
        _every_manager,
        _the_presenter,
        _the_writer,
    ],
)
async def test_an_end_that_fails_ends_all_others(
    maestra: MaestraKit,
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: Callable[[pytest.MonkeyPatch, MaestraKit], None],
) -> None:
    await maestra.update("td-1", fps=60)
    await maestra.state_is("sensor.td_1_frame_rate", "60")
    runtime = maestra.entry.runtime_data
    (link,) = runtime.links
    task = link._task
    broken(monkeypatch, maestra)

    assert await hass.config_entries.async_unload(maestra.entry.entry_id)
    await hass.async_block_till_done()

    assert maestra.entry.state is ConfigEntryState.NOT_LOADED
    assert "No space left on device" in caplog.text
    assert list(runtime.links) == []
    assert [saved[0] for saved in hass_storage[STATES_KEY]["data"].values()] == [
        {"fps": 60}
    ]
    assert runtime.writer._is_stopped is (broken is not _the_writer)
    monkeypatch.undo()
    if broken is _link_stops:
        await link.stop()
    if broken is _the_writer:
        runtime.writer.stop()
    assert task.done()


async def test_all_is_saved_before_anything_stops(
    maestra: MaestraKit, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    runtime = maestra.entry.runtime_data
    (link,) = runtime.links
    stop = link.stop

    async def note_stop() -> None:
        steps.append("link")
        await stop()

    def noting(manager: Manager, name: str) -> Callable[[], Any]:
        step = getattr(manager, name)

        async def note() -> None:
            steps.append(name)
            await step()

        return note

    monkeypatch.setattr(link, "stop", note_stop)
    for manager in runtime.managers.values():
        for name in ("async_save", "async_stop"):
            monkeypatch.setattr(manager, name, noting(manager, name))

    await hass.config_entries.async_unload(maestra.entry.entry_id)

    count = len(runtime.managers)
    assert steps[: count + 1] == [*["async_save"] * count, "link"]
    # What came in meanwhile is saved too.
    assert steps.count("async_save") >= 2 * count
    assert steps.count("async_stop") == count


async def test_a_change_that_one_can_not_take_over_is_taken_over_by_the_others(
    maestra: MaestraKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, *_) = maestra.entry.runtime_data.managers.values()
    monkeypatch.setattr(first, "async_apply", fails_later)

    title = "Foyer broker"
    await maestra.add_broker(title, port=maestra.broker.port)

    await maestra.state_is("binary_sensor.foyer_broker_connection", STATE_ON)


async def test_what_breaks_in_a_session_loses_no_message(
    maestra: MaestraKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker sends it again after the reconnect."""
    feed, failures = SessionState.feed, [ZeroDivisionError("out of tune")]

    def breaks_once(self: SessionState, data: memoryview) -> int:
        if b"fogger" in bytes(data) and failures:
            raise failures.pop()
        return feed(self, data)

    monkeypatch.setattr(SessionState, "feed", breaks_once)

    await maestra.heard("fogger", active=True)

    assert not failures

"""The telemetry of the ISS in Home Assistant, from a feed over a real WebSocket."""

import asyncio
from datetime import timedelta
from math import cos, radians, sin
from typing import Any

import asyncpg
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
from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.iss.catalogue import STATE_VECTOR
from custom_components.maestra.core.iss.events import ReadingTaken
from custom_components.maestra.core.iss.orbit import sidereal_angle
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ...kits.database import Postgres
from ...kits.forms import add_iss, add_store, until
from ...kits.hub import unload
from ...kits.lightstreamer import TANK, Feed, station_time
from ...kits.process import PATIENCE
from .conftest import PROCESSOR

pytestmark = pytest.mark.usefixtures("socket_enabled")

TANK_SENSOR = "sensor.iss_environment_and_life_support_urine_tank_qty"
PROCESSOR_SENSOR = "sensor.iss_environment_and_life_support_urine_processor_state"
SIGNAL = "sensor.iss_telemetry_signal"
CONNECTION = "binary_sensor.iss_telemetry_connection"
TRACKER = "device_tracker.international_space_station"


@pytest.fixture
async def subentry(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry
) -> ConfigSubentry:
    """The hub's connection to the feed."""
    return await add_iss(hass, ready, feed, TANK, PROCESSOR, "USLAB000059")


async def state_is(hass: HomeAssistant, entity_id: str, value: str) -> State:
    """Wait for a state."""

    def found() -> State | None:
        state = hass.states.get(entity_id)
        return state if state and state.state == value else None

    shown = await until(hass, found)
    assert shown
    return shown


async def test_channels_appear_by_discipline(
    hass: HomeAssistant, hub: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """With value, unit, and how the ground judges it."""
    tank = await state_is(hass, TANK_SENSOR, "19")
    shown = dict(tank.attributes)
    assert shown.pop("measured_at")
    assert shown.pop("supported_features")
    assert shown == {
        "channel": TANK,
        "calibrated": "19 %",
        "status_class": "24",
        "status_indicator": None,
        "status_color": "Green",
        "state_class": "measurement",
        "unit_of_measurement": "%",
        "friendly_name": "ISS environment and life support Urine Tank Qty",
    }
    devices = dr.async_get(hass)
    team = devices.async_get_device_by_identifier(
        (DOMAIN, f"iss:{subentry.subentry_id}:ethos"), hub.entry_id
    )
    link = devices.async_get_device_by_identifier(
        (DOMAIN, subentry.subentry_id), hub.entry_id
    )
    assert team
    assert link
    assert team.via_device_id == link.id
    assert team.name == "ISS environment and life support"
    await state_is(
        hass, "sensor.iss_environment_and_life_support_cabin_temperature", STATE_UNKNOWN
    )


async def test_codes_are_options(
    hass: HomeAssistant, feed: Feed, subentry: ConfigSubentry
) -> None:
    """A code that nobody knows is unknown."""
    state = await state_is(hass, PROCESSOR_SENSOR, "Standby")
    assert state.attributes["device_class"] == "enum"
    assert "Normal" in state.attributes["options"]
    feed.measure(PROCESSOR, "16")
    await state_is(hass, PROCESSOR_SENSOR, "Normal")
    feed.measure(PROCESSOR, "17")
    await state_is(hass, PROCESSOR_SENSOR, STATE_UNKNOWN)


async def test_values_are_live(
    hass: HomeAssistant, feed: Feed, subentry: ConfigSubentry
) -> None:
    await state_is(hass, TANK_SENSOR, "19")
    feed.measure(TANK, "20.5")
    await state_is(hass, TANK_SENSOR, "20.5")


async def test_an_entity_has_its_rest_between_two_states(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry
) -> None:
    """The newest value comes when that is over."""
    subentry = await add_iss(hass, ready, feed, TANK, min_interval=1)
    await state_is(hass, TANK_SENSOR, "19")
    heard = hass.states.get(TANK_SENSOR)
    assert heard
    source = ready.runtime_data.links.get(subentry.subentry_id).gateway
    for value in range(20, 30):
        feed.measure(TANK, str(value))
    state = await state_is(hass, TANK_SENSOR, "29")
    assert source.counters["accepted"] >= 11
    assert (state.last_changed - heard.last_changed).total_seconds() > 0.5


async def test_the_signal_drives_availability(
    hass: HomeAssistant, feed: Feed, subentry: ConfigSubentry
) -> None:
    """Late is still there, lost is not."""
    await state_is(hass, SIGNAL, "acquired")
    await state_is(hass, TANK_SENSOR, "19")
    feed.tick(age=6)
    await state_is(hass, SIGNAL, "stale")
    await state_is(hass, TANK_SENSOR, "19")
    feed.tick("8")
    await state_is(hass, SIGNAL, "lost")
    await state_is(hass, TANK_SENSOR, STATE_UNAVAILABLE)
    feed.tick()
    await state_is(hass, TANK_SENSOR, "19")


async def test_a_feed_that_goes_and_comes_back(
    hass: HomeAssistant,
    feed: Feed,
    ready: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Unavailable within the watchdog, a repair after five minutes, and all is well by itself."""
    subentry = await add_iss(hass, ready, feed, silence=0.3)
    await state_is(hass, CONNECTION, STATE_ON)
    await feed.stop()
    await state_is(hass, TANK_SENSOR, STATE_UNAVAILABLE)
    await state_is(hass, CONNECTION, STATE_OFF)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=5, seconds=1))
    issue = issue_registry.async_get_issue(
        DOMAIN, f"iss_unreachable_{subentry.subentry_id}"
    )
    assert issue
    assert issue.translation_placeholders
    assert issue.translation_placeholders["feed"] == "ISS telemetry"
    feed.measure(TANK, "42")
    feed.tick()
    await feed.start()
    await state_is(hass, TANK_SENSOR, "42")
    await state_is(hass, CONNECTION, STATE_ON)
    assert not issue_registry.issues


async def test_the_position(
    hass: HomeAssistant, feed: Feed, ready: MockConfigEntry
) -> None:
    """A tracker, and what it is made of."""
    now = utcnow()
    angle = sidereal_angle(now) + radians(10)
    vector = (6_790 * cos(angle), 6_790 * sin(angle), 0.0, 0.0, 0.0, 7_660.0)
    for channel, value in zip(STATE_VECTOR, vector, strict=True):
        feed.put(channel, TimeStamp=station_time(now), Value=str(value))
    await add_iss(hass, ready, feed, position=True)

    def found() -> State | None:
        state = hass.states.get(TRACKER)
        return state if state and "latitude" in state.attributes else None

    tracker = await until(hass, found)
    assert tracker
    assert tracker.state == "not_home"
    registered = er.async_get(hass).async_get(TRACKER)
    assert registered
    assert registered.entity_category is None
    assert tracker.attributes["longitude"] == pytest.approx(10, abs=0.5)
    assert tracker.attributes["latitude"] == pytest.approx(0, abs=0.3)
    assert tracker.attributes["source_type"] == "gps"
    await state_is(hass, "sensor.international_space_station_velocity", "27576.0")
    for name in ("latitude", "longitude", "altitude", "track"):
        assert hass.states.get(f"sensor.international_space_station_{name}"), name


async def test_every_reading_is_stored(
    hass: HomeAssistant,
    feed: Feed,
    ready: MockConfigEntry,
    database: StoreSettings,
    postgres: Postgres,
) -> None:
    """Also those that no entity shows, each once."""
    await add_store(hass, ready, database)
    await until(hass, lambda: all(link.connected for link in ready.runtime_data.links))
    await add_iss(hass, ready, feed, TANK, min_interval=3_600)
    await state_is(hass, TANK_SENSOR, "19")
    begin = utcnow() - timedelta(hours=1)
    for value in range(5):
        feed.put(
            TANK,
            TimeStamp=station_time(begin + timedelta(seconds=value)),
            Value=str(value),
        )
    await hears(ready, 4)
    # A new session tells again what was heard.
    feed.forget()
    feed.cut()
    await feed.asked_for("create_session", 2)
    await unload(hass, ready)
    rows = await stored(database)
    assert [row["value"] for row in rows] == [0, 1, 2, 3, 4, 19]
    assert rows[-1]["calibrated_data"] == "19 %"
    assert rows[-1]["status_color"] == "Green"


async def test_readings_of_one_time_are_stored_each_once(
    hass: HomeAssistant,
    feed: Feed,
    ready: MockConfigEntry,
    database: StoreSettings,
    postgres: Postgres,
) -> None:
    """Values and statuses that change under an unchanged time, and come back; a restart tells none of them again."""
    await add_store(hass, ready, database)
    await until(hass, lambda: all(link.connected for link in ready.runtime_data.links))
    await add_iss(hass, ready, feed, TANK)
    await state_is(hass, TANK_SENSOR, "19")
    for value, status in (("20", "24"), ("20", "8"), ("19", "24"), ("21", "24")):
        feed.put(TANK, Value=value, Status_Class=status)
    await hears(ready, 21)
    wanted = [(19, "24"), (19, "24"), (20, "24"), (20, "8"), (21, "24")]
    for _ in range(2):
        await unload(hass, ready)
        rows = await stored(database)
        assert sorted((row["value"], row["status_class"]) for row in rows) == wanted
        assert len({row["timestamp"] for row in rows}) == 1
        assert await hass.config_entries.async_setup(ready.entry_id)
        await state_is(hass, TANK_SENSOR, "21")


async def test_two_feeds_of_one_channel_are_two_series(
    hass: HomeAssistant,
    feed: Feed,
    ready: MockConfigEntry,
    database: StoreSettings,
    postgres: Postgres,
) -> None:
    """In the database, and for detectors; also those that were added before there was a difference."""
    await add_store(hass, ready, database)
    await until(hass, lambda: all(link.connected for link in ready.runtime_data.links))
    async with Feed() as other:
        other.tick()
        other.put(TANK, TimeStamp="24.0", Value="70", Status_Class="24")
        feed.put(TANK, TimeStamp="24.0")
        first = await add_iss(hass, ready, feed, TANK)
        second = await add_iss(hass, ready, other, TANK)
        assert "feed" not in first.data
        assert second.data["feed"] == "2"
        await state_is(hass, TANK_SENSOR, "19")
        await state_is(hass, f"{TANK_SENSOR}_2", "70")
        await unload(hass, ready)
        mine, others = (
            await stored(database),
            await stored(database, f"{TANK}@2"),
        )
        assert [row["value"] for row in mine] == [19]
        assert [row["value"] for row in others] == [70]

        hass.config_entries.async_update_subentry(
            ready,
            second,
            data={name: it for name, it in second.data.items() if name != "feed"},
        )
        assert await hass.config_entries.async_setup(ready.entry_id)
        again = ready.subentries[second.subentry_id]
        assert again.data["feed"] == "2"
        assert "feed" not in ready.subentries[first.subentry_id].data
        await unload(hass, ready)


async def hears(hub: MockConfigEntry, value: float) -> None:
    """Wait until a value is heard; what is shown of it may come much later."""
    heard = asyncio.Event()

    def listen(reading: ReadingTaken) -> None:
        heard.set() if reading.value == value else None

    hub.runtime_data.domain.bus.subscribe(ReadingTaken, listen)
    async with asyncio.timeout(PATIENCE):
        await heard.wait()


async def stored(database: StoreSettings, channel: str = TANK) -> list[Any]:
    """Return what is stored of a channel."""
    connection = await asyncpg.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        database=database.database,
    )
    rows = await connection.fetch(
        "SELECT * FROM telemetry_readings WHERE channel = $1 ORDER BY timestamp",
        channel,
    )
    await connection.close()
    return list(rows)


async def test_diagnostics(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    subentry: ConfigSubentry,
    hass_client: ClientSessionGenerator,
) -> None:
    """Of the feed, and of a discipline; where it is stays ours."""
    assert await async_setup_component(hass, "diagnostics", {})
    await state_is(hass, TANK_SENSOR, "19")
    told: Any = await get_diagnostics_for_config_entry(hass, hass_client, hub)
    (link,) = told["links"]
    assert link["kind"] == "iss_telemetry"
    assert link["signal"] == "acquired"
    assert link["channels"] == 3
    assert link["gateway_counters"]["accepted"] >= 3
    assert "127.0.0.1" not in str(told)
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, f"iss:{subentry.subentry_id}:ethos"), hub.entry_id
    )
    assert isinstance(device, dr.DeviceEntry)
    found: Any = await get_diagnostics_for_device(hass, hass_client, hub, device)
    assert found["link"]["channels_heard"] == 3


async def test_other_channels(
    hass: HomeAssistant, hub: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """What is not picked any more goes, with its device; what is new comes."""
    await state_is(hass, TANK_SENSOR, "19")
    hass.config_entries.async_update_subentry(
        hub, subentry, data={**subentry.data, "channels": [TANK, "USLAB000039"]}
    )
    await until(hass, lambda: hass.states.get(PROCESSOR_SENSOR) is None)
    await until(hass, lambda: hass.states.get("sensor.iss_attitude_iss_total_mass"))
    await state_is(hass, TANK_SENSOR, "19")
    assert not hub.runtime_data.forget([f"iss:{subentry.subentry_id}:ethos"])


async def test_removing_the_feed_leaves_nothing(
    hass: HomeAssistant, hub: MockConfigEntry, feed: Feed, subentry: ConfigSubentry
) -> None:
    """No device, no entity, no session."""
    await state_is(hass, TANK_SENSOR, "19")
    hass.config_entries.async_remove_subentry(hub, subentry.subentry_id)
    await until(hass, lambda: hass.states.get(TANK_SENSOR) is None)
    await hass.async_block_till_done()
    found = dr.async_entries_for_config_entry(dr.async_get(hass), hub.entry_id)
    assert [device.name for device in found] == ["Maestra"]
    assert (await feed.asked_for("control", 2))["LS_op"] == "destroy"


async def test_devices_outlive_a_restart(
    hass: HomeAssistant, hub: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """The same entities, with new values."""
    await state_is(hass, TANK_SENSOR, "19")
    await hass.config_entries.async_reload(hub.entry_id)
    await state_is(hass, TANK_SENSOR, "19")

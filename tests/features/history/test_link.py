"""The database as a service of the hub: added, lost, changed, removed while everything else goes on."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.store import connection as store_connection
from custom_components.maestra.core.store.connection import connect, fence
from custom_components.maestra.core.store.errors import StoreWriterTaken
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.store.store import StoreState
from custom_components.maestra.features import FEATURES
from custom_components.maestra.features.history.link import StoreLink
from custom_components.maestra.hub.link_sensors import LinkSensorPresentation
from custom_components.maestra.hub.registry import registry_of
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, STATE_OFF, STATE_ON
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from tests.kits.database import Postgres
from tests.kits.forms import add_store, flow_appears, until
from tests.kits.hub_store import QUICK, STORE_ID, RecordingKit, recording_hub
from tests.kits.texts import TEXTS

CONNECTION = "binary_sensor.stage_database_connection"
UNREACHABLE = f"store_unreachable_{STORE_ID}"
SPOOL_FILLING = f"store_spool_filling_{STORE_ID}"
SPOOL_FULL = f"store_spool_full_{STORE_ID}"
SECOND_INSTANCE = f"second_instance_{STORE_ID}"
TOO_NEW = f"store_schema_too_new_{STORE_ID}"
FIVE_MINUTES = timedelta(minutes=5, seconds=1)
LOOK = timedelta(seconds=6)
HA_STATES = """
SELECT entity_id, state, value FROM ha_states JOIN ha_entities ON id = entity
WHERE entity_id LIKE 'sensor.desk%' ORDER BY time
"""


@pytest.fixture(autouse=True)
def own_folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Home Assistant's configuration, of this test alone."""
    hass.config.config_dir = str(tmp_path)
    return tmp_path


@pytest.fixture
def spool(own_folder: Path) -> Path:
    """Where rows wait for the database."""
    return own_folder / ".storage" / "maestra_spool" / STORE_ID


@pytest.fixture
async def stored(
    hass: HomeAssistant, own_folder: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records."""
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        yield hub_kit


@pytest.fixture
async def stage(server: Postgres) -> StoreSettings:
    """A database on it."""
    return server.settings(await server.create_database())


async def test_everything_is_recorded(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    await stored.hears("wash-1", brightness=3)
    hass.states.async_set("sensor.desk", "21.5")
    hass.states.async_set("sensor.desk", "unavailable")
    hass.states.async_set("light.desk", "on")

    assert await stored.rows("SELECT slug FROM entities") == []
    assert await stored.rows(
        "SELECT entity_slug, state::text, source FROM entity_states"
    ) == [("wash-1", '{"brightness": 3}', "touchdesigner")]
    assert await stored.rows("SELECT variable, value FROM entity_values") == [
        ("brightness", 3.0)
    ]
    assert await stored.rows(HA_STATES) == [
        ("sensor.desk", "21.5", 21.5),
        ("sensor.desk", "unavailable", None),
    ]


async def test_an_id_that_is_given_to_another(
    hass: HomeAssistant, stored: RecordingKit, entity_registry: er.EntityRegistry
) -> None:
    entity_registry.async_get_or_create(
        "sensor", "test", "1", suggested_object_id="desk_a"
    )
    hass.states.async_set("sensor.desk_a", "1")
    entity_registry.async_update_entity("sensor.desk_a", new_entity_id="sensor.desk_z")
    hass.states.async_remove("sensor.desk_a")
    hass.states.async_set("sensor.desk_z", "2")
    entity_registry.async_get_or_create(
        "sensor", "test", "2", suggested_object_id="desk_a"
    )
    hass.states.async_set("sensor.desk_a", "3")

    assert await stored.rows(HA_STATES) == [
        ("sensor.desk_z", "1", 1.0),
        ("sensor.desk_z", "2", 2.0),
        ("sensor.desk_a", "3", 3.0),
    ]


async def test_the_database_is_a_device_with_sensors(
    hass: HomeAssistant,
    stored: RecordingKit,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    device = stored.device(stored.device_id(STORE_ID))
    assert device.name == "Stage database"
    assert device.model == "TimescaleDB"
    assert device.sw_version
    assert "(PostgreSQL 18" in device.sw_version
    assert device.config_subentry_id == STORE_ID

    await stored.rows("SELECT 1")
    await stored.later(LOOK)
    await stored.shows("edition", "timescaledb_apache")
    assert hass.states.get(CONNECTION).state == STATE_ON  # type: ignore[union-attr]
    values = {
        entry.unique_id.partition(":")[2]: hass.states.get(entry.entity_id)
        for entry in er.async_entries_for_device(
            entity_registry, device.id, include_disabled_entities=True
        )
    }
    assert set(values) == {
        "connectivity",
        "state",
        "tier",
        "rows_per_second",
        "queue_depth",
        "spool_size",
        "lag",
        "rows_written",
        "rows_dropped",
        "rows_rejected",
        "database_size",
    }
    # Disabled at first.
    assert values["rows_written"] is None
    zeros = ("queue_depth", "spool_size", "lag", "rows_dropped", "rows_rejected")
    assert {float(values[key].state) for key in zeros} == {0.0}  # type: ignore[union-attr]


def test_what_the_sensors_say_is_translated() -> None:
    for shown in chain.from_iterable(registry_of(FEATURES).link_entities.values()):
        if not isinstance(shown, LinkSensorPresentation):
            continue
        description = shown.description
        text = TEXTS["entity"]["sensor"][description.key]
        assert text["name"]
        assert set(description.options or ()) == set(text.get("state", ()))


async def test_plain_postgresql(
    hass: HomeAssistant, own_folder: Path, plain_database: StoreSettings
) -> None:
    async with recording_hub(hass, plain_database) as hub_kit:
        await hub_kit.becomes("recording")
        await hub_kit.shows("edition", "postgresql")
        device = hub_kit.device(hub_kit.device_id(STORE_ID))
        assert device.model == "PostgreSQL"
        assert device.sw_version
        assert device.sw_version.startswith("18")


async def test_a_database_that_is_away_delays_nothing(
    hass: HomeAssistant,
    stage: StoreSettings,
    server: Postgres,
    issue_registry: ir.IssueRegistry,
) -> None:
    server.stop()
    async with recording_hub(hass, stage) as hub_kit:
        await hub_kit.becomes("spooling")
        assert hass.states.get(CONNECTION).state == STATE_OFF  # type: ignore[union-attr]
        hass.states.async_set("sensor.desk", "1")
        assert not issue_registry.issues

        await hub_kit.later(FIVE_MINUTES)
        issue = issue_registry.async_get_issue(DOMAIN, UNREACHABLE)
        assert issue
        assert issue.severity is ir.IssueSeverity.ERROR
        assert issue.translation_placeholders
        assert issue.translation_placeholders["store"] == "Stage database"
        assert str(stage.port) in issue.translation_placeholders["reason"]

        server.start()
        await hub_kit.becomes("recording")
        assert hass.states.get(CONNECTION).state == STATE_ON  # type: ignore[union-attr]
        assert not issue_registry.issues
        assert await hub_kit.rows(HA_STATES) == [("sensor.desk", "1", 1.0)]
        assert hub_kit.store.counters["rows_dropped"] == 0


async def test_a_database_that_goes_and_comes(
    hass: HomeAssistant,
    stage: StoreSettings,
    server: Postgres,
    issue_registry: ir.IssueRegistry,
) -> None:
    async with recording_hub(hass, stage) as hub_kit:
        await hub_kit.becomes("recording")
        hass.states.async_set("sensor.desk", "1")
        server.stop()
        await hub_kit.becomes("spooling")
        hass.states.async_set("sensor.desk", "2")
        await hub_kit.later(FIVE_MINUTES)
        assert (DOMAIN, UNREACHABLE) in issue_registry.issues
        # Its version is remembered, whoever is away.
        assert hub_kit.device(hub_kit.device_id(STORE_ID)).sw_version

        server.start()
        await hub_kit.becomes("recording")
        hass.states.async_set("sensor.desk", "3")

        assert [row[1] for row in await hub_kit.rows(HA_STATES)] == ["1", "2", "3"]
        assert not issue_registry.issues


async def test_a_refused_login_asks_the_user(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    server = Postgres(passwords=True)
    server.start()
    try:
        name = await server.create_database()
        connection = await server.connect(name)
        await connection.execute("CREATE USER stage PASSWORD 'secret' SUPERUSER")
        await connection.close()
        settings = server.settings(name, user="stage", password="wrong")
        async with recording_hub(hass, settings) as hub_kit:
            flow = await flow_appears(hass, "reauth")
            # As where another was asked for first: the question comes again.
            hass.config_entries.flow.async_abort(flow["flow_id"])
            await hub_kit.later(LOOK)
            await flow_appears(hass, "reauth")

            hub_kit.change(password="secret")
            await hub_kit.becomes("recording")
            await until(hass, lambda: not hass.config_entries.flow.async_progress())
    finally:
        server.remove()


async def test_rows_that_are_lost_are_a_repair(
    hass: HomeAssistant,
    stage: StoreSettings,
    server: Postgres,
    issue_registry: ir.IssueRegistry,
) -> None:
    limits = replace(
        QUICK, batch_rows=10, most_batch_rows=10, queue_rows=20, spool_bytes=1_000
    )
    server.stop()
    async with recording_hub(hass, stage, limits=limits) as hub_kit:
        await hub_kit.becomes("spooling")
        for number in range(100):
            hass.states.async_set("sensor.desk", str(number))
        await hub_kit.counts("rows_dropped")
        await hub_kit.later(LOOK)
        issue = issue_registry.async_get_issue(DOMAIN, SPOOL_FULL)
        assert issue
        assert issue.severity is ir.IssueSeverity.ERROR
        assert issue.translation_placeholders
        assert int(issue.translation_placeholders["rows"]) > 0

        server.start()
        await hub_kit.becomes("recording")
        await hub_kit.store.flush()
        # With the first look the last of the lost rows are counted.
        await hub_kit.later(LOOK)
        await hub_kit.later(LOOK)
        assert not issue_registry.issues


async def test_rows_that_become_many_are_a_repair(
    hass: HomeAssistant,
    stage: StoreSettings,
    server: Postgres,
    issue_registry: ir.IssueRegistry,
) -> None:
    limits = replace(QUICK, spool_bytes=40_000)
    server.stop()
    async with recording_hub(hass, stage, limits=limits) as hub_kit:
        await hub_kit.becomes("spooling")
        await hub_kit.later(LOOK)
        assert not issue_registry.issues
        while hub_kit.store.spool_fill < 0.5:
            hass.states.async_set("sensor.desk", str(hub_kit.store.spool_bytes))
            await asyncio.sleep(0.01)
        await hub_kit.later(LOOK)
        issue = issue_registry.async_get_issue(DOMAIN, SPOOL_FILLING)
        assert issue
        assert issue.translation_placeholders
        assert issue.translation_placeholders["percent"].startswith("5")

        server.start()
        await hub_kit.becomes("recording")
        await hub_kit.store.flush()
        await hub_kit.later(LOOK)
        assert not issue_registry.issues


async def test_tables_of_a_newer_maestra(
    hass: HomeAssistant, stored: RecordingKit, issue_registry: ir.IssueRegistry
) -> None:
    await stored.fetch(
        "INSERT INTO maestra_migrations (filename, version) VALUES ('9999_x.sql', 9999)"
    )
    await hass.config_entries.async_reload(stored.entry.entry_id)
    await until(hass, lambda: (DOMAIN, TOO_NEW) in issue_registry.issues)
    await stored.becomes("spooling")

    await stored.fetch("DELETE FROM maestra_migrations WHERE version = 9999")
    await stored.becomes("recording")
    assert not issue_registry.issues


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for another to end."""
    monkeypatch.setattr(store_connection, "FENCE_PATIENCE", timedelta(seconds=0.1))


async def test_the_first_is_told_of_a_second_instance(
    hass: HomeAssistant, stored: RecordingKit, database: StoreSettings, impatient: None
) -> None:
    """As a copy of this Home Assistant does, on another machine."""
    copy = await connect(database)
    with pytest.raises(StoreWriterTaken):
        await fence(copy, database, STORE_ID)
    await copy.close()
    await until(hass, lambda: (DOMAIN, SECOND_INSTANCE) in ir.async_get(hass).issues)
    assert stored.store.state is StoreState.RECORDING


async def test_a_second_instance_waits_and_says_so(
    hass: HomeAssistant,
    own_folder: Path,
    database: StoreSettings,
    impatient: None,
) -> None:
    first = await connect(database)
    await fence(first, database, STORE_ID)
    async with recording_hub(hass, database) as copy:
        await until(
            hass, lambda: (DOMAIN, SECOND_INSTANCE) in ir.async_get(hass).issues
        )
        await copy.hears("wash-1", brightness=3)
        await copy.becomes("spooling")
        await first.close()
        await copy.becomes("recording")
        await until(
            hass, lambda: (DOMAIN, SECOND_INSTANCE) not in ir.async_get(hass).issues
        )


async def test_another_database(
    hass: HomeAssistant, stored: RecordingKit, postgres: Postgres
) -> None:
    runtime = stored.entry.runtime_data
    hass.states.async_set("sensor.desk", "1")
    await stored.store.flush()
    name = await postgres.create_database()

    stored.change(database=name)
    await hass.async_block_till_done()
    await stored.becomes("recording")
    hass.states.async_set("sensor.desk", "2")

    # Nothing else was restarted.
    assert stored.entry.runtime_data is runtime
    assert [row[1] for row in await stored.rows(HA_STATES)] == ["1"]
    stored.settings = postgres.settings(name)
    assert [row[1] for row in await stored.rows(HA_STATES)] == ["1", "2"]
    hass.config_entries.async_remove_subentry(stored.entry, STORE_ID)
    await hass.async_block_till_done()
    await postgres.drop_database(name)


async def test_other_options(hass: HomeAssistant, stored: RecordingKit) -> None:
    store = stored.store
    hass.states.async_set("sensor.desk", "1")
    hass.config_entries.async_update_entry(
        stored.entry, options={"record": {"all": False}, "keep_metrics": 3}
    )
    await hass.async_block_till_done()
    hass.states.async_set("sensor.desk", "2")

    assert stored.store is store
    assert store.lifetimes.metrics == timedelta(days=3)
    assert [row[1] for row in await stored.rows(HA_STATES)] == ["1"]


async def test_a_new_name_needs_no_new_connection(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    store = stored.store
    hass.config_entries.async_update_subentry(
        stored.entry, stored.entry.subentries[STORE_ID], title="Archive"
    )
    await hass.async_block_till_done()

    assert stored.store is store
    assert stored.device(stored.device_id(STORE_ID)).name == "Archive"


async def test_added_while_everything_runs(
    hass: HomeAssistant, hub: MockConfigEntry, database: StoreSettings
) -> None:
    assert not hub.runtime_data.links.of(StoreLink)
    subentry = await add_store(hass, hub, database)

    await until(
        hass,
        lambda: any(link.connected for link in hub.runtime_data.links.of(StoreLink)),
    )
    hass.config_entries.async_remove_subentry(hub, subentry.subentry_id)
    await hass.async_block_till_done()
    assert not hub.runtime_data.links.of(StoreLink)


async def test_removed_with_what_waits(
    hass: HomeAssistant,
    stage: StoreSettings,
    server: Postgres,
    spool: Path,
    device_registry: dr.DeviceRegistry,
) -> None:
    server.stop()
    async with recording_hub(hass, stage) as hub_kit:
        await hub_kit.becomes("spooling")
        hass.states.async_set("sensor.desk", "1")
        await hub_kit.counts("rows_spooled")
        assert list(spool.iterdir())

        hass.config_entries.async_remove_subentry(hub_kit.entry, STORE_ID)
        await hass.async_block_till_done()

        assert not spool.exists()
        assert not hub_kit.entry.runtime_data.links.of(StoreLink)
        assert hass.states.get(CONNECTION) is None
        assert not device_registry.async_get_device_by_identifier(
            (DOMAIN, STORE_ID), hub_kit.entry.entry_id
        )


async def test_the_hub_is_removed_with_what_waits(
    hass: HomeAssistant, stage: StoreSettings, server: Postgres, spool: Path
) -> None:
    server.stop()
    async with recording_hub(hass, stage) as hub_kit:
        await hub_kit.becomes("spooling")
        hass.states.async_set("sensor.desk", "1")
        await hass.config_entries.async_remove(hub_kit.entry.entry_id)
        assert not spool.exists()


async def test_what_waits_outlives_a_reload(
    hass: HomeAssistant, stage: StoreSettings, server: Postgres
) -> None:
    server.stop()
    async with recording_hub(hass, stage) as hub_kit:
        await hub_kit.becomes("spooling")
        hass.states.async_set("sensor.desk", "1")
        await hass.config_entries.async_reload(hub_kit.entry.entry_id)
        await hub_kit.becomes("spooling")

        server.start()
        await hub_kit.becomes("recording")
        rows = await hub_kit.rows(HA_STATES)
        # And again what it is at the start of the recording.
        assert [row[1] for row in rows] == ["1", "1"]


async def test_home_assistant_stops(hass: HomeAssistant, stored: RecordingKit) -> None:
    store = stored.store

    @callback
    def last_words(_event: Event) -> None:
        hass.states.async_set("sensor.desk", "last")

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, last_words)
    await hass.async_stop(force=True)

    assert store.state is StoreState.STOPPED
    rows = [row[1] for row in await stored.fetch(HA_STATES)]
    assert rows == ["last"]


async def test_a_store_that_breaks_is_logged(
    hass: HomeAssistant,
    own_folder: Path,
    database: StoreSettings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(_: Any) -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr("custom_components.maestra.core.store.store.Store.run", breaks)
    async with recording_hub(hass, database):
        assert "Stage database: unexpected RuntimeError: out of tune" in caplog.text


async def test_history_goes_on_under_another_id(
    hass: HomeAssistant, stored: RecordingKit, entity_registry: er.EntityRegistry
) -> None:
    owner = MockConfigEntry(domain="desk")
    owner.add_to_hass(hass)
    entity_registry.async_get_or_create(
        "sensor", "desk", "1", config_entry=owner, suggested_object_id="desk"
    )
    hass.states.async_set("sensor.desk", "1")
    entity_registry.async_update_entity("sensor.desk", new_entity_id="sensor.desk_2")
    hass.states.async_remove("sensor.desk")
    hass.states.async_set("sensor.desk_2", "2")

    assert await stored.rows(HA_STATES) == [
        ("sensor.desk_2", "1", 1.0),
        ("sensor.desk_2", "2", 2.0),
    ]

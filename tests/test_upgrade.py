"""An upgrade: a later version finds all that an earlier one saved, and goes on with it (fixtures/upgrade/README.md)."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
import json
from pathlib import Path
import shutil
from typing import Any, Final

import asyncpg
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.features import FEATURES
from custom_components.maestra.hub.registry import registry_of
from homeassistant.bootstrap import DATA_REGISTRIES_LOADED
from homeassistant.components import websocket_api
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    issue_registry as ir,
    label_registry as lr,
    restore_state,
)
from homeassistant.helpers.json import json_bytes
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from .kits.broker import Broker, Peer
from .kits.database import Postgres
from .kits.f2_device import F2Device, f2_device
from .kits.history import card
from .kits.hub import unload
from .kits.lightstreamer import TANK, Feed
from .kits.nats import NatsServer
from .kits.osc import OscPeer, free_udp_port
from .kits.process import PATIENCE, free_port
from .kits.qs import event
from .test_actions_contract import TARGET, mapping_of

FIXTURE: Final = Path(__file__).parent / "fixtures" / "upgrade"
PACKAGE: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
CONTRACT: Final = json.loads((FIXTURE / "contract.json").read_text())
STATES: Final = json.loads((FIXTURE / "states.json").read_text())

DUMP: Final = (FIXTURE / "database.sql").read_text()
OF_THE_SCHEMA: Final = (
    "INSERT INTO public.maestra_migrations",
    "INSERT INTO public.maestra_rollups",
)
"""Rows that migrations make."""

PROCESSOR: Final = "NODE3000004"
CAMERA: Final = "stream:44947f58-fd5e-59fa-8579-1d52085f42bb"
"""What the stream of the earlier version was known by."""
HISTORY: Final[tuple[tuple[Any, list[Any]], ...]] = (
    ("sensor.desk", [21.5, 22.5]),
    ({"entity": "wash", "variable": "brightness"}, [0, 20, 50]),
    ({"device": "AA:01", "metric": "rssi"}, [-60, -58, -57]),
    ({"device": "esp32-01", "event_type": "temperature"}, [21.5, 22.0]),
    ({"channel": TANK}, [19, 20, 21, 21, 21, 21]),
)
"""What the earlier version recorded of some series."""
OF_THE_RUN: Final = frozenset(
    {
        "capabilities",
        "configuration_url",
        "entity_category",
        "model",
        "modified_at",
        "object_id_base",
        "original_device_class",
        "original_name",
        "supported_features",
        "sw_version",
        "translation_key",
        "unit_of_measurement",
    }
)
"""What the registries know of the time, of the service behind a device, and of how a version shows what it has."""
SUGGESTED: Final = frozenset(
    {"suggested_display_precision", "suggested_unit_of_measurement"}
)
"""Options of an entity that are the integration's, not the user's."""
READY: Final = (
    "binary_sensor.stage_broker_connection",
    "sensor.iss_telemetry_signal",
    "sensor.stage_database_state",
)
CHANGED: Final[Mapping[str, str]] = {
    "devices": "id",
    "entities": "id",
    "entity_types": "id",
    "stream_sessions": "session_id",
    "event_ids": "ts_server",
    "maestra_rollups": "name",
}
"""Tables whose rows are renewed, with what stays of a row."""


@dataclass
class Servers:
    """What the hub is connected to; all of it answers as it did before the upgrade."""

    broker: Broker
    mqtt: Peer
    nats: NatsServer
    feed: Feed
    desk: OscPeer
    gate: F2Device


@asynccontextmanager
async def running_servers(folder: Path) -> AsyncGenerator[Servers]:
    """Run everything but the database."""
    async with (
        Broker(folder / "broker") as broker,
        broker.peer() as mqtt,
        NatsServer(folder / "nats") as nats,
        Feed() as feed,
        OscPeer() as desk,
        f2_device(broker) as gate,
    ):
        feed.tick()
        feed.measure(TANK, "21", Status_Color="Green", CalibratedData="21 %")
        feed.measure(PROCESSOR, "32")
        yield Servers(broker, mqtt, nats, feed, desk, gate)


class Upgrade:
    """A hub that an earlier version saved, loaded by this one."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        servers: Servers,
        postgres: Postgres,
        database: str,
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.servers = servers
        self.devices = devices_of(hass, entry)
        self.entities = entities_of(hass, entry)
        self._postgres = postgres
        self._database = database
        self.rows: dict[str, Counter[str]] = {}
        self.keys: dict[str, set[str]] = {}
        self.columns: dict[str, list[str]] = {}

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        """Ask the database."""
        connection = await self._postgres.connect(self._database)
        try:
            return await connection.fetch(query)
        finally:
            await connection.close()

    async def read_rows(self) -> dict[str, Counter[str]]:
        """Return all rows that are not renewed as texts, by table: the columns that were there the first time, of new tables all."""
        for table, column in await self.fetch(
            """
            SELECT c.relname, a.attname
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_tables t ON t.tablename = c.relname
            WHERE t.schemaname = 'public' AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """
        ):
            if table not in CHANGED and (not self.rows or table not in self.rows):
                self.columns.setdefault(table, []).append(column)
        return {
            name: Counter(
                row["text"]
                for row in await self.fetch(
                    f"""SELECT ROW({", ".join(f'"{one}"' for one in columns)})::text AS text FROM "{name}" """  # noqa: S608
                )
            )
            for name, columns in self.columns.items()
        }

    async def read_keys(self) -> dict[str, set[str]]:
        """Return what stays of the rows that are renewed, by table."""
        return {
            table: {
                row["key"]
                for row in await self.fetch(
                    f"SELECT {key}::text AS key FROM {table}"  # noqa: S608
                )
            }
            for table, key in CHANGED.items()
        }

    async def until_rows(self, query: str, *wanted: Any) -> None:
        """Wait until a query for one column has this answer."""
        found: list[Any] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while found != list(wanted):
                    await asyncio.sleep(0.05)
                    found = [row[0] for row in await self.fetch(query)]
        except TimeoutError:
            raise AssertionError(f"{query} is {found}, not {wanted}") from None

    async def until_shown(self, states: Mapping[str, Any]) -> None:
        """Wait until these states are shown, with these attributes among others."""
        different: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                while different := differences(shown_states(self.hass), states):
                    # The station's clock goes on, and counters are looked at now and then.
                    self.servers.feed.tick()
                    async_fire_time_changed(self.hass, dt_util.utcnow())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"Never shown: {different}") from None


def devices_of(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return what the registry has of the hub's devices, by id."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {device.id: _registered(device) for device in devices}


def entities_of(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, Any]:
    """Return what the registry has of the hub's entities, by entity id."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {entity.entity_id: _registered(entity) for entity in entities}


def _registered(entry: dr.AnyDeviceEntry | er.RegistryEntry) -> dict[str, Any]:
    fields = json.loads(json_bytes(entry.as_storage_fragment))
    if options := fields.get("options"):
        fields["options"] = {
            domain: mine
            for domain, chosen in options.items()
            if (mine := {key: chosen[key] for key in chosen.keys() - SUGGESTED})
        }
    return {
        key: sorted(value) if key in ("connections", "labels") else value
        for key, value in fields.items()
        if key not in OF_THE_RUN
    }


def shown_states(hass: HomeAssistant) -> dict[str, Any]:
    """Return what Home Assistant shows of the hub's entities."""
    registry = er.async_get(hass)
    return {
        state.entity_id: json.loads(
            json.dumps({"state": state.state, **state.attributes}, default=str)
        )
        for state in hass.states.async_all()
        if (entity := registry.async_get(state.entity_id)) and entity.platform == DOMAIN
    }


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wanted and not found: entity -> attribute -> (found, wanted)."""
    different: dict[str, Any] = {}
    for entity_id, attributes in wanted.items():
        shown = found.get(entity_id)
        if shown is None:
            different[entity_id] = "missing"
            continue
        if wrong := {
            name: (shown.get(name, "missing"), value)
            for name, value in attributes.items()
            if name not in shown or shown[name] != value
        }:
            different[entity_id] = wrong
    return different


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return which fields of what was registered before are different now."""
    return [field for field, value in before.items() if now[field] != value]


def missing(found: Any, wanted: Any, place: str = "") -> list[str]:
    """Return what is in `wanted` and not in `found`: places in mappings and lists."""
    if isinstance(wanted, Mapping):
        return [
            what
            for name, it in wanted.items()
            for what in (
                missing(found[name], it, f"{place}/{name}")
                if name in found
                else [f"{place}/{name}"]
            )
        ]
    return [f"{place}/{it}" for it in wanted if it not in found]


async def accepted(hass: HomeAssistant) -> dict[str, Any]:
    """Return all names by which automations, cards and people use the hub."""
    registry = registry_of(FEATURES)
    services = hass.services.async_services_for_domain(DOMAIN)
    texts = {
        category: await async_get_translations(hass, "en", category, [DOMAIN])
        for category in ("exceptions", "issues", "entity", "config_subentries")
    }
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return {
        "services": {
            name: sorted(mapping_of(service.schema).keys() - TARGET)
            for name, service in services.items()
        },
        "triggers": _options(registry.triggers),
        "conditions": _options(registry.conditions),
        "commands": sorted(
            name for name in hass.data[websocket_api.DOMAIN] if _is_ours(name)
        ),
        "paths": sorted(
            {
                path.canonical
                for path in hass.http.app.router.resources()
                if DOMAIN in path.canonical
            }
        ),
        "subentries": sorted(entry.supported_subentry_types),
        "texts": {
            category: sorted({_text_key(category, key) for key in found})
            for category, found in texts.items()
        },
    }


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and name.startswith(f"{DOMAIN}/")


def _options(kinds: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of the options of triggers or conditions."""
    return {
        f"{DOMAIN}.{name}": sorted(mapping_of(mapping_of(kind._schema)["options"]))
        for name, kind in kinds.items()
    }


def _text_key(category: str, key: str) -> str:
    """Return which thing a text belongs to: an exception, an issue, an entity of a platform, a subentry's step."""
    parts = key.removeprefix(f"component.{DOMAIN}.{category}.").split(".")
    return ".".join(parts[: 2 if category == "entity" else 1])


def read_storage(file: Path) -> dict[str, Any]:
    """Return a file of Home Assistant's storage; what most items have in common stands in `usual`."""
    content: dict[str, Any] = json.loads(file.read_text())
    for name, usual in content.pop("usual", {}).items():
        content["data"][name] = [usual | item for item in content["data"][name]]
    return content


async def load_storage(hass: HomeAssistant) -> ConfigEntry:
    """Let Home Assistant read its registries and config entries, as its start does; returns the hub's entry."""
    dr.async_setup(hass)
    for registry in (ar, cr, dr, er, fr, ir, lr, restore_state):
        await registry.async_load(hass)
    hass.data[DATA_REGISTRIES_LOADED] = None
    await hass.config_entries.async_initialize()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return entry


def address(
    entry: dict[str, Any], servers: Servers, postgres: Postgres, database: str
) -> None:
    """Let a saved config entry lead to the servers of this test."""
    of_servers = {
        "mqtt_broker": {"port": servers.broker.port},
        "nats_server": {"port": servers.nats.port},
        "osc_target": {"port": servers.desk.port},
        "iss_telemetry": {"url": servers.feed.url},
        "timescale_store": {"port": postgres.port, "database": database},
    }
    for subentry in entry["subentries"]:
        subentry["data"] |= of_servers.get(subentry["subentry_type"], {})
    for listener, port in (
        ("fleet_api", free_port()),
        ("websocket", free_port()),
        ("osc", free_udp_port()),
    ):
        entry["options"][listener]["port"] = port


async def restore_plain(postgres: Postgres) -> str:
    """Make a database from the dump of one; returns its name."""
    name = await postgres.create_database(timescaledb=False)
    await _execute(postgres, name, DUMP)
    return name


async def restore_timescale(postgres: Postgres) -> str:
    """Make a database with TimescaleDB as the migrations of then made it, with the rows of the dump; returns its name."""
    name = await postgres.create_database()
    applied = "CREATE TABLE maestra_migrations (filename text PRIMARY KEY, version integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
    for filename in CONTRACT["migrations"]:
        if not filename.endswith((".plain.sql", ".community.sql")):
            (file,) = PACKAGE.rglob(filename)
            applied += file.read_text()
            applied += (
                f"INSERT INTO maestra_migrations VALUES ('{filename}', {filename[:4]});"  # noqa: S608
            )
    rows = [
        line
        for line in DUMP.splitlines()
        if line.startswith(("INSERT INTO public.", "SELECT pg_catalog.setval"))
        and not line.startswith(OF_THE_SCHEMA)
    ]
    await _execute(postgres, name, applied)
    await _execute(postgres, name, "\n".join(rows))
    return name


async def _execute(postgres: Postgres, database: str, sql: str) -> None:
    connection = await postgres.connect(database)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@asynccontextmanager
async def upgraded(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    postgres: Postgres,
    database: str,
    folder: Path,
) -> AsyncGenerator[Upgrade]:
    """Restore everything but the database, and start."""
    hass.config.config_dir = str(folder)
    shutil.copytree(FIXTURE / "files", folder / ".storage")
    for file in (FIXTURE / "storage").iterdir():
        hass_storage[file.stem] = read_storage(file)
    (saved,) = hass_storage["core.config_entries"]["data"]["entries"]
    async with running_servers(folder) as servers:
        address(saved, servers, postgres, database)
        entry = await load_storage(hass)
        upgrade = Upgrade(hass, entry, servers, postgres, database)
        upgrade.rows = await upgrade.read_rows()
        upgrade.keys = await upgrade.read_keys()
        assert await async_setup_component(hass, DOMAIN, {})
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        try:
            yield upgrade
        finally:
            await unload(hass, entry)


@pytest.fixture
def load_registries() -> bool:
    """Leave the registries to `load_storage`."""
    return False


@pytest.fixture
def kind() -> str:
    """Which server the database is on."""
    return "plain_postgres"


@pytest.fixture
def database_server(request: pytest.FixtureRequest, kind: str) -> Postgres:
    """The server of this kind."""
    found: Postgres = request.getfixturevalue(kind)
    return found


@pytest.fixture
async def upgrade(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    socket_enabled: None,
    database_server: Postgres,
    tmp_path: Path,
) -> AsyncGenerator[Upgrade]:
    """The hub after the upgrade."""
    restore = restore_timescale if database_server.timescaledb else restore_plain
    name = await restore(database_server)
    async with upgraded(hass, hass_storage, database_server, name, tmp_path) as found:
        yield found
    await database_server.drop_database(name)


async def test_everything_is_found_again(upgrade: Upgrade) -> None:
    """Devices, entities, states: nothing is missing, changed, or new."""
    hass, entry = upgrade.hass, upgrade.entry
    await upgrade.until_shown(STATES)
    await hass.async_block_till_done()

    assert shown_states(hass).keys() == STATES.keys()
    domains = {entity_id.partition(".")[0] for entity_id in STATES}
    assert domains == set(CONTRACT["platforms"])
    assert devices_of(hass, entry) == upgrade.devices
    assert entities_of(hass, entry) == upgrade.entities


async def test_names_are_the_same(upgrade: Upgrade) -> None:
    """Actions, triggers, conditions, commands, addresses and texts; a later version may have more."""
    found = await accepted(upgrade.hass)
    assert missing(found, {name: CONTRACT[name] for name in found}) == []


def test_shipped_migrations_are_the_same() -> None:
    (first,) = PACKAGE.rglob("0001_tables.sql")
    found = {
        file.name: sha256(file.read_bytes()).hexdigest()
        for file in first.parent.glob("*.sql")
    }
    assert CONTRACT["migrations"].items() <= found.items()


@pytest.mark.parametrize("kind", ["plain_postgres", "postgres"])
async def test_rows_are_found_and_new_ones_go_on(
    upgrade: Upgrade, hass_ws_client: WebSocketGenerator
) -> None:
    """What waited on the disk is stored, no event of a device twice, and no migration is applied again."""
    mqtt = upgrade.servers.mqtt
    await upgrade.until_shown({entity_id: STATES[entity_id] for entity_id in READY})
    await mqtt.publish("maestra/entity/state/update/wash", {"brightness": 70})
    await mqtt.receives("maestra/entity/state/light/wash", changed_keys=["brightness"])
    await mqtt.publish(
        "maestra/device/metrics/AA:01", {"metric_name": "rssi", "metric_value": -50}
    )
    # What is repeated is acknowledged, and neither stored nor shown: the window is the old one.
    for event_id, kind, value in (
        ("e", "temperature", 23.0),
        ("c", "temperature", 22.0),
        ("f", "door", "closed"),
    ):
        sent = event(event_id, event_type=kind, value=value, unit="C")
        await mqtt.publish("qs/v1/esp32-01/events", sent)
        await mqtt.receives("qs/v1/esp32-01/acks", event_id=event_id, status="stored")
    await upgrade.until_shown({"sensor.esp32_01_door": {"state": "closed"}})
    temperature = upgrade.hass.states.get("sensor.esp32_01_temperature")
    assert temperature
    assert temperature.state == "23.0"

    brightness = "SELECT value FROM entity_values WHERE variable = 'brightness'"
    await upgrade.until_rows(f"{brightness} ORDER BY time", 0, 20, 50, 70)
    await upgrade.until_rows(
        "SELECT metric_value FROM device_metrics ORDER BY time", -60, -58, -57, -50
    )
    await upgrade.until_rows("SELECT event_id FROM events ORDER BY ts_server", *"abcef")
    found = await upgrade.read_rows()
    # A later version may have more tables, made by migrations of its own.
    assert found.keys() >= upgrade.rows.keys()
    assert found["maestra_migrations"] >= upgrade.rows["maestra_migrations"]
    assert {
        table: gone
        for table, rows in upgrade.rows.items()
        if (gone := rows - found[table])
    } == {}
    keys, before = await upgrade.read_keys(), dict(upgrade.keys)
    for table in ("maestra_rollups", "event_ids"):
        assert keys.pop(table) >= before.pop(table)
    assert keys == before

    ask = await card(upgrade.hass, hass_ws_client)
    times = {"start": "2026-11-29T00:00:00Z", "end": CONTRACT["saved_at"]}
    answer = await ask("history", *(series for series, _ in HISTORY), **times)
    assert [(it["series"], it["columns"]["value"]) for it in answer] == [*HISTORY]
    by_action: Any = await upgrade.hass.services.async_call(
        DOMAIN,
        "query_history",
        {"series": [series for series, _ in HISTORY], **times},
        blocking=True,
        return_response=True,
    )
    assert by_action["series"] == answer


async def test_a_stream_that_comes_back_finds_its_device(upgrade: Upgrade) -> None:
    """Streams are not saved, so the first sign of one tells which of the registered it is; another type is another."""
    hass, entry, mqtt = upgrade.hass, upgrade.entry, upgrade.servers.mqtt
    await upgrade.until_shown({entity_id: STATES[entity_id] for entity_id in READY})
    offer = {
        "name": "Camera A",
        "publisher_id": "td-1",
        "protocol": "srt",
        "address": "192.0.2.30",
        "port": 9000,
    }
    for kind, active in (("ndi", "camera_a_active_2"), ("video", "camera_a_active")):
        await mqtt.publish("maestra/stream/advertise", offer | {"stream_type": kind})
        shown = {"state": "on", "type": kind}
        await upgrade.until_shown({f"binary_sensor.{active}": shown})

    # Those of nothing else: `test_everything_is_found_again` says the same of all of them.
    (camera,) = [
        key for key, it in upgrade.devices.items() if CAMERA in str(it["identifiers"])
    ]
    now = devices_of(hass, entry)[camera]
    assert changes(upgrade.devices[camera], now) == ["identifiers"]
    assert CAMERA not in str(now)
    of_camera = [
        entity_id
        for entity_id, it in upgrade.entities.items()
        if it["device_id"] == camera
    ]
    assert len(of_camera) == 3
    for entity_id in of_camera:
        now = entities_of(hass, entry)[entity_id]
        assert changes(upgrade.entities[entity_id], now) == [
            *("unique_id", "previous_unique_id")
        ]

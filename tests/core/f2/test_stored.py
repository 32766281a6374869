"""Readings and decisions as rows of a real database, and the metadata of another pipeline."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from custom_components.maestra.core.domain.clock import utcnow
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.f2.events import F2Reading, record_decision
from custom_components.maestra.core.f2.metadata import (
    F2Metadata,
    F2MetadataUnusable,
    Imported,
    from_metadata,
    read_f2_metadata,
)
from custom_components.maestra.core.f2.numbers import Numbers
from custom_components.maestra.core.f2.templates import (
    ENVIRONMENTAL_SENSOR,
    POWER_MONITOR,
)
from custom_components.maestra.core.store.connection import Tier, connect
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.schema.migrate import migrate
from custom_components.maestra.core.store.settings import Lifetimes, StoreSettings
from custom_components.maestra.core.store.store import Store, StoreState
from scripts.catalogue import STORE_CATALOGUE
from tests.kits.broker import Broker
from tests.kits.database import fetch
from tests.kits.f2 import MAC, SAMPLE, WIRING, F2Kit, f2_on_broker
from tests.kits.store import QUICK, StoreKit

SEED = Path(__file__).parent / "seed.sql"


@pytest.fixture
async def store(database: StoreSettings, tmp_path: Path) -> Store:
    """A store that does not run yet."""
    return Store(
        database,
        tmp_path / "spool",
        catalogue=STORE_CATALOGUE,
        writer="tests",
        limits=QUICK,
    )


@pytest.fixture
async def stored(broker: Broker, store: Store) -> AsyncGenerator[F2Kit]:
    """A source that records."""
    async with f2_on_broker(broker, store=store) as kit:
        await StoreKit(store).is_(StoreState.RECORDING)
        yield kit


async def test_rows(stored: F2Kit, store: Store) -> None:
    """Every datapoint of a frame is a row with the controller's time; what is too short is NULL."""
    stored.source.set_wiring(MAC, WIRING)
    moment = utcnow().replace(microsecond=123_456)
    body = {"timestamp": str(moment.replace(tzinfo=None)), "data": SAMPLE}
    for qos in (0, 1):
        await stored.says("tele/sensor-mode/J3/sensor-1", body, qos=qos)
    await stored.says("tele/sensor-mode/J3/sensor-2", {**body, "data": "01 03"})
    await stored.handled(3)
    assert len(stored.of(F2Reading)) == 3
    await store.flush()
    rows = await fetch(
        store.settings,
        'SELECT "timestamp", device_id, datapoint_id, value FROM decoded_data ORDER BY 2, 3',
    )
    assert [tuple(row.values()) for row in rows] == [
        (moment, 1, 1, 123.42),
        (moment, 1, 2, 128.56),
        (moment, 1, 3, 12337.0),
        (moment, 2, 4, 25.9),
        (moment, 2, 5, None),
    ]


async def test_decisions(stored: F2Kit, store: Store) -> None:
    """Who was let in, or not, is a row."""
    for person in ("person.ada", None):
        record_decision(
            stored.domain,
            gateway="broker",
            controller=MAC,
            path="J1/reader-1",
            credential_hash="00ff",
            person=person,
            granted=person is not None,
            reason="schedule",
        )
    with pytest.raises(InvalidField, match="reason"):
        record_decision(
            stored.domain,
            gateway="broker",
            controller=MAC,
            path="J1/reader-1",
            granted=False,
            reason="x" * 256,
        )
    await store.flush()
    query = "SELECT controller, component, credential_hash, person, granted, reason FROM access_decisions ORDER BY time"
    rows = await fetch(store.settings, query)
    assert [tuple(row.values()) for row in rows] == [
        (MAC, "J1/reader-1", "00ff", "person.ada", True, "schedule"),
        (MAC, "J1/reader-1", "00ff", None, False, "schedule"),
    ]


async def test_old_decisions_go(database: StoreSettings) -> None:
    """Who came when is not kept for ever."""
    connection = await connect(database)
    await migrate(connection, STORE_CATALOGUE, Tier.APACHE)
    for number, age in enumerate((10, 40)):
        await connection.execute(
            "INSERT INTO access_decisions VALUES ($1, $2, 'x', 'J1/reader-1', NULL, NULL, true, 'schedule')",
            UUID(int=number),
            datetime.now(UTC) - timedelta(days=age),
        )
    await maintain(connection, STORE_CATALOGUE, Tier.APACHE, Lifetimes())
    assert await connection.fetchval("SELECT count(*) FROM access_decisions") == 1
    await connection.close()


@pytest.fixture
async def seeded(plain_database: StoreSettings) -> AsyncGenerator[asyncpg.Connection]:
    """The database of another pipeline, as its seed has it."""
    connection = await connect(plain_database)
    await connection.execute(SEED.read_text())
    yield connection
    await connection.close()


async def test_metadata(seeded: asyncpg.Connection) -> None:
    """Templates, controllers, wiring and numbers come as the tables have them."""
    imported = from_metadata(await read_f2_metadata(seeded))
    templates = {template.id: template for template in imported.templates}
    assert (
        templates["environmental_sensor"].datapoints == ENVIRONMENTAL_SENSOR.datapoints
    )
    assert templates["power_monitor"].datapoints == POWER_MONITOR.datapoints
    assert templates["power_monitor"].model == "PM-100"
    assert [(each.mac, each.name) for each in imported.controllers] == [
        (f"aabbccddee0{number}", f"F2 Controller {number}") for number in range(1, 5)
    ]
    # The seed's own mistake: its living room sensor is a power monitor there, and one template is missing.
    assert imported.controllers[0].wiring.as_dict() == {
        "J1": {
            "mode": "sensor-mode",
            "components": {
                "sensor-1": {
                    "name": "Living Room Env Sensor",
                    "template": "power_monitor",
                }
            },
        },
        "J2": {
            "mode": "sensor-mode",
            "components": {"sensor-2": {"name": "Kitchen Power Monitor"}},
        },
        "J4": {
            "mode": "sensor-mode",
            "components": {
                "sensor-3": {"name": "Bedroom Env Sensor", "template": "power_monitor"}
            },
        },
    }
    assert imported.warnings == [
        "aabbccddee01 J2 position 2: template 3 of device 6 does not exist or is unusable"
    ]
    numbers = Numbers()
    imported.claim(numbers)
    assert numbers.sensor(MAC, "J1/sensor-1") == 5
    assert numbers.datapoint("power_monitor", "voltage") == 4


async def test_metadata_that_is_not_there(
    plain_database: StoreSettings, seeded: asyncpg.Connection
) -> None:
    """What can't be read is said in a sentence."""
    with pytest.raises(F2MetadataUnusable, match="no name of a schema"):
        await read_f2_metadata(seeded, 'x"; DROP TABLE y; --')
    with pytest.raises(F2MetadataUnusable, match="does not exist"):
        await read_f2_metadata(seeded, "public")
    await seeded.execute('ALTER TABLE "VtDevice".datapoints DROP COLUMN "offset"')
    with pytest.raises(F2MetadataUnusable, match="offset"):
        await read_f2_metadata(seeded)


def metadata(**tables: Any) -> F2Metadata:
    """Return tables with one sensor on one controller, and what is to be different."""
    usual: dict[str, Any] = {
        "templates": [
            {"devicetemplateid": 1, "name": "Tank", "model": None, "description": None}
        ],
        "devices": [
            {
                "deviceid": 1,
                "devicename": None,
                "devicetemplateid": None,
                "macaddress": "AA:BB:CC:DD:EE:01",
            },
            {
                "deviceid": 2,
                "devicename": "Tank",
                "devicetemplateid": 1,
                "macaddress": None,
            },
        ],
        "connectors": [{"connectorid": 1, "controllerid": 1, "connectornumber": 1}],
        "pins": [{"pinid": 1, "connectorid": 1, "position": 1, "deviceid": 2}],
        "datapoints": [datapoint()],
    }
    return F2Metadata(**{**usual, **tables})


def datapoint(**fields: Any) -> dict[str, Any]:
    """Return the row of a datapoint."""
    return {
        "datapointid": 1,
        "devicetemplateid": 1,
        "label": "Level",
        "offset": 3,
        "length": 2,
        "append": " cm",
        "dataencoding": "uint16",
        "decimals": None,
        **fields,
    }


def pin(**fields: Any) -> dict[str, Any]:
    """Return the row of a pin."""
    return {"pinid": 1, "connectorid": 1, "position": 1, "deviceid": 2, **fields}


CONTROLLER = {"deviceid": 3, "devicename": "x", "devicetemplateid": 1}


@pytest.mark.parametrize(
    ("tables", "warning"),
    [
        ({"datapoints": [datapoint(dataencoding="Int24")]}, "unsigned number"),
        ({"datapoints": [datapoint(offset=None)]}, "template 1"),
        ({"datapoints": [datapoint(devicetemplateid=9)]}, "template 9"),
        ({"pins": [pin(position=7)]}, "can't be wired"),
        ({"pins": [pin(position=None)]}, "can't be wired"),
        ({"pins": [pin(), pin(pinid=2)]}, "can't be wired"),
        ({"pins": [pin(deviceid=9)]}, "device 9 does not exist"),
        ({"connectors": [{"connectorid": 1, "controllerid": 1, "connectornumber": 5}]}, "no connector 5"),
        ({"devices": [{**CONTROLLER, "macaddress": "nonsense"}]}, "device 3"),
        ({"devices": [{**CONTROLLER, "macaddress": MAC}, {**CONTROLLER, "deviceid": 4, "macaddress": MAC}]}, "twice"),
    ],
)  # fmt: skip
def test_mistakes_in_the_metadata(tables: dict[str, Any], warning: str) -> None:
    """What is wrong in the tables is told, and the rest is taken."""
    imported = from_metadata(metadata(**tables))
    assert any(warning in each for each in imported.warnings), imported.warnings


def test_labels_that_come_twice() -> None:
    """Two datapoints, or templates, of one name have two ids."""
    templates = [
        {"devicetemplateid": number, "name": "Tänk!", "model": "", "description": ""}
        for number in (1, 2)
    ]
    datapoints = [
        datapoint(),
        datapoint(datapointid=2),
        datapoint(datapointid=3, devicetemplateid=2, label=None),
    ]
    imported = from_metadata(metadata(templates=templates, datapoints=datapoints))
    assert imported.datapoints == {
        "t_nk/level": 1,
        "t_nk/level_2": 2,
        "t_nk_2/datapoint_3": 3,
    }
    assert not imported.warnings
    assert imported.templates[0].datapoints[0].unit == "cm"


def test_numbers_that_are_taken() -> None:
    """Where a number is ours already, theirs is not gone on with, and that is told."""
    imported = Imported(sensors={"a": 1}, datapoints={"t/x": 1})
    numbers = Numbers()
    assert numbers.sensors["other"] == numbers.datapoints["other"] == 1
    imported.claim(numbers)
    assert len(imported.warnings) == 2

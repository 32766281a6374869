"""A domain that is saved as JSON and restored is the same domain."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings, strategies as st
import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField, InvalidHierarchy
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.domain.snapshot import (
    restore,
    state_snapshot,
    structure_snapshot,
)
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.domain.variables import (
    Direction,
    Variable,
    VariableType,
)

from .conftest import Heard
from .strategies import slugs, texts, values

MQTT = Source("esp32", "mqtt-1")


def saved(domain: Domain) -> tuple[Any, Any]:
    """Both snapshots as they come back from a file."""
    return (
        orjson.loads(orjson.dumps(structure_snapshot(domain))),
        orjson.loads(orjson.dumps(state_snapshot(domain))),
    )


def restored(domain: Domain) -> Domain:
    """The domain after a restart."""
    again = Domain(Bus())
    restore(again, *saved(domain))
    return again


@pytest.fixture
def show(domain: Domain) -> Domain:
    """A domain with something of everything."""
    domain.types.create(
        "fog", icon="mdi:fog", default_state={"level": 0}, metadata={"a": 1}
    )
    domain.streams.types.create(
        {"name": "lidar", "display_name": "Lidar", "default_config": {"hz": 20}}
    )
    entities = domain.entities
    entities.create(name="Hall", entity_type="space")
    entities.create(
        name="Fog 1",
        entity_type="fog",
        parent="hall",
        tags=["a", "b"],
        metadata={"universe": 1},
        description="Left",
        device_id="device-1",
        variables=[
            Variable(
                name="level",
                type=VariableType.RANGE,
                direction=Direction.INPUT,
                description="How much",
                default=5,
                required=True,
                config={"max": 10, "unit": "%"},
            )
        ],
    )
    # A child that was made before its parent moved below another.
    entities.create(name="Child", entity_type="space")
    entities.create(name="Late", entity_type="room", parent="hall")
    entities.edit("child", {"parent_id": "late", "status": "maintenance"})
    entities.report(
        "node", {"temperature": 21.5, "v": 12, "": 1, "ü": None}, source=MQTT
    )
    entities.report("node", {"v": "12", "at": {"x": 1, "y": 2}}, source=MQTT)
    devices = domain.devices
    node = devices.register(
        {
            "name": "Node",
            "device_type": "esp32",
            "hardware_id": "AA",
            "location": {"room": 1},
        },
        source=MQTT,
    )
    devices.report_metric(
        "AA", {"metric_name": "rssi", "metric_value": -60, "unit": "dBm"}
    )
    devices.discover({"name": "New", "device_type": "esp32", "hardware_id": "BB"})
    devices.register({"name": "Bad", "device_type": "esp32", "hardware_id": "CC"})
    devices.block("CC", "spams")
    domain.groups.put("Front", [node.id, "other"], description="Truss")
    for rate in range(25):
        domain.configurations.push(node, {"rate": rate}, created_by="Ada")
    domain.configurations.applied(node, 25)
    return domain


def test_everything_comes_back(show: Domain) -> None:
    again = restored(show)

    assert saved(again) == saved(show)
    assert [
        entity.to_wire(include_children=True) for entity in again.entities.roots()
    ] == [entity.to_wire(include_children=True) for entity in show.entities.roots()]
    assert [device.to_wire() for device in again.devices] == [
        device.to_wire() for device in show.devices
    ]
    assert [kind.to_wire() for kind in again.types] == [
        kind.to_wire() for kind in show.types
    ]


def test_the_hierarchy_comes_back_whatever_the_order(show: Domain) -> None:
    again = restored(show).entities

    assert again["child"].path == "hall.late.child"
    assert again["child"].parent is again["late"]
    assert list(again["hall"].children) == ["fog-1", "late"]


def test_variables_stay_declared_or_guessed(show: Domain) -> None:
    before, after = show.entities, restored(show).entities

    for slug in ("node", "fog-1"):
        assert after[slug].variables == before[slug].variables
        assert after[slug].infers is before[slug].infers
    assert after["node"].variables["v"].type is VariableType.STRING
    assert after["node"].variables["v"].inferred


def test_devices_keep_their_metrics_and_gateway(show: Domain) -> None:
    device = restored(show).devices["AA"]

    assert device.metrics["rssi"].value == -60
    assert (
        device.metrics["rssi"].timestamp == show.devices["AA"].metrics["rssi"].timestamp
    )
    assert device.gateway == "mqtt-1"
    assert device.last_seen == show.devices["AA"].last_seen


def test_versions_go_on_where_they_were(show: Domain) -> None:
    again = restored(show)
    node = again.devices["AA"]

    assert again.configurations.of(node.id)[-1].applied_at is not None
    assert again.configurations.push(node, {}).version == 26


def test_restoring_tells_nobody(show: Domain) -> None:
    again = Domain(Bus())
    heard = Heard(again.bus)

    restore(again, *saved(show))

    assert heard.kinds == []


def test_an_empty_domain_comes_back_empty() -> None:
    again = restored(Domain(Bus()))

    assert len(again.entities) == len(again.devices) == 0


def test_without_its_state_an_entity_has_its_defaults(show: Domain) -> None:
    again = Domain(Bus())
    structure, _ = saved(show)

    restore(again, structure, {})

    assert again.entities["fog-1"].state == {"level": 5}
    assert again.entities["fog-1"].gateway is None


def test_a_snapshot_is_not_changed_by_what_happens_later(show: Domain) -> None:
    structure, states = structure_snapshot(show), state_snapshot(show)
    before = orjson.dumps([structure, states])

    show.entities.update("node", {"at": {"x": 5}, "new": 1})
    show.entities.edit("fog-1", {"metadata": {"b": 2}, "tags": []})
    show.devices.heartbeat("AA", metadata={"up": 1})
    show.devices.report_metric("AA", {"metric_name": "rssi", "metric_value": 0})
    show.groups.put("Front", [])
    show.entities.delete("hall", cascade=True)

    assert orjson.dumps([structure, states]) == before


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(slugs, st.integers(0, 9), st.dictionaries(texts, values, max_size=4)),
        max_size=5,
    )
)
def test_whatever_clients_reported_comes_back(
    reports: list[tuple[str, int, JsonObject]],
) -> None:
    domain = Domain(Bus())
    for slug, parent, state in reports:
        domain.entities.report(slug, state, source=MQTT)
        above = [*domain.entities][parent % len(domain.entities)]
        with suppress(InvalidHierarchy):
            domain.entities.edit(slug, {"parent_id": above.slug})

    again = restored(domain)

    assert saved(again) == saved(domain)
    assert {entity.slug: entity.path for entity in again.entities} == {
        entity.slug: entity.path for entity in domain.entities
    }
    assert all(
        again.entities[entity.slug].variables == entity.variables
        for entity in domain.entities
    )


@given(st.dictionaries(texts, values, max_size=6))
def test_whatever_a_device_said_comes_back(fields: JsonObject) -> None:
    domain = Domain(Bus())
    with suppress(InvalidField):
        domain.devices.register(
            {"name": "A", "device_type": "b", "hardware_id": "c", "metadata": fields}
        )
        domain.devices.report_metric(
            "c", {"metric_name": "a", "metric_value": 1, "tags": fields}
        )
        domain.configurations.push(domain.devices["c"], fields)

    assert saved(restored(domain)) == saved(domain)

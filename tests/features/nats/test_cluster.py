"""A stream cluster of the hub: its form, what its workers tell is shown, and how it and they are."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.nats import cluster as nats_cluster
from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.worker import shared
from custom_components.maestra.features.nats import cluster_link
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from ...kits.database import fetch
from ...kits.forms import (
    add_cluster,
    add_store,
    cluster_form,
    connected,
    flow_appears,
    until,
)
from ...kits.hub import unload
from ...kits.nats import NatsBroker, NatsServer
from ...kits.process import HOST, free_port
from ...kits.qs import event
from ...kits.worker import WorkerProcess, mapped

pytestmark = pytest.mark.usefixtures("socket_enabled")

KIND = "stream_cluster"
CONNECTION = "binary_sensor.fleet_connection"
WORKERS = "sensor.fleet_workers"
WAITING = "sensor.fleet_waiting_messages"
IDLE = "sensor.fleet_partitions_without_worker"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncGenerator[NatsBroker]:
    """A cluster of one, which divides the devices' messages."""
    async with NatsBroker(tmp_path / "nats", lines=mapped(2)) as server:
        yield server


@pytest.fixture(autouse=True)
async def without_links(
    hass: HomeAssistant, hub: MockConfigEntry
) -> AsyncGenerator[None]:
    """Let the hub go before the servers do."""
    yield
    await unload(hass, hub)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, and tell at once what is wrong."""
    monkeypatch.setattr(nats_cluster, "LOOK", 0.1)
    monkeypatch.setattr(nats_cluster, "ABSENT", 1.5)
    monkeypatch.setattr(cluster_link, "TELL_AFTER", 0.0)
    monkeypatch.setattr(shared, "LOOK", 0.1)


def worker(cluster: NatsBroker, database: StoreSettings, folder: Path) -> WorkerProcess:
    return WorkerProcess(cluster, database, folder, partitions=2)


async def is_state(hass: HomeAssistant, entity_id: str, value: str) -> None:
    def found() -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state == value

    await until(hass, found)


async def open_form(hass: HomeAssistant, hub: MockConfigEntry) -> str:
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )
    assert form["type"] is FlowResultType.FORM
    flow_id: str = form["flow_id"]
    return flow_id


async def fill_in(hass: HomeAssistant, flow_id: str, form: dict[str, Any]) -> Any:
    return await hass.config_entries.subentries.async_configure(flow_id, form)


async def test_a_cluster_is_added_and_changed(
    hass: HomeAssistant, hub: MockConfigEntry, cluster: NatsBroker
) -> None:
    """Where the first of its servers is gone, it goes to another."""
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, cluster_form(cluster, servers=["n2", " "]))
    assert result["type"] is FlowResultType.CREATE_ENTRY, result
    (subentry,) = hub.subentries.values()
    assert subentry.title == "Stream cluster"
    assert subentry.data == {
        "host": HOST,
        "port": cluster.nats_port,
        "auth": "none",
        "tls": False,
        "servers": [{"host": "n2", "port": 4222}],
        "stream": "$MQTT_msgs",
        "bucket": "",
        "partitions": 1,
        "workers": 1,
    }
    await connected(hass, hub, subentry.subentry_id)
    flow = await hub.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    others = cluster_form(
        cluster, servers=[f"{HOST}:{cluster.nats_port}"], stream="EVENTS"
    )
    result = await fill_in(hass, flow["flow_id"], others)
    assert result["reason"] == "reconfigure_successful"
    assert hub.subentries[subentry.subentry_id].data["stream"] == "EVENTS"
    await connected(hass, hub, subentry.subentry_id)


async def test_a_server_without_streams_is_no_cluster(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    async with NatsServer(tmp_path / "plain") as server:
        flow_id = await open_form(hass, hub)
        result = await fill_in(hass, flow_id, cluster_form(server))
        assert result["errors"] == {"host": "no_jetstream"}


@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"port": free_port()}, {"host": "nats_unreachable"}),
        ({"host": " "}, {"host": "invalid_host"}),
        (
            {"workers_settings": {"bucket": "a.b", "partitions": 1, "workers": 1}},
            {"workers_settings": "invalid_bucket"},
        ),
        ({"servers": ["no..where"]}, {"servers": "invalid_host"}),
        ({"auth": "token", "secret": " "}, {"secret": "account_incomplete"}),
    ],
)
async def test_what_is_wrong_is_shown_where_it_is(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    cluster: NatsBroker,
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    flow_id = await open_form(hass, hub)
    result = await fill_in(hass, flow_id, cluster_form(cluster, **wrong))
    assert result["errors"] == errors


async def test_a_refused_account_is_asked_for(
    hass: HomeAssistant, hub: MockConfigEntry, tmp_path: Path
) -> None:
    async with NatsBroker(tmp_path / "guarded", token="right") as guarded:
        subentry = await add_cluster(hass, hub, guarded, auth="token", secret="wrong")
        flow = await flow_appears(hass, SOURCE_REAUTH)
        result: Any = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"auth": "token", "secret": "right"}
        )
        assert result["reason"] == "reauth_successful"
        await connected(hass, hub, subentry.subentry_id)
        assert hub.subentries[subentry.subentry_id].data["stream"] == "$MQTT_msgs"
        await unload(hass, hub)


async def test_what_devices_say_to_the_cluster_is_shown(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    cluster: NatsBroker,
    database: StoreSettings,
    tmp_path: Path,
) -> None:
    """As with a local broker; it is stored by the worker, once, though the hub records into the same database."""
    await add_store(hass, hub, database)
    subentry = await add_cluster(hass, hub, cluster)
    await connected(hass, hub, subentry.subentry_id)
    async with (
        cluster.mqtt_peer(filters=["qs/v1/+/acks"]) as mqtt,
        worker(cluster, database, tmp_path),
    ):
        for number in range(30):
            await mqtt.publish(
                "qs/v1/t1/events", event(f"a{number}", "t1", value=number)
            )
        await mqtt.publish("qs/v1/t1/events", event("h", "t1", event_type="humidity"))
        await is_state(hass, "sensor.t1_temperature", "29.0")
        await is_state(hass, "sensor.t1_humidity", "21.5")
        # What was known before Home Assistant began is known at once.
        await hass.config_entries.async_reload(hub.entry_id)
        await connected(hass, hub, subentry.subentry_id)
        await is_state(hass, "sensor.t1_temperature", "29.0")
        await mqtt.publish("qs/v1/t1/events", event("b", "t1", value=99))
        await is_state(hass, "sensor.t1_temperature", "99.0")
        rows = await fetch(database, "SELECT event_id FROM events")
        assert sorted(row[0] for row in rows) == sorted(
            [*(f"a{number}" for number in range(30)), "h", "b"]
        )
        # One acknowledgement each: the worker's.
        told = [await mqtt.receives() for _ in range(32)]
        assert {said.json["event_id"] for said in told} == {row[0] for row in rows}
        assert not mqtt.collect("qs/v1/+/acks")


@pytest.mark.usefixtures("hasty")
async def test_how_workers_are_is_shown_and_told(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    cluster: NatsBroker,
    database: StoreSettings,
    tmp_path: Path,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    def issue(kind: str) -> ir.IssueEntry | None:
        return issue_registry.async_get_issue(DOMAIN, f"{kind}_{subentry.subentry_id}")

    subentry = await add_cluster(hass, hub, cluster)
    await is_state(hass, CONNECTION, STATE_ON)
    # No device has published yet.
    await until(hass, lambda: issue("cluster_stream_unreadable"))
    async with (
        cluster.mqtt_peer(filters=[]) as mqtt,
        worker(cluster, database, tmp_path) as first,
    ):
        await is_state(hass, WORKERS, "1")
        await is_state(hass, IDLE, "0")
        await until(hass, lambda: not issue_registry.issues)
        await first.kill()
        await is_state(hass, WORKERS, "0")
        # Until the server knows, it hands out to the one that is gone.
        await is_state(hass, IDLE, "2")
        for number in range(20):
            device = f"t{number}"
            await mqtt.publish(f"qs/v1/{device}/events", event(f"e{number}", device))
        await is_state(hass, WAITING, "20")
        await until(
            hass,
            lambda: (
                (found := issue("cluster_without_workers"))
                and (found.translation_placeholders or {})["waiting"] == "20"
            ),
        )
        assert await async_setup_component(hass, "diagnostics", {})
        found: Any = await get_diagnostics_for_config_entry(hass, hass_client, hub)
        (link,) = [
            each for each in found["links"] if each["id"] == subentry.subentry_id
        ]
        assert link["cluster"]["waiting"] == 20
        assert link["workers"] == 0
        await first.start()
        await is_state(hass, WAITING, "0")
        await until(hass, lambda: not issue_registry.issues)
        await cluster.kill()
        await is_state(hass, CONNECTION, STATE_OFF)
        await is_state(hass, WORKERS, "unknown")
    await unload(hass, hub)
    assert not issue_registry.issues


@pytest.mark.usefixtures("hasty")
async def test_workers_are_configured_here(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    cluster: NatsBroker,
    database: StoreSettings,
    tmp_path: Path,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A worker that knows no more than the cluster and its bucket stores, and follows what the options say."""
    workers = {"bucket": "fleet", "partitions": 2, "workers": 1}
    subentry = await add_cluster(hass, hub, cluster, workers_settings=workers)
    issue_id = f"cluster_settings_unwritten_{subentry.subentry_id}"
    found = await until(hass, lambda: issue_registry.async_get_issue(DOMAIN, issue_id))
    assert (found.translation_placeholders or {})["reason"] == "there is no database"
    await add_store(hass, hub, database)
    process = WorkerProcess(cluster, database, tmp_path, "fleet-0")
    process.leave_to_bucket("fleet")
    async with cluster.mqtt_peer(filters=["qs/v1/+/acks"]) as mqtt, process:
        await until(hass, lambda: not issue_registry.async_get_issue(DOMAIN, issue_id))
        noon = "2026-01-01T12:00:00"
        await mqtt.publish("qs/v1/t1/events", event("a", "t1", ts_device=noon))
        await mqtt.receives()
        options = {**hub.options, "qs": {"zone": "Europe/Berlin"}}
        hass.config_entries.async_update_entry(hub, options=options)
        number = 0
        while True:
            await mqtt.publish(
                "qs/v1/t1/events", event(f"b{number}", "t1", ts_device=noon)
            )
            await mqtt.receives()
            (row,) = await fetch(
                database,
                "SELECT extract(hour FROM ts_device AT TIME ZONE 'UTC')::int FROM events "
                "ORDER BY ts_server DESC LIMIT 1",
            )
            if row[0] == 11:
                break
            assert row[0] == 20
            number += 1

"""The demo show, run for real: its clients speak the protocol, follow what is set, and leave nothing behind."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import signal
import sys
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.changes import check
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.entity_type import BUILT_IN_TYPES
from custom_components.maestra.core.domain.names import is_slug
from custom_components.maestra.core.domain.variables import Variable
from custom_components.maestra.core.experiences.experience import Content
from custom_components.maestra.core.mqtt.codec import Report, decode
from custom_components.maestra.core.transport.commands import Malformed, StateCommand
from custom_components.maestra.features.cues.manager import CuesManager
from custom_components.maestra.features.experiences.manager import ExperiencesManager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from scripts.demo.__main__ import CLIENTS, TOKEN_VARIABLE
from scripts.demo.board import board_topic
from scripts.demo.catalogue import (
    CATALOGUE,
    FOYER_BOARD,
    HAZER_BOARD,
    MISBEHAVER,
    MOODY_BOARD,
    STREAM,
    Prop,
    cast,
)
from scripts.demo.client import READY
from scripts.demo.clients.building import SENSORS
from scripts.demo.clients.misbehaver import MISDEEDS, REFUSAL
from scripts.demo.cues import CUE_LISTS
from scripts.demo.stage import Refused, link_boards, set_stage
from tests.kits.broker import Broker, Peer
from tests.kits.process import PATIENCE

pytestmark = pytest.mark.usefixtures("socket_enabled")

ROOT = Path(__file__).parents[1]
SHOW_PATIENCE = 1.5 * PATIENCE
"""Seconds for nine processes to come or go, on a busy machine."""
UPDATE = "maestra/entity/state/update"
PLAYED = [prop for prop in CATALOGUE if prop.client]
SLUGS = {prop.slug for prop in CATALOGUE}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with Broker(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
async def peer(broker: Broker) -> AsyncGenerator[Peer]:
    async with broker.peer() as peer:
        yield peer


@asynccontextmanager
async def running(
    broker: Broker, *options: str, program: str = "scripts.demo", token: str = ""
) -> AsyncGenerator[Process]:
    """Start a program of the show; ends it with SIGKILL if the test has not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        program,
        "--mqtt-host",
        broker.host,
        "--mqtt-port",
        str(broker.port),
        *options,
        cwd=ROOT,
        env={**os.environ, TOKEN_VARIABLE: token},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await all_gone(process)


@pytest.fixture
async def show(broker: Broker, peer: Peer) -> AsyncGenerator[Process]:
    """A show with all its clients that is up, without Home Assistant."""
    async with running(broker, "--faults") as process:
        assert await line(process) == f"demo: {len(PLAYED)} entities on stage"
        yield process


@pytest.fixture
async def client(broker: Broker, peer: Peer, name: str) -> AsyncGenerator[Process]:
    """The client `name` on its own, connected."""
    program = f"scripts.demo.clients.{name}"
    async with running(broker, program=program) as process:
        assert await line(process) == READY
        yield process


async def line(process: Process) -> str:
    """Return the next line that a program prints."""
    assert process.stdout
    async with asyncio.timeout(SHOW_PATIENCE):
        return (await process.stdout.readline()).decode().strip()


async def all_gone(process: Process) -> str:
    """Wait for the end of a program and of all that it started; returns what they complained of.

    All of them hold the same standard error: it ends with the last one.
    """
    assert process.stderr
    async with asyncio.timeout(SHOW_PATIENCE):
        complaints = await process.stderr.read()
        await process.wait()
    return complaints.decode()


def state_event(slug: str, current: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a state event as Maestra tells it (maestra.md §2.2)."""
    return {
        "type": "state_changed",
        "entity_slug": slug,
        "entity_type": "light",
        "previous_state": {},
        "current_state": current,
        "changed_keys": list(current),
        "source": "home_assistant",
        "timestamp": "2026-11-21T18:00:00.000000Z",
        "validation_warnings": [],
        **fields,
    }


# The catalogue.


def test_slugs_are_valid_and_unique() -> None:
    assert all(is_slug(prop.slug) for prop in CATALOGUE)
    assert len(SLUGS) == len(CATALOGUE)


def test_parents_come_before_their_children() -> None:
    known: set[str | None] = {None}
    for prop in CATALOGUE:
        assert prop.parent in known
        known.add(prop.slug)


def test_types_are_built_in() -> None:
    types = {entity_type.name for entity_type in BUILT_IN_TYPES}
    assert {prop.entity_type for prop in CATALOGUE} <= types - {"device"}


@pytest.mark.parametrize("prop", PLAYED, ids=lambda prop: prop.slug)
def test_states_fit_the_variables(prop: Prop) -> None:
    variables = {it["name"]: Variable.from_wire(it) for it in prop.variables}
    assert variables.keys() == prop.state.keys()
    for name, value in prop.state.items():
        assert variables[name].check(value) is None


def test_every_entity_is_played_by_a_client_that_there_is() -> None:
    assert {prop.client for prop in PLAYED} <= {*CLIENTS, MISBEHAVER}
    assert SENSORS.keys() == {prop.slug for prop in PLAYED if prop.client == "building"}


def test_sensors_report_what_they_declare() -> None:
    states = {prop.slug: prop.state.keys() for prop in PLAYED}
    for slug, (_, curves) in SENSORS.items():
        assert curves.keys() == states[slug]


def test_misdeeds_are_of_both_kinds() -> None:
    """Some can't even be read, the others are for the domain to judge."""
    payloads = [
        (topic, body if isinstance(body, bytes) else json.dumps(body).encode())
        for topic, body in MISDEEDS
    ]
    malformed = [isinstance(decode(*payload), Malformed) for payload in payloads]
    assert any(malformed)
    assert not all(malformed)


# The clients.


async def test_a_client_begins_on_its_cue(broker: Broker) -> None:
    """And ends with who gave it."""
    program = "scripts.demo.clients.foyer_board"
    async with running(broker, "--until-eof", "--on-cue", program=program) as process:
        assert process.stdin
        process.stdin.write(b"\n")
        assert await line(process) == READY
        process.stdin.close()
        assert await all_gone(process) == ""
        assert process.returncode == 0


async def test_a_show_that_nobody_lets_in_ends(broker: Broker, peer: Peer) -> None:
    """None of its clients has begun."""
    options = ("--ha-url", "http://127.0.0.1:1", "--await-token")
    async with running(broker, *options) as process:
        assert process.stdin
        process.stdin.close()
        assert "nothing came on standard input" in await all_gone(process)
        assert process.returncode == 1
    await peer.settled()
    assert not peer.collect("maestra/#")


async def test_every_entity_has_a_voice(show: Process, peer: Peer) -> None:
    """Each client updates its entities, under its own name, with values that fit."""
    for prop in PLAYED:
        message = await peer.receives(f"{UPDATE}/{prop.slug}", source=prop.client)
        assert message.json["state"].keys() == prop.state.keys()
        for declared in prop.variables:
            value = message.json["state"][declared["name"]]
            assert Variable.from_wire(declared).check(value) is None


async def test_what_well_behaved_clients_say_can_be_read(
    show: Process, peer: Peer
) -> None:
    await peer.receives("maestra/device/events/+", event_type="button_pressed")
    misdeeds = {topic for topic, _ in MISDEEDS}
    boards = {None, HAZER_BOARD, FOYER_BOARD, MOODY_BOARD}
    read: list[object] = []
    async with asyncio.timeout(SHOW_PATIENCE):
        while not {it.name for it in read if isinstance(it, Report)} >= boards:
            await peer.settled()
            read += [
                decode(message.topic, message.payload)
                for message in peer.collect("maestra/#")
                if message.topic not in misdeeds
            ]
    assert not [it for it in read if isinstance(it, Malformed)]
    assert {it.slug for it in read if isinstance(it, StateCommand)} <= SLUGS
    assert {it.name for it in read if isinstance(it, Report)} == boards


@pytest.mark.parametrize("name", ["lighting_desk"])
async def test_lights_move_by_themselves(client: Process, peer: Peer) -> None:
    """The chase goes round: one light of each group at a time."""
    for slug in ("spot-1", "spot-2", "spot-3", "spot-4", "wash-1", "wash-4"):
        await peer.receives(f"{UPDATE}/{slug}")
        step = (await peer.receives(f"{UPDATE}/{slug}")).json["state"]
        assert "on" not in step
        assert step["brightness"] == step["output"]
        assert step["control"] == "Chase"


@pytest.mark.parametrize("name", ["lighting_desk"])
async def test_light_follows_home_assistant(client: Process, peer: Peer) -> None:
    bright = {"on": True, "brightness": 42, "color": "#00ff00"}
    await peer.publish(
        "maestra/entity/state/light/wash-1", state_event("wash-1", bright)
    )
    await peer.receives(f"{UPDATE}/wash-1", state={"output": 42, "control": "Hand"})
    await peer.receives(
        f"{UPDATE}/wash-1", state={**bright, "output": 42, "control": "Hand"}
    )

    await peer.publish(
        "maestra/entity/state/light/wash-1",
        state_event("wash-1", {**bright, "on": False}),
    )
    await peer.receives(f"{UPDATE}/wash-1", state={"output": 0, "control": "Hand"})


@pytest.mark.parametrize("name", ["lighting_desk"])
async def test_light_ignores_its_own_echo_and_nonsense(
    client: Process, peer: Peer
) -> None:
    topic = "maestra/entity/state/light/spot-1"
    echo = state_event("spot-1", {"brightness": 1}, source="lighting_desk")
    wrong = {"on": "yes", "brightness": True, "color": 5}
    bodies: list[object] = [echo, state_event("spot-1", wrong), [], b"{"]
    for body in bodies:
        await peer.publish(topic, body)
    await peer.publish(topic, state_event("spot-1", {"brightness": 77}))
    await peer.receives(f"{UPDATE}/spot-1", state={"output": 77, "control": "Hand"})


@pytest.mark.parametrize("name", ["projector"])
async def test_projector_follows(client: Process, peer: Peer) -> None:
    """Its lamp, warm by now, cools down when it is switched off."""
    await peer.receives(f"{UPDATE}/projector", source="projector")
    hottest = newest = await lamp_temperature(peer)
    await peer.publish(
        "maestra/entity/state/projector/projector",
        state_event("projector", {"on": False, "brightness": 80, "source": "ndi"}),
    )
    while newest >= hottest:
        newest, hottest = await lamp_temperature(peer), max(hottest, newest)


async def lamp_temperature(peer: Peer) -> float:
    """Return the next temperature that the projector reports."""
    message = await peer.receives(f"{UPDATE}/projector", source="projector")
    return float(message.json["state"]["lamp_temperature"])


@pytest.mark.parametrize("name", ["media_server"])
async def test_media_server_follows(client: Process, peer: Peer) -> None:
    await peer.publish(
        "maestra/entity/state/media/media-server",
        state_event("media-server", {"playing": False}),
    )
    await peer.receives(f"{UPDATE}/media-server", state={"fps": 0.0})


@pytest.mark.parametrize("name", ["hazer_board"])
async def test_board_registers_and_reports(client: Process, peer: Peer) -> None:
    known = await peer.receives("maestra/device/register", hardware_id=HAZER_BOARD)
    assert known.json["device_type"] == "esp32"
    await peer.receives(f"maestra/device/heartbeat/{HAZER_BOARD}")
    metrics = (await peer.receives(f"maestra/device/metrics/{HAZER_BOARD}")).json
    assert {it["metric_name"]: it["unit"] for it in metrics} == {
        "wifi_signal": "dBm",
        "free_heap": "bytes",
        "core_temperature": "°C",
    }
    await peer.receives(f"maestra/device/events/{HAZER_BOARD}", event_type="boot")
    await peer.receives(
        f"maestra/device/events/{HAZER_BOARD}", event_type="button_pressed"
    )


@pytest.mark.parametrize("name", ["hazer_board"])
@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("identify", {"event_type": "identified"}),
        ("reboot", {"event_type": "boot"}),
        ("dance", {"event_type": "command_unknown", "severity": "warning"}),
    ],
)
async def test_board_obeys(
    client: Process, peer: Peer, command: str, answer: dict[str, Any]
) -> None:
    events = f"maestra/device/events/{HAZER_BOARD}"
    await peer.receives(events, event_type="boot")
    await peer.publish(
        f"maestra/device/command/{HAZER_BOARD}",
        {"type": "device_command", "event_type": command, "data": {}},
    )
    await peer.receives(events, **answer)


@pytest.mark.parametrize("name", ["hazer_board"])
async def test_board_is_refilled_by_command(client: Process, peer: Peer) -> None:
    await peer.publish(
        f"maestra/device/command/{HAZER_BOARD}",
        {"type": "device_command", "event_type": "refill", "data": {}},
    )
    await peer.receives(f"{UPDATE}/hazer", state={"fluid": 100.0})


@pytest.mark.parametrize("name", ["hazer_board"])
async def test_board_applies_its_configuration(client: Process, peer: Peer) -> None:
    await peer.publish(
        f"maestra/device/configuration/{HAZER_BOARD}",
        {
            "type": "device_configuration",
            "version": 3,
            "configuration": {"metrics_interval": 1},
        },
    )
    await peer.receives(f"maestra/device/applied/{HAZER_BOARD}", version=3)
    await peer.publish(
        f"maestra/device/configuration/{HAZER_BOARD}",
        {
            "type": "device_configuration",
            "version": 4,
            "configuration": {"metrics_interval": 0},
        },
    )
    await peer.receives(
        f"maestra/device/applied/{HAZER_BOARD}",
        version=4,
        error="metrics_interval must be 1 or more",
    )


@pytest.mark.parametrize("name", ["misbehaver"])
async def test_a_moody_board_refuses_its_configuration(
    client: Process, peer: Peer
) -> None:
    topic = board_topic("device/configuration", MOODY_BOARD)
    for version, configuration in ((1, {"metrics_interval": 10}), (2, {})):
        await peer.publish(
            topic,
            {
                "type": "device_configuration",
                "version": version,
                "configuration": configuration,
            },
        )
    applied = board_topic("device/applied", MOODY_BOARD)
    await peer.receives(applied, version=1, error=REFUSAL)
    await peer.receives(applied, version=2)


@pytest.mark.parametrize("name", ["hazer_board"])
async def test_board_comes_again_when_it_is_not_known(
    client: Process, peer: Peer
) -> None:
    await peer.receives("maestra/device/register", hardware_id=HAZER_BOARD)
    await peer.publish(
        f"maestra/errors/{HAZER_BOARD}", {"type": "error", "code": "unknown_device"}
    )
    await peer.receives("maestra/device/register", hardware_id=HAZER_BOARD)


@pytest.mark.parametrize("name", ["foyer_board"])
async def test_second_board_asks_to_be_let_in(client: Process, peer: Peer) -> None:
    await peer.receives("maestra/device/discover", hardware_id=FOYER_BOARD)
    await peer.receives(f"maestra/device/heartbeat/{FOYER_BOARD}")


@pytest.mark.parametrize("name", ["stage_microphone"])
async def test_microphone_offers_its_stream(client: Process, peer: Peer) -> None:
    """It learns the id that it is known by, and gives signs of life under it."""
    offer = await peer.receives("maestra/stream/advertise", name="Stage microphone")
    assert offer.json == STREAM
    assert Domain(Bus()).streams.advertise(offer.json).delivery_mode == "unicast"
    await peer.publish(
        "maestra/stream/advertise/audio", {"id": "other", **STREAM, "name": "Other"}
    )
    await peer.publish("maestra/stream/advertise/audio", {"id": "its-id", **STREAM})
    await peer.receives("maestra/stream/heartbeat/its-id", timeout=SHOW_PATIENCE)


def test_nothing_misbehaves_unless_that_is_asked_for() -> None:
    """What is on stage by default gives nobody a fright; the rest says what it is for."""
    assert MISBEHAVER not in CLIENTS
    quiet, loud = cast(faults=False), cast(faults=True)
    assert loud == CATALOGUE
    assert {prop.client for prop in loud if prop not in quiet} == {MISBEHAVER}
    assert all("on purpose" in prop.name for prop in loud if prop not in quiet)


@pytest.mark.parametrize("name", ["misbehaver"])
async def test_misbehaving_device_misbehaves(client: Process, peer: Peer) -> None:
    """Its first misdeed comes at once, and others follow."""
    misdeeds = {topic for topic, _ in MISDEEDS}
    announced = await peer.receives(f"{UPDATE}/moody-fader", source="misbehaver")
    assert announced.json
    heard: list[str] = []
    while len(heard) < 2:
        message = await peer.receives("maestra/#")
        heard += [message.topic] if message.topic in misdeeds else []


# The supervisor.


async def test_clients_come_back_with_the_broker(show: Process, broker: Broker) -> None:
    await broker.stop()
    await broker.start()
    async with broker.peer() as peer:
        for client in (*CLIENTS, MISBEHAVER):
            await broker.logged(f" as demo-{client} ")
        await peer.receives(f"{UPDATE}/wash-1", source="lighting_desk")
        await peer.receives(f"{UPDATE}/projector", source="projector")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_signal_stops_every_process(show: Process, how: signal.Signals) -> None:
    show.send_signal(how)
    assert await all_gone(show) == ""
    assert show.returncode == 0


async def test_nobody_outlives_a_killed_supervisor(show: Process) -> None:
    show.kill()
    assert await all_gone(show) == ""


async def test_signal_before_the_show_is_up(broker: Broker) -> None:
    """Clients that wait for a broker are stopped just as well."""
    await broker.stop()
    async with running(broker) as process:
        assert process.stderr
        assert b"trying again" in await process.stderr.readline()
        process.terminate()
        await all_gone(process)
        assert process.returncode == 0


async def test_one_that_falls_is_told_of(
    show: Process, broker: Broker, peer: Peer
) -> None:
    """The others play on."""
    children = Path(f"/proc/{show.pid}/task/{show.pid}/children").read_text("ascii")
    os.kill(int(children.split()[-1]), signal.SIGKILL)
    assert show.stderr
    async with asyncio.timeout(SHOW_PATIENCE):
        assert (await show.stderr.readline()).endswith(b" ended (exit code -9)\n")
    await peer.settled()
    peer.collect()
    await peer.receives(f"{UPDATE}/wash-1")


# The stage.


@pytest.fixture
async def ha_url(
    hass: HomeAssistant, hub: MockConfigEntry, hass_client: ClientSessionGenerator
) -> str:
    """Where Home Assistant answers."""
    for component in ("websocket_api", "config"):
        assert await async_setup_component(hass, component, {})
    return str((await hass_client()).make_url(""))


def places_of(hass: HomeAssistant, hub: MockConfigEntry) -> Counter[tuple[str, str]]:
    """Return the names of Maestra's devices in Home Assistant, each with that of the one above."""
    registry = dr.async_get(hass)
    found = dr.async_entries_for_config_entry(registry, hub.entry_id)
    names = {device.id: device.name or "" for device in found}
    return Counter(
        (names[device.id], names.get(device.via_device_id or "", ""))
        for device in found
    )


async def misplaced(
    hass: HomeAssistant, hub: MockConfigEntry
) -> Counter[tuple[str, str]]:
    """Return what hangs elsewhere than the catalogue says."""
    await hass.async_block_till_done()
    names = {prop.slug: prop.name for prop in CATALOGUE}
    wanted = Counter(
        (prop.name, names[prop.parent]) for prop in CATALOGUE if prop.parent
    )
    return wanted - places_of(hass, hub)


async def test_stage_is_set_once(
    hass: HomeAssistant,
    hub: MockConfigEntry,
    ha_url: str,
    hass_access_token: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is tried that Home Assistant would refuse, and log."""
    assert await set_stage(ha_url, hass_access_token, CATALOGUE) == SLUGS
    assert not await misplaced(hass, hub)
    assert hass.states.get("light.stage_wash_1")
    assert hass.states.get("select.stage_projector_source")
    assert await set_stage(ha_url, hass_access_token, CATALOGUE) == set()
    assert "ERROR" not in caplog.text


async def test_every_cue_of_the_show_goes(
    hass: HomeAssistant, hub: MockConfigEntry, ha_url: str, hass_access_token: str
) -> None:
    """Its entities are there, its values fit, and what people made of a list stays."""
    await set_stage(ha_url, hass_access_token, CATALOGUE)
    lists = hub.runtime_data.manager(CuesManager).lists
    assert {player.cues.name for player in lists} == {it["name"] for it in CUE_LISTS}
    inputs = {prop.slug: prop.inputs.keys() for prop in CATALOGUE}
    for player in lists:
        for cue in player.cues.cues:
            assert all(set(it) <= inputs[slug] for slug, it in cue.states.items())
            check(hub.runtime_data.domain.entities, cue.states)
        check(hub.runtime_data.domain.entities, player.cues.safe)
    lists.put(CueList(name="Doors", safe={}))
    await set_stage(ha_url, hass_access_token, CATALOGUE)
    assert lists["Doors"].cues.cues == ()


async def test_the_experience_of_the_show_is_deployed(
    hass: HomeAssistant, hub: MockConfigEntry, ha_url: str, hass_access_token: str
) -> None:
    """One board acknowledges, the moody one refuses, and is as it was; what people made of it stays."""
    await set_stage(ha_url, hass_access_token, CATALOGUE)
    domain = hub.runtime_data.domain
    for hardware_id in (HAZER_BOARD, MOODY_BOARD):
        described = {"name": hardware_id, "device_type": "esp32"}
        domain.devices.register({"hardware_id": hardware_id, **described})
    experiences = hub.runtime_data.manager(ExperiencesManager).experiences
    deployment = experiences.deploy("Evening", groups=["boards"], timeout=600)
    domain.configurations.applied(domain.devices[HAZER_BOARD], 1)
    domain.configurations.refused(domain.devices[MOODY_BOARD], 1, REFUSAL)
    domain.configurations.applied(domain.devices[MOODY_BOARD], 2)
    assert {it.hardware_id: it.status for it in deployment.targets.values()} == {
        HAZER_BOARD: "deployed",
        MOODY_BOARD: "rolled_back",
    }
    assert deployment.failures == [(MOODY_BOARD, REFUSAL)]
    experiences.put("Evening", Content())
    await set_stage(ha_url, hass_access_token, CATALOGUE)
    assert experiences["Evening"].draft == Content()


async def test_stage_replaces_what_came_too_early(
    hass: HomeAssistant, hub: MockConfigEntry, ha_url: str, hass_access_token: str
) -> None:
    """An entity that was made of its first state gets its type and place."""
    await hass.services.async_call(
        "maestra",
        "create_entity",
        {"name": "Wash 1", "slug": "wash-1", "entity_type": "device"},
        blocking=True,
    )
    assert "wash-1" in await set_stage(ha_url, hass_access_token, CATALOGUE)
    assert not await misplaced(hass, hub)


async def test_stage_is_mended(
    hass: HomeAssistant, hub: MockConfigEntry, ha_url: str, hass_access_token: str
) -> None:
    """Somebody removed a group: it comes back, and its lights hang below it again."""
    await set_stage(ha_url, hass_access_token, CATALOGUE)
    await hass.services.async_call(
        "maestra", "delete_entity", {"slug": "washes"}, blocking=True
    )
    assert await set_stage(ha_url, hass_access_token, CATALOGUE) == {"washes"}
    assert not await misplaced(hass, hub)


async def test_boards_are_linked_when_they_have_registered(
    hass: HomeAssistant, hub: MockConfigEntry, ha_url: str, hass_access_token: str
) -> None:
    new = await set_stage(ha_url, hass_access_token, CATALOGUE)
    linking = asyncio.create_task(link_boards(ha_url, hass_access_token, new))
    for hardware_id in (MOODY_BOARD, HAZER_BOARD):
        hub.runtime_data.domain.devices.register(
            {
                "hardware_id": hardware_id,
                "name": hardware_id,
                "device_type": "esp32",
            }
        )
    async with asyncio.timeout(SHOW_PATIENCE):
        await linking
    linked = {it.slug for it in hub.runtime_data.domain.entities if it.device_id}
    assert linked == {"hazer", "moody-fader"}


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_wrong_token_is_refused(ha_url: str) -> None:
    with pytest.raises(Refused, match="Invalid access token"):
        await set_stage(ha_url, "wrong", CATALOGUE)


async def test_show_fails_without_home_assistant(broker: Broker) -> None:
    """Nothing is started, and the reason is told."""
    nowhere = f"http://{broker.host}:{broker.port}"
    async with running(broker, "--ha-url", nowhere, token="any") as process:
        assert (await all_gone(process)).startswith("demo: ")
        assert process.returncode == 1

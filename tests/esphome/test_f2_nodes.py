"""A real F2-compatible node with a certificate of our authority, on a Mosquitto with the files that we write for it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.pki.authority import Signed
from custom_components.maestra.features.pki.link import AuthorityLink
from homeassistant.const import STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from scripts.nodes import SOURCES, build_node
from tests.features.pki.test_certificates import created
from tests.kits.broker import Client
from tests.kits.esphome import INSTALLING, ModbusSensors, Node, needs_compiler
from tests.kits.f2_device import MAC, add_controller
from tests.kits.forms import direct_form, start_subentry_flow
from tests.kits.hub import HubKit, unload
from tests.kits.listeners import ListenerKit
from tests.kits.pki import COLON_MAC, RunBroker, client_context, new_authority
from tests.kits.process import HOST, PATIENCE, free_port, soon

ENROL = SOURCES / "tools" / "enrol.py"
# A node's port has two parts.
BUS = Path("/tmp/maestra-tests-rs485")
AIR = bytes.fromhex("01 03 0C 00 00 00 08 66 11 94 02 8A 00 00 00 12 34")
"""21.5 degrees, 45 percent, 650 ppm; its checksum is wrong, as those of many sensors."""
WIRING = {
    "J1": {
        "mode": "access-control-mode",
        "components": {
            "strike-1": {"name": "Front door"},
            "door-sensor-1": {},
            "door-sensor-2": {},
            "exit-button-1": {},
            "reader-1": {},
        },
    },
    "J2": {
        "mode": "alarm-mode",
        "components": {"siren-1": {}, "motion-sensor-1": {}},
    },
    "J3": {
        "mode": "sensor-mode",
        "components": {
            "sensor-1": {"name": "Lobby", "template": "environmental_sensor"}
        },
    },
}
LOCK = "lock.gate_j1_front_door"
POWER = "switch.gate_j1_front_door_power"
DOOR = "binary_sensor.gate_j1_door_1"
READER = "event.gate_j1_reader_1"
BUTTON = "event.gate_j1_exit_button_1"
SIREN = "siren.gate_j2_siren_1"
MOTION = "binary_sensor.gate_j2_motion_1"

pytestmark = [
    needs_compiler,
    pytest.mark.xdist_group("esphome"),
    pytest.mark.usefixtures("socket_enabled"),
    INSTALLING,
]


@dataclass
class Site:
    """An authority, a broker with its files, and where devices ask for certificates."""

    hub: HubKit
    link: AuthorityLink
    broker: RunBroker
    issuing: str
    folder: Path

    async def enrol(self, *options: str) -> tuple[int, str]:
        """Ask for a certificate as a user does; returns the exit code, and what was said."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, ENROL, self.issuing, COLON_MAC, *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def certificates(self) -> Path:
        """Let the node have its certificate; returns its folder."""
        await self.hub.act("open_enrolment", minutes=5)
        folder = self.folder / "certificates"
        assert await self.enrol("--folder", str(folder)) == (
            0,
            f"{MAC} has its certificate in {folder}\n",
        )
        return folder

    def client(self, identity: Signed) -> Client:
        """Return a client of the broker with a certificate."""
        assert self.link.service
        context = client_context(self.folder, self.link.service.authority.pem, identity)
        return Client(HOST, self.broker.port, tls_context=context, timeout=5)


@pytest.fixture(scope="session")
def program() -> Path:
    """A node with everything."""
    return build_node(Path(__file__).with_name("f2_node.yaml"))


@pytest.fixture
async def site(
    hass: HomeAssistant, hub: MockConfigEntry, hub_kit: HubKit, tmp_path: Path
) -> AsyncGenerator[Site]:
    """A hub that is connected to its own broker as itself, and hands out certificates."""
    # A Mosquitto of 2.1 then needs no rights of its own for who enrols later.
    link = await created(hass, hub, device_names="f2_mac")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    home, port = tmp_path / "broker", free_port()
    await hub_kit.ask("write_broker_configuration", folder=str(home), port=port)
    for above in (home, *home.parents[:-1]):
        above.chmod(above.stat().st_mode | 0o055)
    listens = await ListenerKit(hass, hub, "fleet_api").on(access_token="unused")
    async with RunBroker(home, port) as broker:
        flow_id = await start_subentry_flow(hass, hub, "direct")
        form = direct_form(broker, tls=True, own_certificate=True)
        form["advanced"]["dialects"] = ["f2"]
        added: Any = await hass.config_entries.subentries.async_configure(flow_id, form)
        assert added["type"] == "create_entry", added
        add_controller(hass, hub, WIRING)
        yield Site(hub_kit, link, broker, f"http://{HOST}:{listens}", tmp_path)
        await unload(hass, hub)


@pytest.fixture
async def node(program: Path, site: Site, tmp_path: Path) -> AsyncGenerator[Node]:
    """A node that is let in, with one sensor that answers and one that does not."""
    certificates = await site.certificates()
    with ModbusSensors(BUS, {1: AIR}):
        async with Node(
            program, site.broker, tmp_path, MQTT_CERTIFICATES=str(certificates)
        ) as node:
            # It says so once it hears what it is told.
            await site.hub.state_is(DOOR, STATE_OFF)
            yield node


@pytest.fixture
async def hand(site: Site, node: Node) -> AsyncGenerator[Client]:
    """What operates the node."""
    assert site.link.service
    async with site.client(await site.link.service.issue_own()) as client:
        yield client


async def does(hand: Client, what: str, value: str) -> None:
    await hand.publish(f"cmnd/f2-{MAC}/hand/J4/{what}", value, qos=1)


async def test_a_strike_is_switched_for_a_while_and_for_long(
    site: Site, node: Node
) -> None:
    await site.hub.state_is(LOCK, "locked")

    await site.hub.act("f2_unlock", entity_id=LOCK, period=1)
    await node.logged("'Strike' >> ON")
    await site.hub.state_is(LOCK, "unlocked")
    await node.logged("'Strike' >> OFF")
    await site.hub.state_is(LOCK, "locked")

    await site.hub.call("switch.turn_on", POWER)
    await site.hub.state_is(POWER, STATE_ON)
    await site.hub.call("lock.lock", LOCK)
    await site.hub.state_is(POWER, STATE_OFF)


async def test_a_siren_is_heard_when_it_is_asked(site: Site, node: Node) -> None:
    await site.hub.state_is(SIREN, STATE_OFF)
    await site.hub.call("siren.turn_on", SIREN)
    await node.logged("'Siren' >> ON")
    await site.hub.state_is(SIREN, STATE_ON)
    await site.hub.call("siren.turn_off", SIREN)
    await site.hub.state_is(SIREN, STATE_OFF)


async def test_doors_buttons_and_motion_are_told(
    site: Site, node: Node, hand: Client
) -> None:
    await does(hand, "door", "open")
    await site.hub.state_is(DOOR, STATE_ON)
    await does(hand, "door", "closed")
    await site.hub.state_is(DOOR, STATE_OFF)
    await does(hand, "motion", "on")
    await site.hub.state_is(MOTION, STATE_ON)
    await does(hand, "exit", "pressed")
    await site.hub.appears_with(BUTTON, event_type="pressed")
    await does(hand, "exit", "released")
    await site.hub.appears_with(BUTTON, event_type="released")


async def test_a_card_is_read_and_the_reader_shows_what_came_of_it(
    site: Site, node: Node, hand: Client
) -> None:
    await does(hand, "card", "04A224B2C45E80")
    card = await site.hub.appears_with(READER, event_type="card_read")
    assert card.attributes["credential_hash"]

    await site.hub.act("f2_feedback", entity_id=READER, kind="fail_1")
    await node.logged("Reader 1 shows 2")


async def test_frames_of_sensors_arrive_as_they_are(site: Site, node: Node) -> None:
    await site.hub.state_is(
        "sensor.lobby_temperature", "21.5", unit_of_measurement="°C"
    )
    await site.hub.state_is("sensor.lobby_humidity", "45.0")
    await site.hub.state_is("sensor.lobby_co2", "650.0")
    await node.logged("sensor-mode/J3/sensor-2 does not answer")


async def test_a_node_that_speaks_all_the_time_stays_connected(
    site: Site, node: Node
) -> None:
    """The broker answers nothing of what is said at QoS 0: it has to be asked whether it is there."""
    frames = 16

    # In more than the time in which a silent broker is given up.
    await soon(lambda: node.log.count("sensor-2 does not answer") >= frames)

    assert "no answer" not in node.log


async def test_what_is_revoked_is_cut_off_and_refused(site: Site, node: Node) -> None:
    await site.hub.state_is(LOCK, "locked")

    await site.hub.act("revoke_certificate", mac=COLON_MAC)

    assert "certificate revoked" in await node.logged("alert")


async def test_a_node_speaks_to_no_other_broker(
    program: Path, site: Site, tmp_path: Path
) -> None:
    certificates = await site.certificates()
    (certificates / "ca.crt").write_text(new_authority().pem)

    async with Node(
        program, site.broker, tmp_path, MQTT_CERTIFICATES=str(certificates)
    ) as node:
        await node.logged("Not connected to")

        assert "certificate" in await node.logged("Not connected to")
        assert "Connected to" not in node.log.replace("Not connected to", "")


async def test_a_node_without_a_certificate_says_so(
    program: Path, site: Site, tmp_path: Path
) -> None:
    async with Node(
        program, site.broker, tmp_path, MQTT_CERTIFICATES=str(tmp_path / "none")
    ) as node:
        await node.logged("ca.crt, client.crt and client.key in")


async def test_a_certificate_is_renewed_with_its_key_when_no_window_is_open(
    site: Site,
) -> None:
    certificates = await site.certificates()
    key, first = (
        (certificates / name).read_text() for name in ("client.key", "client.crt")
    )
    assert site.link.service
    site.link.service.enrolment.close()

    assert (await site.enrol("--folder", str(certificates)))[0] == 0

    assert (certificates / "client.key").read_text() == key
    assert (certificates / "client.crt").read_text() != first
    assert (certificates / "client.key").stat().st_mode & 0o777 == 0o600


async def test_secrets_of_others_stay_as_they_are(site: Site) -> None:
    """Also with the key that the authority makes, and a claiming code in place of an open window."""
    secrets = site.folder / "secrets.yaml"
    others = '# Ours\nwifi_ssid: "Stage"  # by the door\nf2_mac: old\nlast: |\n  two\n  lines'
    secrets.write_text(others)
    code = (await site.hub.ask("create_claiming_code", mac=COLON_MAC))["code"]
    options = ("--secrets", str(secrets), "--issue", "--code")

    assert (await site.enrol(*options, code))[0] == 0

    text = secrets.read_text()
    assert text.startswith(others.replace("f2_mac: old", f'f2_mac: "{MAC}"') + "\n")
    assert text.count("-----BEGIN") == 3
    code, said = await site.enrol(*options, code)
    assert (code, "The claiming code is wrong" in said) == (1, True)
    assert secrets.read_text() == text


async def test_who_is_not_let_in_is_told_why(site: Site) -> None:
    code, said = await site.enrol("--folder", str(site.folder / "none"))

    assert (code, said.strip()) == (
        1,
        f"{site.issuing}/enrol answers 403: Enrolment is closed",
    )
    assert not (site.folder / "none" / "client.key").exists()

"""Every configuration is one that ESPHome takes, with the components of the working copy."""

from pathlib import Path
import re
import runpy
import shutil

import pytest

from scripts.devenv.paths import ROOT
from scripts.devenv.process import SetupError
from scripts.nodes import COMPONENTS, DATA, SOURCES
from tests.kits.certificates import Authority
from tests.kits.esphome import INSTALLING, Esphome

EXAMPLES = sorted((SOURCES / "examples").glob("*-*.yaml"))
PAGES = sorted((ROOT / "docs").glob("esphome*.md"))
MAC = "aabbccddee01"
BASE = """
esphome:
  name: node
host:
external_components:
  - source: {components}
switch:
  - platform: template
    id: lamp
    optimistic: true
"""
HUB = """
host_mqtt:
  broker: localhost
maestra:
"""

pytestmark = [pytest.mark.xdist_group("esphome"), INSTALLING]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The examples as a user has them, with secrets of their own."""
    shutil.copytree(SOURCES, tmp_path / "esphome")
    examples = tmp_path / "esphome" / "examples"
    shutil.copy(examples / "secrets.example.yaml", examples / "secrets.yaml")
    return examples


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.stem))
def test_an_example_is_valid(esphome: Esphome, repository: Path, example: Path) -> None:
    assert "\nmaestra" in esphome("config", repository / example.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.stem))
def test_what_a_page_tells_people_to_run_is_found(
    esphome: Esphome, repository: Path, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder in which they are by then, as they have cloned the repository."""
    monkeypatch.chdir(repository)
    commands = re.findall(
        r"^cd maestra/esphome/examples\n(?:.*\n)*?esphome (.*) run (\S+)$",
        page.read_text(),
        re.MULTILINE,
    )
    assert commands

    for options, example in commands:
        assert "\nmaestra" in esphome(*options.split(), "config", example)


def generated(esphome: Esphome, example: Path, name: str) -> str:
    """Return what ESPHome makes of a board: what it is called, and what is set in it."""
    esphome("compile", "--only-generate", example)
    return (DATA / "build" / name / "src" / "main.cpp").read_text()


@pytest.mark.parametrize(
    ("example", "name"),
    [
        ("esp32-fader", "fader"),
        ("esp32s3-fader", "fader"),
        ("esp32c3-qs", "weather"),
        ("esp32c6-qs", "weather"),
        ("esp32-f2", "f2"),
        ("esp32p4-f2", "f2"),
    ],
)
def test_a_board_of_each_family_is_generated(
    esphome: Esphome, repository: Path, example: str, name: str
) -> None:
    """Its chip is the one that its name says."""
    code = generated(esphome, repository / f"{example}.yaml", name)

    settings = (DATA / "build" / name / f"sdkconfig.{name}").read_text()
    chip = example.partition("-")[0].upper()
    assert f"CONFIG_IDF_TARGET_{chip}=y" in settings
    assert "set_link(mqtt_client);" in code


def test_a_board_gets_what_its_configuration_says(
    esphome: Esphome, repository: Path
) -> None:
    code = generated(esphome, repository / "esp32-fader.yaml", "fader")

    for call in (
        "set_link(mqtt_client);",
        'SensorBinding(level, "level");',
        "->set_min(0.0f);",
        "LightBinding(strip);",
        'set_entity_type("device");',
    ):
        assert call in code


def test_a_board_gets_everything_that_there_is(
    esphome: Esphome, repository: Path
) -> None:
    board = repository / "board.yaml"
    board.write_text(Path(__file__).with_name("board.yaml").read_text())

    esphome("compile", "--only-generate", board)

    code = (DATA / "build" / "board" / "src" / "main.cpp").read_text()
    for call in (
        'ButtonBinding(restarting, "restarting");',
        'EventBinding(doorbell, "ring");',
        'add_metric("temperature", "", warmth);',
        "set_board_metrics(false);",
        'Stream("Stage microphone", "audio", "udp", 5004);',
        'set_multicast("239.0.0.7", 5005);',
        'set_config("{\\042sample_rate\\042: 48000}");',
        "set_wanted(false);",
        'StateListener("wash-1");',
        'set_variable("brightness");',
        "Configuration(2000);",
        'set_manifest("https://example.org/board/manifest.json");',
        "add_on_install_callback(",
        "add_on_ack_callback(",
    ):
        assert call in code, call


def test_a_qs_node_gets_what_its_configuration_says(
    esphome: Esphome, repository: Path
) -> None:
    code = generated(esphome, repository / "esp32c3-qs.yaml", "weather")

    for call in (
        "->set_saved_events(32);",
        ".events = 200,",
        '->watch(door, "door", "");',
        "set_dropped_sensor(qs_dropped);",
    ):
        assert call in code


def test_an_f2_controller_gets_the_certificate_that_it_was_issued(
    esphome: Esphome, repository: Path
) -> None:
    """As the helper writes it."""
    authority = Authority()
    device = authority.issue(MAC)
    replaced = runpy.run_path(str(SOURCES / "tools" / "enrol.py"))["replaced"]
    secrets = repository / "secrets.yaml"
    own = {
        "f2_mac": MAC,
        "f2_certificate_authority": authority.certificate,
        "f2_certificate": device.certificate,
        "f2_private_key": device.private_key,
    }
    secrets.write_text(replaced(secrets.read_text(), own))

    code = generated(esphome, repository / "esp32-f2.yaml", "f2")

    for call in (
        f'set_mac("{MAC}");',
        'Strike(f2_controller, "access-control-mode/J1/strike-1", strike_1)',
        'Siren(f2_controller, "alarm-mode/J2/siren-1", siren_1)',
        "->add_sensor(1, 3, 0x00, 6);",
        f'set_client_id("f2-{MAC}");',
    ):
        assert call in code
    written = code.replace(r"\012", "\n")
    for text in (authority.certificate, device.certificate, device.private_key):
        assert text in written


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("maestra:\n", "Couldn't find any component"),
        (f"{HUB}  slug: My Fader\n", "A slug is 1 to 100 of a-z, 0-9, - and _"),
        (f"{HUB}  variables:\n    - variable: level\n", "names one entity"),
        (f"{HUB}  variables:\n    - sensor: lamp\n", "doesn't inherit from"),
        (f"{HUB}  variables: [switch: lamp, switch: lamp]\n", "two variables 'lamp'"),
        (f"{HUB}  variables: [{{switch: lamp, max_value: 3}}]\n", "max_value"),
        (f"{HUB}  metrics: [{{sensor: lamp}}]\n", "doesn't inherit from"),
        (f"{HUB}  streams: [{{name: A, type: audio}}]\n", "required"),
        (
            f"{HUB}  streams: [{{name: A, type: audio, port: 1, protocol: rtp}}]\n",
            "Unknown value 'rtp'",
        ),
        (
            f"{HUB}  streams: [{{name: A, type: audio, port: 1, config: '[1]'}}]\n",
            "This is to be an object",
        ),
        (
            f"{HUB}  streams: [{{name: A, type: audio, port: 1, multicast_port: 2}}]\n",
            "multicast",
        ),
        (f"{HUB}  on_state: [{{slug: A B, then: []}}]\n", "A slug is 1 to 100"),
        (f"{HUB}  configuration_size: 9000\n", "value must be at most 4096"),
        (f"{HUB}  update: {{manifest: 'file:///x'}}\n", "begin with http"),
        (f"{HUB}  update: {{manifest: 'http://a/b'}}\n", "`esphome: project:`"),
        (
            f"{HUB}  on_approved: [maestra.set_state: {{slug: a, state: '{{'}}]\n",
            "This is no JSON",
        ),
        (f"{HUB}maestra_qs:\n  device_id: a/b\n", "A device id is"),
        (f"{HUB}maestra_qs:\n  events: [switch: lamp]\n", "An event names one entity"),
        (f"{HUB}maestra_f2:\n  mac: aa:bb\n", "A MAC address has twelve digits"),
        (
            f"{HUB}maestra_f2:\n  j1: {{strikes: [lamp], sirens: [lamp]}}\n",
            "A connector has one mode",
        ),
        (f"{HUB}maestra_f2:\n  j1: {{strikes: [lamp, lamp, lamp]}}\n", "length"),
    ],
)
def test_what_can_t_work_is_refused(
    esphome: Esphome, tmp_path: Path, wrong: str, reason: str
) -> None:
    node = tmp_path / "node.yaml"
    node.write_text(BASE.format(components=COMPONENTS) + wrong)

    with pytest.raises(SetupError) as refused:
        esphome("config", node)

    assert reason in str(refused.value)


@pytest.mark.parametrize("example", ["esp32-fader", "esp32c3-qs", "esp32-f2"])
def test_no_board_says_in_the_clear_what_was_meant_to_be_secret(
    esphome: Esphome, repository: Path, example: str
) -> None:
    """ESPHome speaks TLS only where it knows an authority, whatever the port is."""
    node = repository / "node.yaml"
    lines = (repository / f"{example}.yaml").read_text().splitlines(keepends=True)
    node.write_text("".join(line for line in lines if "_authority:" not in line))

    with pytest.raises(SetupError) as refused:
        esphome("-s", "broker_port", "8883", "config", node)

    assert "only with certificate_authority" in str(refused.value)

"""Ready boards: they are flashed as they are, in a browser, and learn of network and broker later."""

import hashlib
import json
from pathlib import Path
import re
import runpy

import pytest

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from scripts.nodes import DATA, SOURCES, build_node
from tests.kits.esphome import INSTALLING, Esphome, Node, needs_compiler
from tests.kits.hub_broker import MaestraKit

from .test_native_api import neighbours, own_integration

__all__ = ["neighbours"]

BOARDS = sorted((SOURCES / "boards").glob("*.yaml"))
FACTORY = sorted((SOURCES / "factory").glob("*.factory.yaml"))
HARDWARE_ID = "02:4D:41:45:53:06"
# The library of Improv comes from a registry of PlatformIO.
WITHOUT_REGISTRY = """
packages: {{board: !include {board}}}
esphome: {{libraries: ["improv/Improv=file://{library}"]}}
"""

pytestmark = [pytest.mark.xdist_group("esphome"), INSTALLING]


@pytest.fixture
def site() -> dict[str, object]:
    """The tool that makes the page."""
    return runpy.run_path(str(SOURCES / "tools" / "site.py"))


@pytest.fixture(scope="module")
def program() -> Path:
    """A board that is to learn of its broker; built while no connection waits."""
    return build_node(Path(__file__).with_name("settings_node.yaml"))


def test_there_is_firmware_of_each_board() -> None:
    assert [path.name.removesuffix(".factory.yaml") for path in FACTORY] == [
        path.stem for path in BOARDS
    ]


def test_ready_boards_are_valid(esphome: Esphome) -> None:
    """And say to nobody's secrets: those of a network and a broker come later."""
    for path in FACTORY:
        assert "\nesp32:" in esphome("config", path)
    assert not any("!secret" in path.read_text() for path in (*BOARDS, *FACTORY))


def test_a_ready_board_is_generated(esphome: Esphome, tmp_path: Path) -> None:
    library = tmp_path / "improv"
    library.mkdir()
    (library / "library.json").write_text(
        json.dumps({"name": "Improv", "version": "1.2.7", "platforms": "*"})
    )
    (library / "improv.h").touch()
    (library / "improv.cpp").touch()
    node = tmp_path / "board.yaml"
    board = SOURCES / "factory" / "esp32-desk.factory.yaml"
    node.write_text(WITHOUT_REGISTRY.format(board=board, library=library))

    esphome("-s", "version", "1.2.3", "compile", "--only-generate", node)

    folder = DATA / "build" / "desk" / "src"
    code = (folder / "main.cpp").read_text()
    for call in (
        "new(improv_serial_improvserialcomponent_id)",
        "captive_portal::CaptivePortal(",
        "maestra::use_broker(*mqtt_client, ",
        'set_source_url("https://maestra-home.github.io/maestra/esp32-desk.json");',
    ):
        assert call in code, call
    defines = (folder / "esphome" / "core" / "defines.h").read_text()
    assert '#define ESPHOME_PROJECT_NAME "maestra.esp32-desk"' in defines
    assert '#define ESPHOME_PROJECT_VERSION "1.2.3"' in defines
    assert "esphome/boards/esp32-desk.yaml@main" in defines + code


@needs_compiler
async def test_a_board_learns_of_its_broker_from_home_assistant(
    program: Path,
    hass: HomeAssistant,
    maestra: MaestraKit,
    neighbours: None,
    tmp_path: Path,
) -> None:
    async with Node(program, maestra.broker, tmp_path, MQTT_BROKER="") as node:
        async with own_integration(hass, node, HARDWARE_ID):
            await maestra.state_is("text.settings_broker", "127.0.0.1:9")

            broker = f"mqtt://{maestra.broker.host}:{maestra.broker.port}"
            await maestra.call("text.set_value", "text.settings_broker", value=broker)
            secret = "text.settings_broker_password"
            await maestra.call("text.set_value", secret, value="long and good")
            # It is in no state, and so in no history.
            assert maestra.state(secret).state == STATE_UNKNOWN
            await node.logged("Rebooting safely")
        await node.kill()
        await node.start()

        await maestra.mqtt.receives(
            f"maestra/errors/{HARDWARE_ID}", code="device_pending"
        )
        assert "long and good" not in node.log


def test_a_page_offers_what_was_built(site: dict[str, object], tmp_path: Path) -> None:
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    for path in BOARDS:
        for kind in ("factory", "ota"):
            content = f"{path.stem} {kind}".encode()
            (firmware / f"{path.stem}.{kind}.bin").write_bytes(content)

    code = site["main"]([str(firmware), str(tmp_path / "site"), "--version", "1.2.3"])  # type: ignore[operator]

    assert code == 0
    page = (tmp_path / "site" / "index.html").read_text()
    assert "Version 1.2.3." in page
    assert "$" not in page
    offered = re.findall(r'manifest="(.*?)"', page)
    assert offered == [f"{path.stem}.json" for path in BOARDS]
    for name in offered:
        said = json.loads((tmp_path / "site" / name).read_text())
        assert (said["version"], said["home_assistant_domain"]) == ("1.2.3", "esphome")
        (build,) = said["builds"]
        factory = tmp_path / "site" / build["parts"][0]["path"]
        assert factory.read_bytes().endswith(b"factory")
        ota = (tmp_path / "site" / build["ota"]["path"]).read_bytes()
        assert ota.endswith(b"ota")
        assert build["ota"]["md5"] == hashlib.md5(ota).hexdigest()
    chips = {
        path.stem.partition("-")[0]: json.loads(
            (tmp_path / "site" / f"{path.stem}.json").read_text()
        )["builds"][0]["chipFamily"]
        for path in BOARDS
    }
    assert chips == {
        "esp32": "ESP32",
        "esp32s3": "ESP32-S3",
        "esp32c3": "ESP32-C3",
        "esp32c6": "ESP32-C6",
    }


def test_half_of_a_board_is_not_published(
    site: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(tmp_path), str(tmp_path / "site"), "--version", "1.2.3"]
    assert site["main"](arguments) == 1  # type: ignore[operator]
    (tmp_path / "esp32-desk.factory.bin").write_bytes(b"\xe9")

    assert site["main"](arguments) == 1  # type: ignore[operator]

    assert "esp32-desk has no .ota.bin" in capsys.readouterr().err
    assert not (tmp_path / "site" / "index.html").exists()

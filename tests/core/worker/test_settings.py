"""What a worker is told: a file and the environment, or a reason in a line."""

from pathlib import Path
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from custom_components.maestra.core.worker.settings import (
    SettingsInvalid,
    read_settings,
)
from tests.kits.worker import ROOT

LEAST = '[database]\nhost = "db"\ndatabase = "maestra"\nuser = "maestra"\n'
WIRED = """[f2.controllers.aabbccddee01]
wiring = { J3 = { mode = "sensor-mode", components = { sensor-1 = { template = "power_monitor" } } } }
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "worker.toml"
    file.write_text(text, "utf-8")
    return file


def test_the_least_is_a_database(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, LEAST), {})
    assert settings.database.address == "db:5432"
    assert settings.nats.port == 4222
    assert settings.stream.stream == "$MQTT_msgs"
    assert settings.name


def test_secrets_of_the_environment_go_first(tmp_path: Path) -> None:
    file = written(tmp_path, f'{LEAST}password = "old"\n[qs]\nzone = "Europe/Berlin"\n')
    settings = read_settings(
        file, {"MAESTRA_DATABASE_PASSWORD": "new", "MAESTRA_NATS_TOKEN": "t0ken"}
    )
    assert settings.database.password == "new"
    assert settings.nats.token == "t0ken"
    assert settings.dialects.qs.zone == ZoneInfo("Europe/Berlin")
    assert "new" not in repr(settings)
    assert "t0ken" not in repr(settings)


def test_rows_have_the_numbers_that_home_assistant_gave(tmp_path: Path) -> None:
    """Without them a worker takes nothing: it would give numbers that mean something else already."""
    file = written(tmp_path, LEAST + WIRED)
    with pytest.raises(SettingsInvalid, match="aabbccddee01/J3/sensor-1 has none"):
        read_settings(file, {})
    numbers = """[f2.numbers]
sensors = { "aabbccddee01/J3/sensor-1" = 5 }
datapoints = { "power_monitor/voltage" = 1, "power_monitor/current" = 2 }
"""
    dialects = read_settings(written(tmp_path, LEAST + WIRED + numbers), {}).dialects
    assert dialects.f2
    assert dialects.f2.numbers.sensor("aabbccddee01", "J3/sensor-1") == 5
    assert dialects.controllers[0].mac == "aabbccddee01"


def test_a_worker_knows_which_it_is_by_its_name(tmp_path: Path) -> None:
    file = written(tmp_path, 'name = "maestra-worker-3"\n' + LEAST)
    assert read_settings(file, {}).stream.ordinal == 3
    file = written(
        tmp_path, 'name = "maestra-worker-3"\n' + LEAST + "[stream]\nordinal = 1\n"
    )
    assert read_settings(file, {}).stream.ordinal == 1


def test_a_dialect_may_be_in_another_stream(tmp_path: Path) -> None:
    text = LEAST + '[stream]\npartitions = 4\n[reports]\nstream = "R"\nprefix = ""\n'
    dialects = read_settings(written(tmp_path, text), {}).dialects
    assert dialects.qs_stream.stream == "$MQTT_msgs"
    assert dialects.reports_stream
    assert dialects.reports_stream.stream == "R"
    assert dialects.reports_stream.partitions == 4
    assert dialects.f2 is None
    assert dialects.iss is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        "database = 5",
        "nats = 5\n" + LEAST,
        LEAST + "port = 0",
        LEAST + "[nats]\nhots = 'x'",
        LEAST + "[qs]\nzone = 'Nowhere/Town'",
        LEAST + "[f2]\nzone = 5",
        LEAST + "[f2]\ntemplates = [{ id = 'a' }]",
        LEAST + "[f2.controllers.nobody]\nwiring = {}",
        LEAST + "[f2.controllers.aabbccddee01]\nwiring = { J9 = {} }",
        LEAST + "[f2.numbers.sensors]\na = 0",
        LEAST + WIRED,
        LEAST + "[iss]\nchannels = []",
        LEAST + "[iss]\nurl = ''\nchannels = ['A']",
        LEAST + "[reports]\ntopics = ['#']",
        LEAST + "[qs]\nzone = '../../etc/passwd'",
        LEAST + "[stream]\npartitions = 0",
        LEAST + "[stream]\ndurable = 'a.b'",
        "\x00",
    ],
)
def test_what_can_not_be_read_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SettingsInvalid, match=str(file)):
        read_settings(file, {"MAESTRA_NATS_TOKEN": "t0ken"})
    done = subprocess.run(
        [sys.executable, "-m", "custom_components.maestra.core.worker", file],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("maestra-worker: ")
    assert done.stderr.count("\n") == 1

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
    assert settings.qs.zone == ZoneInfo("Europe/Berlin")
    assert "new" not in repr(settings)
    assert "t0ken" not in repr(settings)


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

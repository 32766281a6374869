"""Every Mosquitto that we configure keeps what it has acknowledged."""

from pathlib import Path
import re

import pytest

from custom_components.maestra.core.pki.broker_files import (
    DELIVERY,
    QUEUES,
    BrokerLayout,
    configuration,
)
from scripts.stack.services.mosquitto import configuration_text

from ..kits.broker import Broker

ROOT = Path(__file__).parents[2]
# Who writes one, and how it is asked for it.
CONFIGURATIONS = {
    "custom_components/maestra/core/pki/broker_files.py": configuration(
        BrokerLayout(folder="/etc/mosquitto/maestra")
    ),
    "scripts/stack/services/mosquitto.py": configuration_text(
        1883, Path("/data"), Path("/usr/sbin/mosquitto")
    ),
    "tests/kits/broker.py": "\n".join(
        Broker(Path("/data"), persistent=True)._configuration()
    ),
}
DOCUMENTED = ("docs/configuration.md",)


@pytest.mark.parametrize("writer", CONFIGURATIONS)
def test_a_configuration_loses_nothing(writer: str) -> None:
    lines = CONFIGURATIONS[writer].splitlines()
    assert set(QUEUES) <= set(lines)
    assert [line for line in lines if line.startswith("persistence_location /")]
    # In its own file, or from 2.1 on with a plugin.
    assert {"persistence true", "plugin_opt_sync full"} & set(lines)


def test_the_add_on_keeps_its_own_place() -> None:
    """Mosquitto takes that once."""
    lines = configuration(BrokerLayout(folder="/share/mosquitto", is_add_on=True))
    assert set(DELIVERY) <= set(lines.splitlines())
    assert "persistence_location" not in lines


@pytest.mark.parametrize("page", DOCUMENTED)
def test_what_users_are_told_to_write_is_the_same(page: str) -> None:
    blocks = re.findall(r"```\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    assert "".join(f"{line}\n" for line in DELIVERY) in blocks


def test_nobody_else_writes_one() -> None:
    """A new one belongs into the table above."""
    writers = {
        str(path.relative_to(ROOT))
        for folder in ("custom_components", "scripts", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "allow_anonymous" in path.read_text("utf-8")
    }
    assert writers - {str(Path(__file__).relative_to(ROOT))} == {
        *CONFIGURATIONS,
        # That of the kit, beside a log of its own.
        "scripts/benchmarks/processes.py",
        # Looks at what is written.
        "tests/core/pki/test_broker_files.py",
    }

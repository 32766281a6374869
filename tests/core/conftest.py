"""What the library's tests share. They run with Home Assistant (`scripts/test`) and without (`scripts/test --core`)."""

from collections.abc import AsyncGenerator
import logging
from pathlib import Path
import sys

from hypothesis import settings
import pytest
import pytest_socket

from tests.kits.broker import Broker
from tests.kits.fixtures import (
    database,
    enable_event_loop_debug,
    has_tables,
    plain_database,
    plain_postgres,
    postgres,
    server,
)
from tests.kits.process import HOST

__all__ = [
    "database",
    "enable_event_loop_debug",
    "has_tables",
    "plain_database",
    "plain_postgres",
    "postgres",
    "server",
]

# A busy machine is no defect. What is searched each time adds up: 50 examples each, a new search in each run.
settings.register_profile("quick", deadline=None, max_examples=50)
# Once a night.
settings.register_profile("deep", deadline=None, max_examples=1_000)
# For a second run of what has been searched already.
settings.register_profile("few examples", deadline=None, max_examples=5)
settings.load_profile("quick")


def pytest_configure(config: pytest.Config) -> None:
    """Where its test kit is left out, let nothing import Home Assistant; take the log as it does."""
    # Once: as an option of pytest's it is set twelve times a test, for thousands of loggers each.
    logging.getLogger().setLevel(logging.INFO)
    if not config.pluginmanager.hasplugin("homeassistant"):
        assert "homeassistant" not in sys.modules
        sys.modules["homeassistant"] = None  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def our_integration(socket_enabled: None) -> None:
    """Start no Home Assistant; servers are on this machine."""
    pytest_socket.socket_allow_hosts([HOST])


@pytest.fixture(autouse=True)
def every_form_has_its_texts() -> None:
    """Expect no forms: they are Home Assistant's."""


@pytest.fixture
def nothing() -> None:
    """Instead of what the test kit does to Home Assistant around each test, which takes longer than most tests of the library."""


disable_http_server = fail_on_log_exception = nothing
reset_globals = skip_stop_scripts = heap_is_of_all_tests = nothing


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    """A broker."""
    async with Broker(tmp_path / "broker") as broker:
        yield broker

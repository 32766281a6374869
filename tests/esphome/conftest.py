"""ESPHome, for all tests of a process."""

from collections.abc import Generator

import pytest

from tests.kits.esphome import Esphome, esphome_server


@pytest.fixture(scope="session")
def esphome(tmp_path_factory: pytest.TempPathFactory) -> Generator[Esphome]:
    """ESPHome, imported once."""
    with esphome_server(tmp_path_factory.mktemp("esphome")) as run:
        yield run

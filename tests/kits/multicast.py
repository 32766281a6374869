"""Turns on the multicast of this machine: whoever announces something there is heard by everybody."""

from collections.abc import Generator
import fcntl
from pathlib import Path
import tempfile

import pytest


@pytest.fixture
def multicast(socket_enabled: None) -> Generator[None]:
    """Be the only test that announces something, of all that run on this machine."""
    lock = Path(tempfile.gettempdir()) / "maestra-tests-multicast.lock"
    with lock.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

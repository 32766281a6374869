"""Reports that wait for their device: so many and no more, whoever makes up devices."""

from functools import partial

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.store.settings import StoreSettings, TlsMode
from custom_components.maestra.core.store.store import Store
from custom_components.maestra.core.worker.catalogue import CATALOGUE
from custom_components.maestra.core.worker.known_devices import (
    MAX_WAITING,
    KnownDevices,
)


async def test_the_oldest_goes_where_too_many_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    database = StoreSettings(
        host="127.0.0.1",
        port=1,
        database="none",
        user="none",
        password="",
        tls=TlsMode.OFF,
    )
    store = Store(database, None, catalogue=CATALOGUE, writer="worker")
    devices = KnownDevices(Domain(Bus()), store)
    gone: list[int] = []

    def broken() -> None:
        raise RuntimeError

    devices.wait("board", broken)
    for number in range(MAX_WAITING + 20):
        devices.wait(f"board-{number}", partial(gone.append, number))
    assert gone == [*range(20)]
    assert devices.waiting == MAX_WAITING
    assert "What board reports can't be taken" in caplog.text

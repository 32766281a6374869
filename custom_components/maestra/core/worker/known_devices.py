"""The devices that Home Assistant knows, as they stand in the database: only what these report is stored."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
import time
from typing import Final, NamedTuple

from ..bus import get_logger
from ..domain import Domain
from ..domain.device import Device
from ..domain.errors import MaestraError
from ..store.entity_rows import DELETED
from ..store.store import Store

_LOGGER = get_logger(__name__)

LOOK: Final = 1.0
"""Seconds between two looks while something waits for a device."""
REFRESH: Final = 60.0
"""Seconds after which it is seen that a device was renamed or removed."""
PATIENCE: Final = 30.0
"""Seconds for a new device to come into the database: Home Assistant writes it after ten."""
MAX_WAITING: Final = 1_000
"""Messages: nobody who makes up devices keeps the stream from all others."""
_FIND: Final = """
SELECT id::text, name, device_type, hardware_id, created_at, updated_at FROM devices WHERE status <> $1
"""


class _Waiting(NamedTuple):
    hardware_id: str
    since: float
    handle: Callable[[], None]


class KnownDevices:
    """Keeps the devices of a domain as the database has them, and lets reports of the others wait for a while."""

    def __init__(self, domain: Domain, store: Store) -> None:
        """Know none yet."""
        self._devices = domain.devices
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._wanted = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages that wait for their device."""
        return len(self._waiting)

    def lacks(self, hardware_id: str) -> bool:
        """Whether a device is not known, or not yet."""
        return self._devices.get(hardware_id) is None

    def wait(self, hardware_id: str, handle: Callable[[], None]) -> None:
        """Call `handle` once a device is known, or is not after a while; where too many wait, for the oldest at once."""
        self._waiting.append(_Waiting(hardware_id, time.monotonic(), handle))
        if len(self._waiting) > MAX_WAITING:
            _handle(self._waiting.popleft())
        self._wanted.set()

    async def run(self) -> None:
        """Read what the database has until cancelled."""
        while True:
            self._wanted.clear()
            # Without the database everything waits.
            with suppress(MaestraError):
                await self._read()
                self._release()
            if self._waiting:
                await asyncio.sleep(LOOK)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(REFRESH):
                    await self._wanted.wait()

    async def _read(self) -> None:
        async with self._store.reading() as connection:
            found = await connection.fetch(_FIND, DELETED)
        there = {row["id"] for row in found}
        for device in self._devices:
            if device.id not in there:
                self._devices.remove(device.id)
        for row in found:
            if (known := self._devices.get(row["id"])) is None:
                self._devices.restore(Device(**row))
            else:
                known.name = row["name"]

    def _release(self) -> None:
        now = time.monotonic()
        waiting, self._waiting = self._waiting, deque()
        for each in waiting:
            if self.lacks(each.hardware_id) and now < each.since + PATIENCE:
                self._waiting.append(each)
                continue
            _handle(each)


def _handle(waiting: _Waiting) -> None:
    try:
        waiting.handle()
    except Exception:
        _LOGGER.exception("What %s reports can't be taken", waiting.hardware_id)

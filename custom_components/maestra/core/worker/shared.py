"""The settings that all workers share, kept in their bucket as whoever configures them wants them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
import time
from typing import Any, Final

import orjson

from ..bus import get_logger
from ..domain.errors import MaestraError
from ..domain.json_values import InvalidJson, JsonObject, loads
from ..nats.api import StreamUnusable, with_most_copies
from ..nats.client import NatsSettings
from ..nats.connection import NatsConnection
from ..nats.key_value import Bucket
from ..store.settings import StoreSettings
from .configured import KEY
from .settings import OwnSettings, SettingsInvalid

_LOGGER = get_logger(__name__)

LOOK: Final = 5.0
"""Seconds between two looks at what is wanted."""
COMPARE: Final = 60.0
"""Seconds after which it is looked whether the bucket still has it."""
# Settings that are checked are nobody's own.
_NOBODY: Final = OwnSettings(
    name="worker-0",
    nats=NatsSettings(host="localhost", port=4222),
    http=("localhost", 0),
    bucket=None,
    sections={},
)


def shared_settings(
    database: StoreSettings, **sections: Mapping[str, Any]
) -> JsonObject:
    """Return settings for all workers; raises SettingsInvalid where they could not use them."""
    there = {key: value for key, value in asdict(database).items() if value is not None}
    shared = loads(orjson.dumps({**sections, "database": there}))
    assert isinstance(shared, dict)
    _NOBODY.complete(shared)
    return shared


class SharedSettings:
    """Keeps a bucket as `wanted` says, which raises SettingsInvalid where there is nothing to be had."""

    def __init__(
        self, connection: NatsConnection, bucket: str, wanted: Callable[[], JsonObject]
    ) -> None:
        """Write nothing yet. `connection` is run by its owner."""
        self.error: str | None = None
        """Why workers do not have them."""
        self._connection = connection
        self._bucket = Bucket(connection, bucket)
        self._wanted = wanted
        self._written: JsonObject | None = None
        self._compared_at = 0.0

    async def run(self) -> None:
        """Write what is wanted, whenever it is not there, until cancelled."""
        while True:
            if self._connection.connected:
                try:
                    await self._look()
                except (MaestraError, StreamUnusable, SettingsInvalid) as error:
                    self._written, self.error = None, str(error)
            await asyncio.sleep(LOOK)

    async def _look(self) -> None:
        wanted, now = self._wanted(), time.monotonic()
        if wanted == self._written and now < self._compared_at + COMPARE:
            return
        if _read(await self._bucket.get(KEY)) != wanted:
            await self._write(orjson.dumps(wanted))
            _LOGGER.info(
                "Workers have new settings in the bucket %s", self._bucket.name
            )
        self._written, self._compared_at, self.error = wanted, now, None

    async def _write(self, settings: bytes) -> None:
        try:
            await self._bucket.put(KEY, settings)
        except StreamUnusable:
            # It may not be there yet.
            await with_most_copies(self._bucket.create)
            await self._bucket.put(KEY, settings)


def _read(found: bytes | None) -> object:
    try:
        return None if found is None else loads(found)
    except InvalidJson:
        return None

"""A worker by settings that may change: they are in a bucket, where whoever configures all workers writes them."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import orjson

from ..bus import get_logger
from ..domain.errors import MaestraError
from ..domain.json_values import InvalidJson, JsonObject, loads
from ..nats.api import StreamUnusable
from ..nats.connection import NatsConnection
from ..nats.key_value import Bucket
from ..transport.reconnect import ConnectionListener
from .settings import SHARED, OwnSettings, SettingsInvalid, WorkerSettings
from .worker import BACKOFF, Worker

_LOGGER = get_logger(__name__)

KEY: Final = "worker.settings"
LOOK: Final = 30.0
"""Seconds after which the bucket is read again, should a word of it have been lost."""
RETRY: Final = 1.0
PUBLISH_TIMEOUT: Final = 20.0


class ConfiguredWorker:
    """Has a worker at work, and another one after each change of the settings; by those that it has while the newest are of no use."""

    def __init__(self, own: OwnSettings) -> None:
        """Connect nothing yet."""
        self.worker: Worker | None = None
        self.refused: str | None = None
        """Why the newest settings are not used."""
        self._own = own
        self._connection: NatsConnection | None = None
        self._bucket: Bucket | None = None
        self._seen: bytes | None = None
        self._changed = asyncio.Event()
        if own.bucket is not None:
            self._connection = NatsConnection(own.nats, backoff=BACKOFF)
            self._bucket = Bucket(self._connection, own.bucket)
            self._bucket.watch(KEY, self._changed.set)
            self._connection.on_connection(when_up(self._changed))

    @property
    def faults(self) -> Iterator[str]:
        """Yield why nothing can be taken at the moment."""
        if self.worker is not None:
            yield from self.worker.faults
        else:
            yield f"settings: {self.refused or 'waiting for them'}"

    async def run(self) -> None:
        """Work until cancelled; then store and acknowledge what was taken, and leave."""
        connecting = (
            None
            if self._connection is None
            else asyncio.create_task(self._connection.run())
        )
        try:
            settings = await self._next()
            while True:
                settings = await self._work(settings)
        finally:
            if connecting is not None:
                connecting.cancel()
                await asyncio.wait((connecting,))

    async def _work(self, settings: WorkerSettings) -> WorkerSettings:
        """Work by settings until there are others; returns these."""
        self.worker = Worker(settings)
        working = asyncio.create_task(self.worker.run())
        looking = asyncio.create_task(self._next())
        try:
            await asyncio.wait((working, looking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()
            working.cancel()
            await asyncio.wait((working, looking))
        if not working.cancelled():
            # There is a mistake in it: it never ends by itself.
            working.result()
        _LOGGER.info("The settings have changed")
        return looking.result()

    async def _next(self) -> WorkerSettings:
        """Wait for settings that were not seen before, and can be used."""
        if self._bucket is None:
            if self.worker is None:
                return self._own.complete({})
            await asyncio.Event().wait()
        while True:
            self._changed.clear()
            if (found := await self._read()) is not None and found != self._seen:
                self._seen = found
                with suppress(SettingsInvalid):
                    return self._completed(found)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._changed.wait()

    async def _read(self) -> bytes | None:
        assert self._bucket is not None
        try:
            return await self._bucket.get(KEY)
        except MaestraError, StreamUnusable:
            # Told of by the connection; without a bucket, somebody is about to make it.
            await asyncio.sleep(RETRY)
            self._changed.set()
            return None

    def _completed(self, found: bytes) -> WorkerSettings:
        try:
            settings = self._own.complete(_object(found))
        except (SettingsInvalid, InvalidJson) as error:
            self.refused = str(error)
            _LOGGER.warning("The settings in the bucket can't be used: %s", error)
            raise SettingsInvalid(str(error)) from None
        self.refused = None
        return settings


async def publish_settings(own: OwnSettings, replicas: int) -> None:
    """Put what a file has for all workers into its bucket; raises SettingsInvalid, NotConnected, StreamUnusable, TimeoutError."""
    if own.bucket is None:
        raise SettingsInvalid("no bucket is named")
    own.complete({})
    # Who is which is each worker's own.
    shared = {name: dict(own.sections[name]) for name in SHARED & own.sections.keys()}
    shared.get("stream", {}).pop("ordinal", None)
    connection = NatsConnection(own.nats, backoff=BACKOFF)
    bucket = Bucket(connection, own.bucket)
    is_up = asyncio.Event()
    connection.on_connection(when_up(is_up))
    connecting = asyncio.create_task(connection.run())
    try:
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            await is_up.wait()
            await bucket.create(replicas)
            await bucket.put(KEY, orjson.dumps(shared))
    finally:
        connecting.cancel()
        await asyncio.wait((connecting,))


def _object(text: bytes) -> JsonObject:
    found = loads(text)
    if not isinstance(found, dict):
        raise SettingsInvalid("not an object")
    return found


def when_up(event: asyncio.Event) -> ConnectionListener:
    """Return what sets an event once there is a connection."""

    def changed(is_up: bool, _why: MaestraError | None) -> None:
        if is_up:
            event.set()

    return changed

"""Whether servers, streams and workers agree on partitions: asked before and after their number is changed (`maestra-worker --check`)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Final

from ..domain.errors import MaestraError
from ..domain.json_values import loads
from ..nats.api import ask
from ..nats.client import Handler, Message, NatsSettings
from ..nats.connection import NatsConnection
from ..nats.consumers import list_consumers
from ..nats.key_value import Bucket
from ..nats.mqtt_spelling import subject_of_mqtt
from ..nats.partition import StreamSettings
from .configured import KEY, when_up
from .settings import OwnSettings, SettingsInvalid, WorkerSettings
from .worker import BACKOFF

CONNECT_TIMEOUT: Final = 10.0
SETTLE: Final = 1.0
"""Seconds for what was published to come back from the other end of a cluster."""
PROBES: Final = 8
"""Devices that are made up, for each partition: that none of them is in one of few is not to be expected."""


@dataclass
class Found:
    """What was found: lines for people, and what is not as it must be."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


async def check(own: OwnSettings, *, prunes: bool) -> Found:
    """Look at all of it; with `prunes` consumers beyond the last partition are deleted, those in which nothing waits.

    Raises SettingsInvalid, MaestraError, StreamUnusable, TimeoutError.
    """
    found = Found()
    async with _connected(own.nats) as connection:
        settings = await _settings(own, connection)
        dialects = settings.dialects
        streams = [dialects.qs_stream]
        if dialects.f2 is not None:
            streams.append(dialects.f2_stream)
        if dialects.reports_stream is not None:
            streams.append(dialects.reports_stream)
        for stream in dict.fromkeys(streams):
            await _check_stream(connection, stream, found, prunes=prunes)
        if settings.stream.partitions > 1:
            await _check_mappings(own.nats, settings.stream, found)
    return found


async def _settings(own: OwnSettings, connection: NatsConnection) -> WorkerSettings:
    if own.bucket is None:
        return own.complete({})
    shared = loads(await Bucket(connection, own.bucket).get(KEY) or b"null")
    if not isinstance(shared, dict):
        raise SettingsInvalid(f"bucket {own.bucket} has no settings yet")
    return own.complete(shared)


async def _check_stream(
    connection: NatsConnection, stream: StreamSettings, found: Found, *, prunes: bool
) -> None:
    found_there = await list_consumers(connection, stream.stream, stream.durable)
    consumers = {each.number: each for each in found_there}
    for number, each in sorted(consumers.items()):
        found.lines.append(
            f"{stream.stream} {each.name}: {each.pending} wait, {each.unacknowledged} given out, "
            f"{'taken care of' if each.is_read else 'nobody has it'}"
        )
        if number < stream.partitions:
            continue
        if not each.is_empty:
            found.faults.append(
                f"{each.name} of {stream.stream} is beyond the last partition, and messages wait there"
            )
        elif prunes:
            await ask(connection, f"CONSUMER.DELETE.{stream.stream}.{each.name}", {})
            found.lines.append(f"{stream.stream} {each.name}: deleted")
        else:
            found.lines.append(f"{stream.stream} {each.name}: empty, can be pruned")
    if missing := [n for n in range(stream.partitions) if n not in consumers]:
        found.faults.append(
            f"{stream.stream} has no consumer for {', '.join(map(str, missing))}: "
            "what is mapped there is dropped. Start workers with these partitions first"
        )


async def _check_mappings(
    nats: NatsSettings, stream: StreamSettings, found: Found
) -> None:
    """Publish for devices that there are not, and nobody who stores, on each server; see in which partitions that comes."""
    run = token_hex(4)
    names = [f"maestra-check-{run}-{n}" for n in range(PROBES * stream.partitions)]
    by_server: list[tuple[str, dict[str, int]]] = []
    for host, port in ((nats.host, nats.port), *nats.others):
        address = f"{host}:{port}"
        server = replace(nats, host=host, port=port, others=())
        try:
            by_server.append((address, await _mapped(server, names)))
        except (MaestraError, TimeoutError) as error:
            found.faults.append(f"{address}: {str(error) or 'no connection'}")
    for address, mapped in by_server:
        found.faults += _faults_of(address, mapped, names, stream.partitions)
        if mapped != by_server[0][1]:
            found.faults.append(f"{address} maps otherwise than {by_server[0][0]}")
    found.lines.append(f"{len(by_server)} servers were asked for their mapping")


def _faults_of(
    address: str, mapped: dict[str, int], names: list[str], partitions: int
) -> Iterator[str]:
    if len(mapped) < len(names):
        yield f"{address} does not map qs.v1.*.events"
        return
    there = set(mapped.values())
    if beyond := sorted(number for number in there if number >= partitions):
        yield f"{address} maps to partitions beyond the last: {', '.join(map(str, beyond))}"
    if missing := sorted(set(range(partitions)) - there):
        yield f"{address} maps nothing to {', '.join(map(str, missing))}"


async def _mapped(nats: NatsSettings, names: list[str]) -> dict[str, int]:
    """Return the partition of each name at one server."""
    found: dict[str, int] = {}

    def heard(message: Message) -> None:
        tokens = message.subject.split(".")
        if tokens[1].isdecimal() and tokens[-2] in names:
            found[tokens[-2]] = int(tokens[1])

    # Our own messages do not come back: another one hears them.
    async with _connected(nats, heard), _connected(nats) as mouth:
        for name in names:
            # An array without events: there is nothing in it to be taken, nor to be refused.
            mouth.publish(subject_of_mqtt(f"qs/v1/{name}/events"), b"[]")
        await asyncio.sleep(SETTLE)
    return found


@asynccontextmanager
async def _connected(
    nats: NatsSettings, heard: Handler | None = None
) -> AsyncIterator[NatsConnection]:
    """Yield a connection; with `heard` it hears what was mapped. Raises TimeoutError."""
    connection = NatsConnection(nats, backoff=BACKOFF)
    if heard is not None:
        connection.listen("p.*.qs.v1.*.events", heard)
    is_up = asyncio.Event()
    connection.on_connection(when_up(is_up))
    connecting = asyncio.create_task(connection.run())
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            await is_up.wait()
        yield connection
    finally:
        connecting.cancel()
        await asyncio.wait((connecting,))

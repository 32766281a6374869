"""JetStream's API: requests in JSON, and what the server says of them."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from nats import errors
import orjson

from ..domain.json_values import InvalidJson, JsonObject, loads
from .client import NatsSettings
from .connection import NatsConnection, open_client

API: Final = "$JS.API"
API_TIMEOUT: Final = 5.0  # seconds
NOT_FOUND: Final = 404
COPIES: Final = (3, 1)
"""Of a stream: the first where there are as many servers."""


class StreamUnusable(Exception):
    """A stream, its consumers or a message of it can't be had; the text says why, `code` the server's number for it."""

    def __init__(self, reason: str, code: int = 0) -> None:
        """Say why."""
        super().__init__(reason)
        self.code = code


async def ask(
    connection: NatsConnection,
    what: str,
    request: Mapping[str, object],
    timeout: float = API_TIMEOUT,
) -> JsonObject:
    """Ask the server's API; raises NotConnected, StreamUnusable."""
    subject = f"{API}.{what}"
    return await answered(connection, subject, orjson.dumps(request), timeout)


async def answered(
    connection: NatsConnection,
    subject: str,
    payload: bytes,
    timeout: float = API_TIMEOUT,
) -> JsonObject:
    """Return JetStream's answer to a message; raises NotConnected, StreamUnusable."""
    try:
        found = await connection.request(subject, payload, timeout)
    except TimeoutError:
        raise StreamUnusable("no answer") from None
    if found is None:
        raise StreamUnusable("the server has no JetStream, or no such stream")
    try:
        answer = loads(found)
    except InvalidJson:
        answer = None
    if not isinstance(answer, dict):
        raise StreamUnusable("the server's answer can't be read")
    if (error := answer.get("error")) is not None:
        if not isinstance(error, dict):
            raise StreamUnusable(str(error))
        code = error.get("code")
        raise StreamUnusable(
            str(error.get("description")), code if isinstance(code, int) else 0
        )
    return answer


async def with_most_copies[T](create: Callable[[int], Awaitable[T]]) -> T:
    """Return what `create` makes, of as many copies as the cluster can keep; raises what it raises, StreamUnusable."""
    *more, least = COPIES
    for copies in more:
        with suppress(StreamUnusable):
            return await create(copies)
    return await create(least)


async def prove_jetstream(settings: NatsSettings) -> None:
    """Try settings out: connect once, ask for the account's streams, and disconnect. Raises NatsError by kind, StreamUnusable."""
    client = await open_client(settings)
    try:
        await client.request(f"{API}.INFO", b"", API_TIMEOUT)
    except errors.Error:
        raise StreamUnusable("the server has no JetStream for this account") from None
    finally:
        await client.end()

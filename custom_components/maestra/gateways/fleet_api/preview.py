"""A look into a stream, as server-sent events (maestra.md §1.8, p)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from aiohttp import web
import orjson

from ...domain.clock import utcnow, wire_time
from ...domain.errors import NoPublisher, UnknownSession
from ...domain.events import Relayed
from ...domain.json_types import JsonObject
from ...domain.stream import Stream, StreamSession
from .preview_decoders import DECODERS, raw
from .preview_socket import PreviewSocket, address_towards, listening
from .request import HttpError, Request
from .route import Route

if TYPE_CHECKING:
    from .api import FleetApi

MAX_PREVIEWS: Final = 5
LOOK_INTERVAL: Final = 1.0
"""Seconds after which a client or a stream that is gone is noticed."""
PACE: Final = 0.05
"""Seconds between two looks at what came."""
SILENCE: Final = 5.0
"""Seconds without data until the client is told that we are still there."""
SILENCE_WITHOUT_DATA: Final = 15.0
"""The same where no data is to come."""
BEAT_INTERVAL: Final = 10.0  # seconds between the heartbeats of our session
WRITE_TIMEOUT: Final = 10.0  # seconds until a client that does not read is left alone


class Previews:
    """The previews that are open."""

    def __init__(self) -> None:
        """Start with none."""
        self._open: set[_Preview] = set()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._open)

    def stop(self) -> None:
        """Let all of them end."""
        for preview in self._open:
            preview.end()

    @contextmanager
    def one_more(self, api: FleetApi, request: Request) -> Iterator[_Preview]:
        """Count a preview for as long as the block lasts; raises HttpError where there are too many."""
        if len(self._open) >= MAX_PREVIEWS:
            raise HttpError(503, "Too many previews are open", code="too_many")
        preview = _Preview(api, request)
        self._open.add(preview)
        try:
            yield preview
        finally:
            self._open.discard(preview)


class _Preview:
    """One client that looks at one stream."""

    def __init__(self, api: FleetApi, request: Request) -> None:
        self._api = api
        self._request = request
        self._response = web.StreamResponse(
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        )
        self._response.content_type = "text/event-stream"
        self._socket: PreviewSocket | None = None
        self._is_ending = asyncio.Event()
        self._sequence = 0

    def end(self) -> None:
        """Let `show` come to its end."""
        self._is_ending.set()
        if self._socket:
            self._socket.wake()

    async def show(self, stream: Stream) -> web.StreamResponse:
        """Send events until the client, the stream or the session is gone."""
        if stream.stream_type not in DECODERS or stream.delivery_mode != "unicast":
            info = {"status": "connection_info", **stream.to_wire()}
            return await self._send_all(stream, None, info)
        async with self._consuming(stream) as (found, session):
            self._socket = found
            info = {
                "status": "connected",
                "stream_id": stream.id,
                "stream_name": stream.name,
                "stream_type": stream.stream_type,
                "protocol": session.protocol if session else stream.protocol,
                "session_id": session.id if session else None,
                "local_address": found.address,
                "local_port": found.port,
            }
            return await self._send_all(stream, session, info)

    @asynccontextmanager
    async def _consuming(
        self, stream: Stream
    ) -> AsyncIterator[tuple[PreviewSocket, StreamSession | None]]:
        """Receive a stream as any consumer does: with a session, and told over MQTT too (maestra.md §2.4)."""
        http, access = self._request.http, self._api.settings.access
        ours, theirs = await address_towards(stream.address)
        if ours is None:
            sockname = http.transport and http.transport.get_extra_info("sockname")
            ours = str(sockname[0]) if sockname else "127.0.0.1"
        async with AsyncExitStack() as stack:
            listener = listening(
                ours, lambda address: address in theirs or access.admits(address)
            )
            try:
                found = await stack.enter_async_context(listener)
            except OSError as error:
                raise HttpError(
                    503, f"Can't listen on {ours}", code="no_port"
                ) from error
            session = await self._started(stream, found)
            stack.callback(self._stop, session, found)
            place: JsonObject = {"address": found.address, "port": found.port}
            self._tell_mqtt(stream, "subscribe", place)
            stack.callback(self._tell_mqtt, stream, "unsubscribe", place)
            yield found, session

    async def _started(
        self, stream: Stream, found: PreviewSocket
    ) -> StreamSession | None:
        asked = {
            "consumer_id": f"preview-{uuid4().hex[:8]}",
            "consumer_address": found.address,
            "consumer_port": found.port,
        }
        try:
            return await self._api.domain.streams.request(
                stream.id, asked, source=self._api.source(self._request)
            )
        except NoPublisher:
            # It may still listen to MQTT.
            return None

    def _stop(self, session: StreamSession | None, found: PreviewSocket) -> None:
        if session is not None:
            # The stream may have ended, and the session with it.
            with suppress(UnknownSession):
                self._api.domain.streams.stop_session(
                    session.id, bytes_transferred=found.bytes_received
                )

    def _tell_mqtt(self, stream: Stream, verb: str, place: JsonObject) -> None:
        subject = f"maestra.to_mqtt.maestra.stream.{stream.id}.{verb}"
        source = self._api.source(self._request)
        self._api.domain.bus.publish(Relayed(subject, {"payload": place}, source))

    async def _send_all(
        self, stream: Stream, session: StreamSession | None, info: JsonObject
    ) -> web.StreamResponse:
        # A client that goes away, or does not read, ends its preview.
        with suppress(ConnectionError, TimeoutError):
            await self._response.prepare(self._request.http)
            await self._send("info", info)
            reason = await self._follow(stream, session)
            if reason is not None:
                await self._send("error", {"message": reason, "stream_id": stream.id})
            await self._response.write_eof()
        return self._response

    async def _follow(
        self, stream: Stream, session: StreamSession | None
    ) -> str | None:
        """Send what comes; returns why there is no more, None where somebody wants it so."""
        loop, streams = asyncio.get_running_loop(), self._api.domain.streams
        decode = DECODERS.get(stream.stream_type, raw)
        silence = SILENCE if self._socket else SILENCE_WITHOUT_DATA
        told = beaten = loop.time()
        while not self._is_ending.is_set() and not self._is_left:
            if streams.get(stream.id) is not stream:
                return "The stream has ended"
            if session is not None and session.id not in stream.sessions:
                return "The session has ended"
            for data in await self._take():
                self._sequence += 1
                await self._send("preview", decode(data) | {"_seq": self._sequence})
                told = loop.time()
            now = loop.time()
            if now - told >= silence:
                await self._send("heartbeat", {"timestamp": wire_time(utcnow())})
                told = now
            if session is not None and self._socket and now - beaten >= BEAT_INTERVAL:
                with suppress(UnknownSession):
                    streams.session_heartbeat(session.id, self._socket.bytes_received)
                beaten = now
        return None

    async def _take(self) -> list[bytes]:
        if self._socket is not None:
            found = await self._socket.take(LOOK_INTERVAL)
            if found:
                await asyncio.sleep(PACE)
            return found
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_INTERVAL):
                await self._is_ending.wait()
        return []

    @property
    def _is_left(self) -> bool:
        transport = self._request.http.transport
        return transport is None or transport.is_closing()

    async def _send(self, event: str, data: Any) -> None:
        message = b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(data))
        self._api.counters.add("messages_out")
        self._api.counters.add("bytes_out", len(message))
        async with asyncio.timeout(WRITE_TIMEOUT):
            await self._response.write(message)


async def _preview(api: FleetApi, request: Request) -> web.StreamResponse:
    stream = api.domain.streams[request.path["stream_id"]]
    with api.previews.one_more(api, request) as preview:
        return await preview.show(stream)


PREVIEW_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/streams/{stream_id}/preview",
        handler=_preview,
        summary="Watch a stream as server-sent events: info, preview, heartbeat, error",
        tag="streams",
        errors=(403, 404, 502, 503, 504),
    ),
)

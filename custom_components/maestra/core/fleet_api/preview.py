"""A preview of a stream as server-sent events: its UDP socket, its decoders, its events (maestra.md §1.8, p)."""

from array import array
import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from math import log10, sqrt
import socket
import struct
import sys
from typing import Any, Final, override
from uuid import uuid4

from aiohttp import web
import orjson

from ..domain.clock import naive_wire_time, utcnow
from ..domain.errors import NoPublisher, UnknownSession
from ..domain.json_values import InvalidJson, JsonObject, loads
from ..domain.stream import Stream, StreamSession
from ..transport.mqtt_subjects import as_mqtt_client
from .request import Api, HttpError, Request, allow_origin
from .routing import Route

MAX_HEX: Final = 256  # bytes that are shown
MAX_VALUES: Final = 1_024
"""Of a spectrum: as many as a chart has room for."""
FULL_SCALE: Final = 32_768
SILENT_LEVEL: Final = -96.0  # dB, what 16 bits can tell apart
_MAGIC: Final = 0x53445246
# What firewalls are told to let in; where all are taken, any.
PORTS: Final = (*range(19_000, 19_005), 0)
MAX_WAITING: Final = 64
"""Datagrams; a preview shows the newest."""
RESOLVE_TIMEOUT: Final = 2.0  # seconds
MAX_PREVIEWS: Final = 5
POLL_INTERVAL: Final = 1.0
"""Seconds after which a client or a stream that is gone is noticed."""
PACE: Final = 0.05
"""Seconds between two looks at what came."""
SILENCE: Final = 5.0
"""Seconds without data until the client is told that we are still there."""
SILENCE_WITHOUT_DATA: Final = 15.0
"""The same where no data is to come."""
BEAT_INTERVAL: Final = 10.0  # seconds between the heartbeats of our session
WRITE_TIMEOUT: Final = 10.0  # seconds until a client that does not read is left alone

# Decoders: one datagram each. They never raise: what can't be read is shown as bytes.

# Little endian: magic "SDRF", sequence, centre, rate, reserved, count; then as many f32.
_SDRF: Final = struct.Struct("<IIdddI")

type Decode = Callable[[bytes], JsonObject]


def decode_spectrum(data: bytes) -> JsonObject:
    """Read the frame of a software-defined radio; of a wide one the highest value of each group."""
    if len(data) < _SDRF.size:
        return decode_json(data)
    magic, sequence, centre, rate, _, count = _SDRF.unpack_from(data)
    if magic != _MAGIC or len(data) < _SDRF.size + 4 * count:
        return decode_json(data)
    values = array("f", data[_SDRF.size : _SDRF.size + 4 * count])
    if sys.byteorder == "big":
        values.byteswap()
    group = -(-count // MAX_VALUES) or 1
    shown = [max(values[at : at + group]) for at in range(0, count, group)]
    return {
        "type": "sensor",
        "seq": sequence,
        "center_freq": centre,
        "sample_rate": rate,
        # A client divides the band by it.
        "fft_size": len(shown),
        "power_db": list(shown),
    }


def decode_json(data: bytes) -> JsonObject:
    """Read JSON; what is no object is the `payload` of one."""
    try:
        found = loads(data)
    except InvalidJson:
        return decode_raw(data)
    return found if isinstance(found, dict) else {"payload": found}


def decode_audio(data: bytes) -> JsonObject:
    """Measure how loud samples (signed, 16 bits, little endian) are: of full scale, and in dB of it."""
    samples = array("h", data[: len(data) // 2 * 2])
    if not samples:
        return decode_raw(data)
    if sys.byteorder == "big":
        samples.byteswap()
    rms = sqrt(sum(sample * sample for sample in samples) / len(samples)) / FULL_SCALE
    peak = max(map(abs, samples)) / FULL_SCALE
    return {
        "type": "audio",
        "samples": len(samples),
        "rms_db": _decibels(rms),
        "peak_db": _decibels(peak),
        "rms_level": round(rms, 4),
        "peak_level": round(peak, 4),
    }


def decode_raw(data: bytes) -> JsonObject:
    """Show the first bytes."""
    return {"type": "raw", "size": len(data), "hex": data[:MAX_HEX].hex()}


def _decibels(level: float) -> float:
    return max(SILENT_LEVEL, round(20 * log10(level), 1)) if level else SILENT_LEVEL


DECODERS: Final[Mapping[str, Decode]] = {
    "sensor": decode_spectrum,
    "data": decode_json,
    "osc": decode_json,
    "midi": decode_json,
    "audio": decode_audio,
}
"""By stream type; of other types only the way to them is shown."""


def has_preview(stream: Stream) -> bool:
    """Tell whether there is something to look at: its publisher can send to us, and we can read it."""
    return stream.stream_type in DECODERS and stream.delivery_mode == "unicast"


# Receiving.


class PreviewSocket(asyncio.DatagramProtocol):
    """The newest datagrams, until somebody takes them. Those of strangers are dropped."""

    def __init__(self, admits: Callable[[str], bool]) -> None:
        """`admits` tells who may send."""
        self.admits = admits
        self.address = ""
        self.port = 0
        self.bytes_received = 0
        self.dropped = 0
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._woken = asyncio.Event()

    @override
    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Keep a datagram."""
        if not self.admits(addr[0]):
            self.dropped += 1
            return
        self.bytes_received += len(data)
        self._waiting.append(data)
        self._woken.set()

    async def take(self, timeout: float) -> list[bytes]:
        """Return what came, at once or within `timeout` seconds; empty where nothing did."""
        try:
            async with asyncio.timeout(timeout):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def wake(self) -> None:
        """Let whoever waits look around."""
        self._woken.set()


@asynccontextmanager
async def preview_socket(
    address: str, admits: Callable[[str], bool]
) -> AsyncIterator[PreviewSocket]:
    """Listen on an address of this host, on one of PORTS; raises OSError where none of them is to be had."""
    loop = asyncio.get_running_loop()
    for port in PORTS:
        try:
            transport, protocol = await loop.create_datagram_endpoint(
                lambda: PreviewSocket(admits), local_addr=(address, port)
            )
            break
        except OSError:
            if not port:
                raise
    try:
        protocol.address, protocol.port = transport.get_extra_info("sockname")[:2]
        yield protocol
    finally:
        transport.close()


async def address_towards(host: str) -> tuple[str | None, frozenset[str]]:
    """Return the address of ours that a host can reach, None where there is no way, and all addresses of the host."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT):
            found = await loop.getaddrinfo(host, 9, type=socket.SOCK_DGRAM)
    except OSError, UnicodeError:
        return None, frozenset()
    theirs = frozenset(str(address[0]) for *_, address in found)
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            try:
                # Nothing is sent: the system only chooses the way.
                probe.connect(address)
            except OSError:
                continue
            return str(probe.getsockname()[0]), theirs
    return None, theirs


# Sending events.


class _Preview:
    """One client that looks at one stream."""

    def __init__(self, api: Api, request: Request) -> None:
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
        """End `show`."""
        self._is_ending.set()
        if self._socket:
            self._socket.wake()

    async def show(self, stream: Stream) -> web.StreamResponse:
        """Send events until the client, the stream or the session is gone."""
        if not has_preview(stream):
            info = {"status": "connection_info", **stream.to_wire()}
            return await self._send_all(stream, None, info)
        async with self._consuming(stream) as (found, session):
            self._socket = found
            info = {
                "status": "connected",
                "name": stream.name,
                "stream_type": stream.stream_type,
                "protocol": session.protocol if session else stream.protocol,
                "publisher_id": stream.publisher_id,
                "publisher_address": (
                    session.publisher_address if session else stream.address
                ),
                "publisher_port": session.publisher_port if session else stream.port,
                "local_port": found.port,
                # Not in the reference.
                "stream_id": stream.id,
                "session_id": session.id if session else None,
                "local_address": found.address,
            }
            return await self._send_all(stream, session, info)

    @asynccontextmanager
    async def _consuming(
        self, stream: Stream
    ) -> AsyncIterator[tuple[PreviewSocket, StreamSession | None]]:
        """Receive a stream as any consumer does: with a session, and told as MQTT clients tell it (maestra.md §2.4)."""
        http, access = self._request.http, self._api.access_control.access
        ours, theirs = await address_towards(stream.address)
        if ours is None:
            sockname = http.transport and http.transport.get_extra_info("sockname")
            ours = str(sockname[0]) if sockname else "127.0.0.1"
        async with AsyncExitStack() as stack:
            listener = preview_socket(
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
            self._tell_publisher(stream, "subscribe", place)
            stack.callback(self._tell_publisher, stream, "unsubscribe", place)
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
            # It may still listen to what MQTT clients say.
            return None

    def _stop(self, session: StreamSession | None, found: PreviewSocket) -> None:
        if session is not None:
            # The stream may have ended, and the session with it.
            with suppress(UnknownSession):
                self._api.domain.streams.stop_session(
                    session.id, bytes_transferred=found.bytes_received
                )

    def _tell_publisher(self, stream: Stream, verb: str, place: JsonObject) -> None:
        source = self._api.source(self._request)
        topic = f"maestra/stream/{stream.id}/{verb}"
        for said in as_mqtt_client(topic, place, source):
            self._api.domain.bus.publish(said)

    async def _send_all(
        self, stream: Stream, session: StreamSession | None, info: JsonObject
    ) -> web.StreamResponse:
        # A client that goes away, or does not read, ends its preview.
        with suppress(ConnectionError, TimeoutError):
            http = self._request.http
            await allow_origin(http, self._response).prepare(http)
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
        decode = DECODERS.get(stream.stream_type, decode_raw)
        silence = SILENCE if self._socket else SILENCE_WITHOUT_DATA
        notified_at = beaten = loop.time()
        while not self._is_ending.is_set() and not self._is_left:
            if streams.get(stream.id) is not stream:
                return "The stream has ended"
            if session is not None and session.id not in stream.sessions:
                return "The session has ended"
            for data in await self._take():
                await self._send("preview", decode(data) | {"_seq": self._sequence})
                self._sequence += 1
                notified_at = loop.time()
            now = loop.time()
            if now - notified_at >= silence:
                time = naive_wire_time(utcnow())
                await self._send("heartbeat", {"time": time, "seq": self._sequence})
                notified_at = now
            if session is not None and self._socket and now - beaten >= BEAT_INTERVAL:
                with suppress(UnknownSession):
                    streams.session_heartbeat(session.id, self._socket.bytes_received)
                beaten = now
        return None

    async def _take(self) -> list[bytes]:
        if self._socket is not None:
            found = await self._socket.take(POLL_INTERVAL)
            if found:
                await asyncio.sleep(PACE)
            return found
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_INTERVAL):
                await self._is_ending.wait()
        return []

    @property
    def _is_left(self) -> bool:
        transport = self._request.http.transport
        return transport is None or transport.is_closing()

    async def _send(self, event: str, data: Any) -> None:
        message = b"event: %s\ndata: %s\n\n" % (event.encode(), orjson.dumps(data))
        self._api.traffic.outgoing(len(message))
        async with asyncio.timeout(WRITE_TIMEOUT):
            await self._response.write(message)


async def _preview(api: Api, request: Request) -> web.StreamResponse:
    stream = api.domain.streams[request.path["stream_id"]]
    if len(api.previews) >= MAX_PREVIEWS:
        raise HttpError(503, "Too many previews are open", code="too_many")
    preview = _Preview(api, request)
    api.previews.add(preview)
    try:
        return await preview.show(stream)
    finally:
        api.previews.discard(preview)


PREVIEW_ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/streams/{stream_id}/preview",
        handler=_preview,
        summary="Watch a stream as server-sent events: info, preview, heartbeat, error",
        tag="streams",
        errors=(403, 404, 502, 503, 504),
        acts=True,
    ),
)

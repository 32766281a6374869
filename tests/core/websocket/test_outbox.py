"""What waits for a slow client."""

import asyncio
from typing import Any, override

from aiohttp import WSMsgType
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_websocket import WebSocketWriter
from hypothesis import example, given, strategies as st

from custom_components.maestra.core.websocket.client import Outbox, Ping, Pong, packed

FRAMES = 4
BYTES = 12


def drained(outbox: Outbox) -> list[bytes]:
    return list(iter(outbox.take, None))


def test_frames_keep_their_order() -> None:
    outbox = Outbox(FRAMES, BYTES)
    for frame in (b"a", b"b", b"c"):
        assert outbox.put(frame, "lamp") == 0
    assert drained(outbox) == [b"a", b"b", b"c"]
    assert outbox.size == 0


def test_the_latest_state_takes_the_place_of_the_one_before() -> None:
    outbox = Outbox(FRAMES, BYTES)
    for number, key in enumerate(("lamp", "fan", None, "door")):
        outbox.put(b"%d" % number, key)
    assert outbox.put(b"new", "lamp") == 1
    assert drained(outbox) == [b"1", b"2", b"3", b"new"]


def test_older_states_make_room_for_any_frame() -> None:
    outbox = Outbox(FRAMES, BYTES)
    for number, key in enumerate(("lamp", "lamp", "lamp", "fan")):
        outbox.put(b"%d" % number, key)
    assert outbox.put(b"ack") == 2
    assert drained(outbox) == [b"2", b"3", b"ack"]


def test_what_cannot_be_left_out_fills_it() -> None:
    outbox = Outbox(FRAMES, BYTES)
    for _ in range(FRAMES):
        outbox.put(b"a")
    assert outbox.put(b"b") is None
    assert outbox.clear() == FRAMES


def test_bytes_are_bounded_but_for_one_frame() -> None:
    outbox = Outbox(FRAMES, BYTES)
    assert outbox.put(b"x" * 50) == 0
    assert outbox.put(b"y") is None


@given(
    st.lists(
        st.tuples(
            st.binary(min_size=1, max_size=5), st.sampled_from([None, "a", "b", "c"])
        )
        | st.none(),
        max_size=60,
    )
)
def test_the_bounds_hold_and_the_latest_states_stay(
    steps: list[tuple[bytes, str | None] | None],
) -> None:
    outbox = Outbox(FRAMES, BYTES)
    waiting: dict[str | None, bytes] = {}
    for step in steps:
        match step:
            case None:
                outbox.take()
            case frame, key:
                was_put = outbox.put(frame, key) is not None
                waiting |= {key: frame} if was_put else {}
        assert len(outbox) <= FRAMES
        assert outbox.size <= BYTES
    left = drained(outbox)
    assert outbox.size == 0
    # What was put last is the last to leave.
    assert not left or left[-1] in waiting.values()


class _Wire(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    @override
    def write(self, data: Any) -> None:
        self.written += data

    @override
    def is_closing(self) -> bool:
        return False


@given(st.binary(max_size=300))
@example(b"x" * 125)
@example(b"x" * 126)
@example(b"x" * 65_535)
@example(b"x" * 65_536)
@example(Ping(b"there?"))
@example(Pong())
async def test_a_frame_is_packed_as_aiohttp_does(frame: bytes) -> None:
    loop, wire = asyncio.get_running_loop(), _Wire()
    opcode = frame.opcode if isinstance(frame, Ping | Pong) else WSMsgType.TEXT
    await WebSocketWriter(BaseProtocol(loop), wire).send_frame(frame, opcode)
    assert packed(frame) == wire.written

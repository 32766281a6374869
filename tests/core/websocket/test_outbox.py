"""What waits for a slow client."""

from hypothesis import given, strategies as st

from custom_components.maestra.core.websocket.client import Outbox

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

"""Frames and messages of IronMON Connect."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.ironmon.frames import (
    MAX_FRAME_BYTES,
    BadFrame,
    BadMessage,
    FrameBuffer,
    flat,
)
from custom_components.maestra.core.production.stream_events import fitted, read_event

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def frame(message: Any) -> bytes:
    body = json.dumps(message, ensure_ascii=False).encode()
    return f"{len(body)} ".encode() + body


@given(st.lists(st.text(), max_size=5), st.integers(1, 20))
def test_frames_come_whole_however_they_are_cut(texts: list[str], size: int) -> None:
    sent = b"".join(frame({"type": text}) + b"\n" for text in texts)
    buffer = FrameBuffer()
    got = [
        json.loads(found)["type"]
        for begin in range(0, len(sent), size)
        for found in buffer.feed(sent[begin : begin + size])
    ]
    assert got == texts


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1",
        b"x",
        b" {}",
        b"1234567",
        b"-5 {}",
        f"{MAX_FRAME_BYTES + 1} {{".encode(),
    ],
)
def test_what_has_no_length_is_no_frame(sent: bytes) -> None:
    with pytest.raises(BadFrame):
        list(FrameBuffer().feed(sent))


@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}", b'{"type": 5}', b"\xff"])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(BadMessage):
        flat(body)


@pytest.mark.parametrize("key", ["data", "metadata"])
@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (
            "init",
            {"version": "1.0", "game": 3},
            {"version": "1.0", "game_type": 3, "game_name": "FireRed/LeafGreen"},
        ),
        ("seed", {"count": 12}, {"seed_count": 12}),
        (
            "checkpoint",
            {"id": 2, "name": "Brock", "seed": 12},
            {"checkpoint_id": 2, "checkpoint_name": "Brock", "seed_count": 12},
        ),
        (
            "battle_start",
            {"trainer": "Blue", "pokemon": ["Pidgey"]},
            {"trainer_name": "Blue", "opponent_pokemon": ["Pidgey"]},
        ),
        ("battle_end", {"result": "win"}, {"battle_result": "win"}),
        (
            "pokemon_update",
            {"team": [{"name": "Mew", "level": 5, "hp": 20}]},
            {"pokemon_name": "Mew", "pokemon_level": 5, "pokemon_hp": 20},
        ),
        ("pokemon_update", {"team": "none"}, {}),
        ("location", {"id": 7}, {"raw_data": {"location_id": 7}}),
        (
            "error",
            {"code": "E1", "id": 7, "timestamp": 1},
            {"raw_data": {"code": "E1"}},
        ),
    ],
)
def test_messages_are_flat_events(
    key: str, kind: str, body: dict[str, Any], told: dict[str, Any]
) -> None:
    raw = flat(json.dumps({"type": kind, key: body}).encode())
    assert raw
    event = read_event(fitted(raw), NOW)
    assert (event.type, event.source) == (f"ironmon.{kind}", "ironmon")
    assert event.data == told


def test_a_sign_of_life_is_no_event() -> None:
    assert flat(b'{"type": "heartbeat"}') is None

"""Frames of IronMON Connect, `<length> <json>`, and their messages as flat events: pure functions (stream-production.md §10)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..domain.json_values import InvalidJson, JsonObject, loads

MAX_FRAME_BYTES: Final = 64 * 1024
MAX_DIGITS: Final = 6
GAMES: Final[Mapping[Any, str]] = {
    1: "Ruby/Sapphire",
    2: "Emerald",
    3: "FireRed/LeafGreen",
}
OURS: Final = frozenset(
    {"id", "message_id", "timestamp", "correlation_id", "source_id"}
)
HEARTBEAT: Final = "heartbeat"


class BadFrame(ValueError):
    """Nobody can tell where the next frame begins; the text says why."""


class BadMessage(ValueError):
    """A frame is no message; the text says why."""


class FrameBuffer:
    """Takes bytes as they come, and gives whole frames."""

    def __init__(self) -> None:
        """Have nothing."""
        self._bytes = bytearray()

    def feed(self, more: bytes) -> Iterator[bytes]:
        """Yield the frames that are complete now; raises BadFrame."""
        self._bytes += more
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> bytes | None:
        # Some senders end a frame with a line.
        while self._bytes.startswith((b"\n", b"\r")):
            del self._bytes[:1]
        digits, space, _ = self._bytes[: MAX_DIGITS + 1].partition(b" ")
        if not space:
            if len(digits) > MAX_DIGITS or (digits and not digits.isdigit()):
                raise BadFrame("has no length")
            return None
        if not digits.isdigit():
            raise BadFrame("has no length")
        length = int(digits)
        if length > MAX_FRAME_BYTES:
            raise BadFrame("is too long")
        begin = len(digits) + 1
        if len(self._bytes) < begin + length:
            return None
        frame = bytes(self._bytes[begin : begin + length])
        del self._bytes[: begin + length]
        return frame


def flat(frame: bytes) -> JsonObject | None:
    """Return a frame as a flat event, None for a sign of life; raises BadMessage for what is none.

    The body is in `data` (version 2) or `metadata` (version 1).
    """
    try:
        message = loads(frame)
    except InvalidJson as error:
        raise BadMessage(str(error)) from None
    if not isinstance(message, dict) or not isinstance(
        kind := message.get("type"), str
    ):
        raise BadMessage("has no type")
    if kind == HEARTBEAT:
        return None
    body = message.get("data", message.get("metadata"))
    body = body if isinstance(body, dict) else {}
    return {**_READERS.get(kind, _as_it_is)(body), "type": f"ironmon.{kind}"}


def _as_it_is(body: JsonObject) -> JsonObject:
    # What every event has is not the game's to say.
    return {key: value for key, value in body.items() if key not in OURS}


def _location(body: JsonObject) -> JsonObject:
    return {**_as_it_is(body), "location_id": body.get("id")}


def _init(body: JsonObject) -> JsonObject:
    game = body.get("game")
    return {
        "version": body.get("version"),
        "game_type": game,
        "game_name": GAMES.get(game) if isinstance(game, int) else None,
        "difficulty": body.get("difficulty"),
    }


def _seed(body: JsonObject) -> JsonObject:
    return {"seed_count": body.get("count")}


def _checkpoint(body: JsonObject) -> JsonObject:
    return {
        "checkpoint_id": body.get("id"),
        "checkpoint_name": body.get("name"),
        "seed_count": body.get("seed"),
    }


def _battle_start(body: JsonObject) -> JsonObject:
    return {
        "trainer_name": body.get("trainer"),
        "opponent_pokemon": body.get("pokemon"),
    }


def _battle_end(body: JsonObject) -> JsonObject:
    return {"battle_result": body.get("result")}


def _pokemon_update(body: JsonObject) -> JsonObject:
    team = body.get("team")
    first = team[0] if isinstance(team, list) and team else None
    told = first if isinstance(first, dict) else {}
    return {
        f"pokemon_{key}": told.get(key) for key in ("name", "level", "hp", "status")
    }


# What has other names in the flat events; the types that are not here pass as they are.
_READERS: Final[Mapping[str, Callable[[JsonObject], JsonObject]]] = {
    "init": _init,
    "seed": _seed,
    "checkpoint": _checkpoint,
    "battle_start": _battle_start,
    "battle_end": _battle_end,
    "pokemon_update": _pokemon_update,
    "location": _location,
}

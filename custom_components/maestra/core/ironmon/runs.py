"""What the events of games tell of challenges, their checkpoints and results: pure functions over rows, the newest first (stream-production.md §3)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ..domain.json_values import JsonObject, JsonValue

type Row = Mapping[str, Any]
"""An event with its `event_type`, `timestamp` and `data`."""

INIT: Final = "ironmon.init"
SEED: Final = "ironmon.seed"
CHECKPOINT: Final = "ironmon.checkpoint"
BATTLE_END: Final = "ironmon.battle_end"
RUN_CHECKPOINT: Final = "ironmon.run_checkpoint"
KINDS: Final = (INIT, SEED, CHECKPOINT, BATTLE_END, RUN_CHECKPOINT)
"""The types that tell something of them."""
_RESULTS: Final = frozenset({CHECKPOINT, BATTLE_END, RUN_CHECKPOINT})


def challenges(rows: Iterable[Row]) -> list[JsonObject]:
    """Return each game with its difficulty, that of the latest first."""
    found: dict[str, JsonObject] = {}
    for row in rows:
        if row["event_type"] == INIT:
            found.setdefault(_challenge_id(row), _challenge(row))
    return [*found.values()]


def active_challenge(rows: Iterable[Row], seed: int | None = None) -> JsonObject | None:
    """Return the challenge that a seed was of, by its number, or else the latest; None where nothing tells of it."""
    is_found = seed is None
    for row in rows:
        kind = row["event_type"]
        is_found = is_found or (kind != INIT and row["data"].get("seed_count") == seed)
        if is_found and kind == INIT:
            return _challenge(row)
    return None


def checkpoints(rows: Iterable[Row], challenge: str | None = None) -> list[JsonObject]:
    """Return the checkpoints of a challenge, or of all, by their ids, and how often each was cleared."""
    found: dict[str, JsonObject] = {}
    for id_, row in _with_challenges(rows):
        if row["event_type"] != CHECKPOINT or challenge not in (None, id_):
            continue
        key = str(row["data"].get("checkpoint_id"))
        known = found.setdefault(
            key,
            {
                "id": row["data"].get("checkpoint_id"),
                "name": row["data"].get("checkpoint_name"),
                "cleared": 0,
                "last_cleared_at": row["timestamp"],
            },
        )
        known["cleared"] = int(str(known["cleared"])) + 1
    return [found[key] for key in sorted(found, key=lambda key: (len(key), key))]


def checkpoint_stats(rows: Iterable[Row], checkpoint: JsonValue) -> JsonObject:
    """Return how often a checkpoint was cleared, and of how many seeds."""
    known = [*rows]
    cleared = sum(
        row["event_type"] == CHECKPOINT
        and str(row["data"].get("checkpoint_id")) == str(checkpoint)
        for row in known
    )
    seeds = len(
        {row["data"].get("seed_count") for row in known if row["event_type"] == SEED}
    )
    rate = round(min(cleared / seeds, 1.0), 4) if seeds else None
    return {
        "checkpoint_id": checkpoint,
        "cleared": cleared,
        "seeds": seeds,
        "clear_rate": rate,
    }


def recent_results(rows: Iterable[Row], limit: int) -> list[JsonObject]:
    """Return what games ended with lately: checkpoints and battles, the newest first."""
    found = (
        {**row["data"], "type": row["event_type"], "timestamp": row["timestamp"]}
        for row in rows
        if row["event_type"] in _RESULTS
    )
    return [result for result, _ in zip(found, range(limit), strict=False)]


def latest(rows: Iterable[Row], kind: str) -> JsonObject | None:
    """Return the fields of the latest event of a type."""
    return next((row["data"] for row in rows if row["event_type"] == kind), None)


def _with_challenges(rows: Iterable[Row]) -> Iterator[tuple[str | None, Row]]:
    """Iterate over rows with the challenge of each: that which began last before it."""
    challenge = None
    for row in reversed([*rows]):
        if row["event_type"] == INIT:
            challenge = _challenge_id(row)
        yield challenge, row


def _challenge_id(row: Row) -> str:
    data = row["data"]
    return f"{data.get('game_type')}:{data.get('difficulty')}"


def _challenge(row: Row) -> JsonObject:
    return {
        "id": _challenge_id(row),
        **{
            key: row["data"].get(key)
            for key in ("game_type", "game_name", "version", "difficulty")
        },
        "started_at": row["timestamp"],
    }

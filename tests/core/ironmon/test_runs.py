"""What events of games tell of challenges, checkpoints and results."""

from typing import Any

from custom_components.maestra.core.ironmon.runs import (
    active_challenge,
    challenges,
    checkpoint_stats,
    checkpoints,
    latest,
    recent_results,
)


def row(second: int, kind: str, **data: Any) -> dict[str, Any]:
    moment = f"2026-11-20T12:00:{second:02}Z"
    return {"event_type": f"ironmon.{kind}", "timestamp": moment, "data": data}


# As the database has them: the newest first.
ROWS = [
    row(9, "battle_end", battle_result="loss"),
    row(8, "checkpoint", checkpoint_id=2, checkpoint_name="Misty", seed_count=12),
    row(7, "checkpoint", checkpoint_id=1, checkpoint_name="Brock", seed_count=12),
    row(6, "seed", seed_count=12),
    row(5, "init", game_type=3, game_name="Emerald", difficulty="kaizo"),
    row(3, "checkpoint", checkpoint_id=1, checkpoint_name="Brock", seed_count=11),
    row(2, "seed", seed_count=11),
    row(1, "seed", seed_count=10),
    row(0, "init", game_type=2, game_name="FireRed", difficulty="ultimate"),
]


def test_challenges() -> None:
    assert [it["game_name"] for it in challenges(ROWS)] == ["Emerald", "FireRed"]
    for seed, name in ((None, "Emerald"), (12, "Emerald"), (11, "FireRed")):
        found = active_challenge(ROWS, seed)
        assert found
        assert found["game_name"] == name
    assert active_challenge(ROWS, 99) is None
    assert active_challenge([]) is None


def test_checkpoints() -> None:
    found = [(it["id"], it["name"], it["cleared"]) for it in checkpoints(ROWS)]
    assert found == [(1, "Brock", 2), (2, "Misty", 1)]
    (only,) = checkpoints(ROWS, "2:ultimate")
    assert (only["id"], only["cleared"]) == (1, 1)
    assert only["last_cleared_at"] == "2026-11-20T12:00:03Z"
    assert checkpoint_stats(ROWS, 1) == {
        "checkpoint_id": 1,
        "cleared": 2,
        "seeds": 3,
        "clear_rate": 0.6667,
    }
    assert checkpoint_stats([], "1")["clear_rate"] is None


def test_results() -> None:
    found = recent_results(ROWS, 2)
    assert [it["type"] for it in found] == ["ironmon.battle_end", "ironmon.checkpoint"]
    assert latest(ROWS, "ironmon.seed") == {"seed_count": 12}
    assert latest([], "ironmon.seed") is None

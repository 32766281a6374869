"""What a process manager tells, read without trust."""

from typing import Any

import pytest

from custom_components.maestra.core.remote_service.processes import (
    MAX_PROCESSES,
    Process,
    ProcessState,
    read_processes,
    reason_of,
)

SEED = Process("seed", "Seed", ProcessState.RUNNING)
TOLD = {"id": "seed", "name": "Seed", "status": "running"}


@pytest.mark.parametrize(
    "answer",
    [
        [TOLD],
        {"processes": [TOLD]},
        {"data": [TOLD]},
        [{**TOLD, "status": {"status": "running", "pid": 5}}],
        [{"id": "seed", "name": "Seed", "state": "running"}],
        [TOLD, None, {"id": "../up"}, {"id": 5}, {"name": "x"}, {"id": "a/b"}],
    ],
)
def test_processes_are_read(answer: Any) -> None:
    assert read_processes(answer) == {"seed": SEED}


@pytest.mark.parametrize("answer", [None, "text", {}, {"processes": 5}])
def test_what_is_no_list_is_none(answer: Any) -> None:
    assert read_processes(answer) is None


def test_odd_processes_are_cleaned_and_bounded() -> None:
    many: Any = [{"id": f"p{number}"} for number in range(MAX_PROCESSES + 1)]
    found = read_processes(many)
    assert found
    assert len(found) == MAX_PROCESSES
    assert found["p0"] == Process("p0", "p0", ProcessState.UNKNOWN)
    odd = read_processes([{"id": "a", "name": "\x1b" + "n" * 500, "status": "odd"}])
    assert odd == {"a": Process("a", "n" * 100, ProcessState.UNKNOWN)}


@pytest.mark.parametrize("state", [None, 5, [], ["running"], {}, {"status": []}])
def test_a_state_that_is_no_text_hides_no_other_process(state: Any) -> None:
    told: Any = [{"id": "a", "status": state}, TOLD]
    assert read_processes(told) == {
        "a": Process("a", "a", ProcessState.UNKNOWN),
        "seed": SEED,
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": "ok"}, None),
        ([], None),
        ({"error": "busy"}, "busy"),
        ({"error": {"message": "busy"}}, "busy"),
        ({"success": False}, "no reason given"),
        ({"error": 5}, "no reason given"),
    ],
)
def test_failures_are_told_by_the_answer(answer: Any, reason: str | None) -> None:
    assert reason_of(answer) == reason

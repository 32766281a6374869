"""What a process manager tells of its processes: pure functions."""

from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Any, Final

from ..domain.json_values import JsonValue
from ..domain.names import cleaned_text

MAX_PROCESSES: Final = 200
MAX_NAME_LENGTH: Final = 100
MAX_REASON_LENGTH: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What can stand in an address as it is."""


class ProcessState(StrEnum):
    """What a process does."""

    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Process:
    """One process."""

    id: str
    name: str
    state: ProcessState


def read_processes(answer: JsonValue) -> dict[str, Process] | None:
    """Return the processes by id, those that can't be read left out; None for what is no list of them.

    They are a list, or a list below `processes` or `data`.
    """
    if isinstance(answer, dict):
        answer = answer.get("processes", answer.get("data"))
    if not isinstance(answer, list):
        return None
    found = (_process(each) for each in answer[:MAX_PROCESSES])
    return {process.id: process for process in found if process is not None}


def reason_of(answer: JsonValue) -> str | None:
    """Return why an answer tells of a failure, None for one that does not: it may do so with a good status."""
    if not isinstance(answer, dict):
        return None
    error = answer.get("error")
    is_failure = error is not None or answer.get("success") is False
    if not is_failure:
        return None
    if isinstance(error, dict):
        error = error.get("message")
    return cleaned_text(error, MAX_REASON_LENGTH) or "no reason given"


def _process(told: Any) -> Process | None:
    if not isinstance(told, dict):
        return None
    id_, state = told.get("id"), told.get("status", told.get("state"))
    if isinstance(state, dict):
        state = state.get("status")
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        return None
    known = [*map(str, ProcessState)]
    return Process(
        id_,
        cleaned_text(told.get("name"), MAX_NAME_LENGTH) or id_,
        ProcessState(state) if state in known else ProcessState.UNKNOWN,
    )

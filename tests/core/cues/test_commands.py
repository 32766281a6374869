"""Cue lists run by clients of MQTT, NATS and the WebSocket: subjects, and what is refused."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.commands import CueCommands
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.cues.errors import NoCueLeft, UnknownCueList
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.transport.commands import run_command

CLIENT = Source("desk", "nats")


class House:
    """Two lists, and clients who say something on a subject."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.lists = CueLists(self.domain.bus, self.domain.entities)
        for name in ("Act 1", "Act 2"):
            cues = [{"number": number} for number in ("1", "1.5", "2")]
            self.lists.put(CueList.from_wire({"name": name, "cues": cues}))
        self.stop: Callable[[], None] = CueCommands(self.domain, self.lists).start()

    def hears(self, subject: str, body: Any = None) -> bool:
        return run_command(self.domain, f"maestra.{subject}", body, CLIENT)

    def at(self, name: str = "Act 1") -> str | None:
        current = self.lists[name].current
        return current.number if current else None


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    house = House()
    yield house
    house.lists.close()


async def test_a_list_is_run_by_its_name(house: House) -> None:
    for subject, at in (
        ("cues.act-1.go", "1"),
        ("cues.Act%201.cue.2.start", "2"),
        ("cues.act-1.back", "1.5"),
        ("cues.act-1.cue.1%2E5.load", "1.5"),
        ("cues.act-1.go", "1.5"),
    ):
        assert house.hears(subject, {})
        assert house.at() == at, subject
    assert house.at("Act 2") is None


async def test_what_is_for_all_needs_no_name(house: House) -> None:
    assert house.hears("cues.panic")
    with pytest.raises(UnknownCueList):
        house.hears("cues.go")
    with pytest.raises(UnknownCueList):
        house.hears("cues.act-9.go")
    house.lists.remove("Act 2")
    assert house.hears("cues.go")
    assert house.at() == "1"


async def test_what_can_not_be_done_is_refused(house: House) -> None:
    with pytest.raises(NoCueLeft):
        house.hears("cues.act-1.back")


@pytest.mark.parametrize("body", [0, False, 0.0])
async def test_a_button_is_let_go(house: House, body: Any) -> None:
    assert house.hears("cues.act-1.go", body)
    assert house.at() is None


@pytest.mark.parametrize(
    "subject",
    ["cues", "cues.act-1", "cues.act-1.dance", "cues.act-1.cue.5", "other.go", "cues."],
)
async def test_anything_else_is_no_command(house: House, subject: str) -> None:
    assert house.hears(subject) is False


async def test_nobody_hears_after_the_end(house: House) -> None:
    house.stop()
    assert house.hears("cues.act-1.go") is False

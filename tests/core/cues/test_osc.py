"""Cue lists by OSC: addresses, buttons, and what is refused."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.cues.osc import OscCues, read_command
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.events import OscReceived, StateChanged


class House:
    """Two lists on one fader, and somebody who speaks OSC."""

    def __init__(self, *names: str) -> None:
        self.bus = Bus()
        domain = Domain(self.bus)
        domain.entities.create(name="Wash", entity_type="device", slug="wash")
        self.lists = CueLists(self.bus, domain.entities)
        for name in names:
            cues = [
                {"number": number, "states": {"wash": {"level": level}}}
                for number, level in (("1", 10), ("1.5", 15), ("2", 20))
            ]
            self.lists.put(CueList.from_wire({"name": name, "cues": cues}))
        self.osc = OscCues(self.bus, self.lists)
        self.stop = self.osc.start()
        self.changes: list[StateChanged] = []
        self.bus.subscribe(StateChanged, self.changes.append)

    def hears(self, address: str, *arguments: Any) -> None:
        self.bus.publish(OscReceived(address, arguments, "10.0.0.5:9000", "osc"))

    def at(self, name: str = "Act 1") -> str | None:
        current = self.lists[name].current
        return current.number if current else None

    def close(self) -> None:
        self.stop()
        self.lists.close()


@pytest.fixture
async def house(request: pytest.FixtureRequest) -> AsyncGenerator[House]:
    house = House(*getattr(request, "param", ["Act 1"]))
    yield house
    house.close()


async def test_a_desk_runs_the_only_list(house: House) -> None:
    for address, at in (
        ("/go", "1"),
        ("/go", "1.5"),
        ("/back", "1"),
        ("/cue/2/start", "2"),
        ("/cue/1/load", "2"),
        ("/go", "1"),
        ("/cues/act-1/go", "1.5"),
        ("/cues/Act 1/cue/2/start", "2"),
    ):
        house.hears(address)
        assert house.at() == at, address
    assert house.changes[-1].source == ("osc", "osc", "10.0.0.5:9000")
    assert house.osc.counters.as_dict() == {}


async def test_a_button_that_is_let_go_does_nothing(house: House) -> None:
    house.hears("/go", 1)
    for released in (0, 0.0, False):
        house.hears("/go", released)
    assert house.at() == "1"


@pytest.mark.parametrize("house", [["Act 1", "Act 2"]], indirect=True)
async def test_of_several_lists_one_is_named(house: House) -> None:
    house.hears("/go")
    assert (house.at("Act 1"), house.at("Act 2")) == (None, None)
    house.hears("/cues/act-2/go")
    assert (house.at("Act 1"), house.at("Act 2")) == (None, "1")
    for address in ("/pause", "/resume", "/stop", "/panic"):
        house.hears(address)
    assert house.osc.counters.as_dict() == {
        "refused": 1,
        "refused_unknown_cue_list": 1,
    }


async def test_what_is_refused_is_counted(house: House) -> None:
    house.hears("/back")
    house.hears("/cue/9/start")
    house.hears("/cues/other/go")
    assert house.osc.counters.as_dict() == {
        "refused": 3,
        "refused_no_cue_left": 1,
        "refused_unknown_cue": 1,
        "refused_unknown_cue_list": 1,
    }


@pytest.mark.parametrize("house", [[]], indirect=True)
async def test_without_a_list_nothing_is_for_us(house: House) -> None:
    house.hears("/go")
    assert house.osc.counters.as_dict() == {}


@pytest.mark.parametrize(
    "address",
    ["", "/", "/going", "/cue", "/cue/1", "/cue/1/stop", "/cues/go", "/cues/x/y", "/entity/update/go"],
)  # fmt: skip
def test_other_addresses_are_not_for_us(address: str) -> None:
    assert read_command(address) is None

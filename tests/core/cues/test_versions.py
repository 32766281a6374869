"""What cue lists were before they were saved again, and what is different."""

from collections.abc import AsyncGenerator
import json
from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.cues.errors import (
    UnknownCueList,
    UnknownCueListVersion,
)
from custom_components.maestra.core.cues.versions import (
    KEPT_VERSIONS,
    Former,
    difference,
)
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField


@pytest.fixture
async def lists() -> AsyncGenerator[CueLists]:
    bus = Bus()
    lists = CueLists(bus, Domain(bus).entities)
    yield lists
    lists.close()


def cue_list(*names: str, **fields: Any) -> CueList:
    """Return a list with cues of these names, numbered by their place."""
    return CueList.from_wire(
        {"name": "Act 1", "cues": [{"name": name} for name in names], **fields}
    )


async def test_what_is_saved_again_keeps_what_it_was(lists: CueLists) -> None:
    lists.put(cue_list("Dawn"))
    assert (lists.version("Act 1"), lists.former("Act 1")) == (1, [])
    lists.put(cue_list("Dawn"))
    assert lists.version("Act 1") == 1
    lists.put(cue_list("Dawn", "Dusk"))
    assert lists.version("Act 1") == 2
    (former,) = lists.former("Act 1")
    assert (former.number, former.cues) == (1, cue_list("Dawn"))
    player = lists.bring_back("Act 1", 1)
    assert player.cues == cue_list("Dawn")
    assert [it.number for it in lists.former("Act 1")] == [1, 2]
    with pytest.raises(UnknownCueListVersion):
        lists.bring_back("Act 1", 3)
    with pytest.raises(UnknownCueList):
        lists.bring_back("Act 2", 1)


async def test_so_many_are_kept(lists: CueLists) -> None:
    for number in range(KEPT_VERSIONS + 3):
        lists.put(cue_list(f"Cue {number}"))
    numbers = [it.number for it in lists.former("Act 1")]
    assert numbers == list(range(3, KEPT_VERSIONS + 3))
    lists.remove("Act 1")
    lists.put(cue_list())
    assert lists.former("Act 1") == []


async def test_they_outlive_a_restart(
    lists: CueLists, caplog: pytest.LogCaptureFixture
) -> None:
    lists.put(cue_list("Dawn"))
    lists.put(cue_list("Dusk"))
    saved, former = lists.snapshot(), json.loads(json.dumps(lists.former_snapshot()))
    (id_,) = former
    bus = Bus()
    again = CueLists(bus, Domain(bus).entities)
    again.restore(saved | {"broken": 5})
    again.restore_former(
        {id_: [*former[id_], 5, {"number": 1}], "nobody": [], "broken": [6]}
    )
    assert again.version("Act 1") == 2
    assert again.former("Act 1")[0].cues == cue_list("Dawn")
    assert again.former_snapshot() == former | {"broken": [6]}
    assert caplog.text.count("can't be read") == 3
    again.close()


@pytest.mark.parametrize("saved", [5, {}, {"number": 1, "replaced_at": "now"}])
def test_what_is_no_version_is_refused(saved: Any) -> None:
    with pytest.raises(InvalidField):
        Former.from_wire(saved)


def test_what_is_different() -> None:
    former = CueList.from_wire(
        {
            "name": "Act 1",
            "priority": 1,
            "cues": [
                {"number": "1", "name": "Dawn", "transition": 5},
                {"number": "2", "name": "Noon"},
                {"number": "3", "name": "Dusk"},
            ],
        }
    )
    latter = CueList.from_wire(
        {
            "name": "Act 1",
            "safe": {"wash": {"level": 1}},
            "cues": [
                {"number": "3", "name": "Dusk"},
                {"number": "1", "name": "Sunrise", "notes": "Slowly"},
                {"number": "4"},
            ],
        }
    )
    assert difference(former, former) == {}
    assert difference(former, latter) == {
        "added": ["4"],
        "removed": ["2"],
        "changed": {"1": ["name", "transition", "notes"]},
        "order": ["3", "1"],
        "settings": ["priority", "safe"],
    }

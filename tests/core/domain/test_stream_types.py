"""Stream types, built in and custom."""

from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain, streams as stream_types
from custom_components.maestra.core.domain.errors import (
    AlreadyExists,
    InvalidField,
    TooMany,
)
from custom_components.maestra.core.domain.events import StreamTypeAdded
from custom_components.maestra.core.domain.streams import Streams

from .conftest import Heard
from .test_streams import CAM

LIDAR = {"name": "lidar", "display_name": "Lidar"}


def test_built_in_types(streams: Streams) -> None:
    names = {stream_type.name for stream_type in streams.types}
    assert names == {
        "ndi",
        "audio",
        "video",
        "texture",
        "sensor",
        "osc",
        "midi",
        "data",
        "srt",
        "spout",
        "syphon",
    }
    assert [kind.name for kind in streams.types] == sorted(names)
    for kind in streams.types:
        described = kind.to_wire()
        assert described["description"]
        assert described["icon"]
    # They are the same in every installation.
    assert {kind.id for kind in streams.types} == {
        kind.id for kind in Domain(Bus()).streams.types
    }


def test_a_custom_type_can_be_advertised(streams: Streams, heard: Heard) -> None:
    kind = streams.types.create(
        LIDAR
        | {
            "description": "Points",
            "icon": "mdi:dots-grid",
            "default_config": {"hz": 10},
        }
    )
    wire = kind.to_wire()
    assert wire == {
        "id": kind.id,
        "name": "lidar",
        "display_name": "Lidar",
        "description": "Points",
        "icon": "mdi:dots-grid",
        "default_config": {"hz": 10},
        "metadata": {},
        "created_at": wire["created_at"],
        "updated_at": wire["created_at"],
    }
    assert not kind.built_in
    assert heard.the(StreamTypeAdded).stream_type is kind
    assert streams.advertise(CAM | {"stream_type": "lidar"}).stream_type == "lidar"


def test_a_saved_type_comes_back(streams: Streams, heard: Heard) -> None:
    kind = Domain(Bus()).streams.types.create(LIDAR)
    streams.types.restore(kind)
    assert streams.types.get("lidar") is kind
    assert heard.kinds == []


@pytest.mark.parametrize("name", ["ndi", "lidar"])
def test_a_name_is_taken(streams: Streams, name: str) -> None:
    streams.types.create(LIDAR)
    with pytest.raises(AlreadyExists):
        streams.types.create(LIDAR | {"name": name})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "+"}, "name"),
        ({"display_name": None}, "display_name"),
        ({"default_config": 5}, "default_config"),
        ({"icon": "i" * 51}, "icon"),
        ({"description": "d" * 2_001}, "description"),
    ],
)
def test_what_is_no_type(streams: Streams, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as rejection:
        streams.types.create(LIDAR | change)
    assert rejection.value.facts["field"] == field
    assert len(streams.types) == 11


def test_types_are_bounded(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_types, "MAX_STREAM_TYPES", 11)
    with pytest.raises(TooMany):
        streams.types.create(LIDAR)

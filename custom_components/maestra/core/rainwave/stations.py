"""What Rainwave tells of a station: pure functions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ..domain.json_values import JsonObject, JsonValue
from ..domain.names import cleaned_text

MAX_TEXT_LENGTH: Final = 300


class Station(StrEnum):
    """The stations, by the names that people choose them by."""

    GAME = "game"
    OC_REMIX = "oc_remix"
    COVERS = "covers"
    CHIPTUNES = "chiptunes"
    ALL = "all"

    @property
    def number(self) -> int:
        """Its id at Rainwave."""
        return [*Station].index(self) + 1


NAMES: Final = {
    Station.GAME: "Game",
    Station.OC_REMIX: "OC ReMix",
    Station.COVERS: "Covers",
    Station.CHIPTUNES: "Chiptunes",
    Station.ALL: "All",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What a station plays, and whether the account that asks listens to it."""

    song_id: int
    title: str
    artist: str
    album: str
    is_heard: bool

    def fields(self, station: Station) -> JsonObject:
        """Return the fields of a flat event."""
        return {
            "song_id": self.song_id,
            "song_title": self.title,
            "artist": self.artist,
            "album": self.album,
            "station_id": station.number,
            "station_name": NAMES[station],
            "listening": self.is_heard,
        }


def read_playing(answer: JsonValue) -> Playing | None:
    """Read the answer of `info`; None for one that tells of no song."""
    song: Any = _first(_object(answer, "sched_current").get("songs"))
    if not song or not isinstance(song.get("id"), int):
        return None
    artists = song.get("artists")
    names = [
        _text(artist.get("name"))
        for artist in (artists if isinstance(artists, list) else ())
        if isinstance(artist, dict)
    ]
    return Playing(
        song_id=song["id"],
        title=_text(song.get("title")),
        artist=_text(", ".join(filter(None, names))),
        album=_text(_first(song.get("albums")).get("name")),
        is_heard=_object(answer, "user").get("tuned_in") is True,
    )


def _object(value: Any, key: str) -> JsonObject:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _first(value: Any) -> JsonObject:
    found = value[0] if isinstance(value, list) and value else None
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return cleaned_text(value, MAX_TEXT_LENGTH)

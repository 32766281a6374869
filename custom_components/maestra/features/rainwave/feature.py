"""What Rainwave brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_RAINWAVE
from ...hub.feature import Feature
from ...hub.link_sensors import CONNECTIVITY, LinkSensorDescription, link_sensors
from ...hub.presentation import Presentation
from .channels import rainwave_parts
from .entities import MaestraRainwaveEnabled, MaestraRainwaveStation
from .flow import RainwaveFlow
from .link import RainwaveLink

_SONG: Final = LinkSensorDescription(
    key="rainwave_song", entity_category=None, value_fn=lambda link: link.song
)
_ALBUM: Final = LinkSensorDescription(
    key="rainwave_album",
    entity_category=None,
    value_fn=lambda link: (
        link.gateway.playing.album[:255] if link.gateway.playing else None
    ),
)

STATION: Final = "rainwave_station"
ENABLED: Final = "rainwave_enabled"

FEATURE: Final = Feature(
    key="rainwave",
    phoenix=rainwave_parts,
    entities={
        Platform.SELECT: {STATION: MaestraRainwaveStation},
        Platform.SWITCH: {ENABLED: MaestraRainwaveEnabled},
    },
    subentries={SUBENTRY_RAINWAVE: RainwaveFlow},
    links={SUBENTRY_RAINWAVE: RainwaveLink},
    link_entities={
        SUBENTRY_RAINWAVE: (
            CONNECTIVITY,
            *link_sensors(_SONG, _ALBUM),
            Presentation(platform=Platform.SELECT, kind=STATION, key=STATION),
            Presentation(platform=Platform.SWITCH, kind=ENABLED, key=ENABLED),
        )
    },
)

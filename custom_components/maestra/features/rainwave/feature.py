"""What Rainwave brings to Home Assistant."""

from typing import Final

from ...const import SUBENTRY_RAINWAVE
from ...hub.feature import Feature
from ...hub.link_sensors import CONNECTIVITY, LinkSensorDescription, link_sensors
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

FEATURE: Final = Feature(
    key="rainwave",
    subentries={SUBENTRY_RAINWAVE: RainwaveFlow},
    links={SUBENTRY_RAINWAVE: RainwaveLink},
    link_entities={SUBENTRY_RAINWAVE: (CONNECTIVITY, *link_sensors(_SONG, _ALBUM))},
)

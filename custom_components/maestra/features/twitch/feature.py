"""What Twitch brings to Home Assistant."""

from typing import Final

from homeassistant.components.sensor import SensorStateClass

from ...const import SUBENTRY_TWITCH_CHANNEL
from ...hub.feature import Feature
from ...hub.link_sensors import (
    CONNECTIVITY,
    LinkSensorDescription,
    link_sensors,
    of_gateway,
)
from .account import TWITCH_CONSENT
from .channels import twitch_parts
from .flow import TwitchChannelFlow
from .link import TwitchLink

_EVENTS: Final = LinkSensorDescription(
    key="twitch_events",
    state_class=SensorStateClass.TOTAL_INCREASING,
    value_fn=of_gateway(lambda gateway: gateway.counters["events"]),
)
_ACCOUNT: Final = LinkSensorDescription(
    key="twitch_account", value_fn=lambda link: link.account_name
)

FEATURE: Final = Feature(
    key="twitch",
    phoenix=twitch_parts,
    subentries={SUBENTRY_TWITCH_CHANNEL: TwitchChannelFlow},
    links={SUBENTRY_TWITCH_CHANNEL: TwitchLink},
    link_entities={
        SUBENTRY_TWITCH_CHANNEL: (CONNECTIVITY, *link_sensors(_EVENTS, _ACCOUNT))
    },
    consents={SUBENTRY_TWITCH_CHANNEL: TWITCH_CONSENT},
)

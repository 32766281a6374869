"""The topics, each in a room of its own. What is listed here is all that Home Assistant sees of them."""

from typing import Final

from .blueprints.feature import FEATURE as BLUEPRINTS
from .context.feature import FEATURE as CONTEXT
from .cues.feature import FEATURE as CUES
from .detectors.feature import FEATURE as DETECTORS
from .entities.feature import FEATURE as ENTITIES
from .experiences.feature import FEATURE as EXPERIENCES
from .f2.feature import FEATURE as F2
from .fleet_api.feature import FEATURE as FLEET_API
from .frontend.feature import FEATURE as FRONTEND
from .history.feature import FEATURE as HISTORY
from .ironmon.feature import FEATURE as IRONMON
from .iss.feature import FEATURE as ISS
from .links.feature import FEATURE as LINKS
from .mdns.feature import FEATURE as MDNS
from .mqtt.feature import FEATURE as MQTT
from .nats.feature import FEATURE as NATS
from .obs.feature import FEATURE as OBS
from .osc.feature import FEATURE as OSC
from .phoenix.feature import FEATURE as PHOENIX
from .pki.feature import FEATURE as PKI
from .production.feature import FEATURE as PRODUCTION
from .qs.feature import FEATURE as QS
from .rainwave.feature import FEATURE as RAINWAVE
from .remote_service.feature import FEATURE as REMOTE_SERVICE
from .streams.feature import FEATURE as STREAMS
from .transcription.feature import FEATURE as TRANSCRIPTION
from .twitch.feature import FEATURE as TWITCH
from .voice.feature import FEATURE as VOICE
from .websocket.feature import FEATURE as WEBSOCKET

# In this order managers start, links connect, and the menu of the options is shown: the cards are there before a page
# is opened, cue lists before the experiences that have them, the store before what it records, the authority before the brokers that need its certificates.
FEATURES: Final = (
    FRONTEND,
    ENTITIES,
    CUES,
    EXPERIENCES,
    HISTORY,
    PKI,
    STREAMS,
    MQTT,
    NATS,
    FLEET_API,
    WEBSOCKET,
    OSC,
    MDNS,
    F2,
    QS,
    ISS,
    DETECTORS,
    PRODUCTION,
    CONTEXT,
    OBS,
    TRANSCRIPTION,
    PHOENIX,
    TWITCH,
    IRONMON,
    RAINWAVE,
    REMOTE_SERVICE,
    LINKS,
    BLUEPRINTS,
    VOICE,
)

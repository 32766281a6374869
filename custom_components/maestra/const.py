"""Names shared by the Home Assistant side."""

from datetime import timedelta
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "maestra"

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.EVENT,
    Platform.LIGHT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.TEXT,
]

# Options of the hub.
CONF_CREATE_UNKNOWN: Final = "create_unknown"
CONF_STRICT: Final = "strict"
CONF_OFFLINE_AFTER: Final = "offline_after"  # seconds
DEFAULT_CREATE_UNKNOWN: Final = True
DEFAULT_STRICT: Final = False
DEFAULT_OFFLINE_AFTER: Final = 300
CONF_RECORD: Final = "record"  # which of Home Assistant's entities the store records
CONF_ALL: Final = "all"
CONF_AREAS: Final = "areas"
CONF_LABELS: Final = "labels"
CONF_GLOBS: Final = "globs"
# Days, 0 for ever; see `recording_filter` for their defaults.
CONF_KEEP_METRICS: Final = "keep_metrics"
CONF_KEEP_HOURLY: Final = "keep_hourly"
CONF_KEEP_DAILY: Final = "keep_daily"
CONF_KEEP_EVENTS: Final = "keep_events"
CONF_KEEP_STATES: Final = "keep_states"
CONF_COMPRESS_AFTER: Final = "compress_after"  # 0 for never

# The `mqtt_broker` subentry. Host, port, user and password have Home Assistant's own names.
SUBENTRY_MQTT_BROKER: Final = "mqtt_broker"
CONF_TRANSPORT: Final = "transport"
TRANSPORT_DIRECT: Final = "direct"
TRANSPORT_HOME_ASSISTANT: Final = "home_assistant"
CONF_TLS: Final = "tls"
CONF_CA_CERTIFICATE: Final = "ca_certificate"  # PEM
CONF_CLIENT_CERTIFICATE: Final = "client_certificate"  # PEM
CONF_CLIENT_KEY: Final = "client_key"  # PEM
CONF_EVENT_SIZE_LIMIT: Final = "event_size_limit"  # bytes, 0 for none

# The MQTT client id of a direct connection is made once: the broker keeps our session under it.
CONF_MQTT_CLIENT_ID: Final = "mqtt_client_id"

# The `timescale_store` subentry. What it shares with a broker has the same names.
SUBENTRY_TIMESCALE_STORE: Final = "timescale_store"
CONF_DATABASE: Final = "database"
CONF_TLS_MODE: Final = "tls_mode"
DEFAULT_DATABASE: Final = "maestra"

CONF_SUBENTRY_ID: Final = "subentry_id"

LINK_REPAIR_AFTER: Final = timedelta(minutes=5)
STATE_WRITE_WINDOW: Final = timedelta(milliseconds=50)
LOOK_INTERVAL: Final = timedelta(seconds=5)

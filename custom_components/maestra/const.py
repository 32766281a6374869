"""Names shared by the Home Assistant side."""

from datetime import timedelta
from enum import IntFlag
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "maestra"

# On Home Assistant's bus: something for the logbook.
EVENT_HAPPENED: Final = "maestra_happened"
ATTR_TEXTS: Final = "texts"  # where the names of its types are in the translations
ATTR_DETAIL: Final = "detail"

NONE: Final = "none"
"""The state of an entity about something that there is not; unknown is what nobody can tell."""

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.DEVICE_TRACKER,
    Platform.EVENT,
    Platform.LIGHT,
    Platform.LOCK,
    Platform.NUMBER,
    Platform.SCENE,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SIREN,
    Platform.SWITCH,
    Platform.TEXT,
    Platform.UPDATE,
]


class TargetKind(IntFlag):
    """What stands behind an entity of Home Assistant: triggers, conditions and actions are offered for what they fit.

    Of the entities of one integration, Home Assistant tells apart those of a platform by their `supported_features`
    alone. In triggers.yaml, conditions.yaml and services.yaml the bits have the names of a `cover`, and what that has not
    those of a `climate` or a `vacuum`: each bit needs the name of one in Home Assistant's own enumerations. Cameras, lights, locks, sirens and
    updates have features of their own: they are told by their platform.
    """

    ENTITY = 1
    DEVICE = 2
    STREAM = 4
    DETECTOR = 8
    QS_NODE = 16
    F2_READER = 32
    HUB = 64  # stands for everything
    OTHER = 128
    PRODUCTION = 256
    CUE_LIST = 512
    EXPERIENCE = 1024
    TRANSCRIPTION = 2048


# Options of the hub.
CONF_CREATE_UNKNOWN: Final = "create_unknown"
CONF_STRICT: Final = "strict"
CONF_STATE_WRITES: Final = "state_writes"  # a second, of all entities together
DEFAULT_STATE_WRITES: Final = 200
CONF_OFFLINE_AFTER: Final = "offline_after"  # seconds
DEFAULT_CREATE_UNKNOWN: Final = True
DEFAULT_STRICT: Final = False
DEFAULT_OFFLINE_AFTER: Final = 300
CONF_AUTO_ACCEPT: Final = "auto_accept"  # requests of streams
DEFAULT_AUTO_ACCEPT: Final = True
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
CONF_KEEP_EVENT_IDS: Final = "keep_event_ids"
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
CONF_BRIDGE: Final = "bridge"
DEFAULT_BRIDGE: Final = True
CONF_DIALECTS: Final = "dialects"
DIALECT_MAESTRA: Final = "maestra"
DIALECT_F2: Final = "f2"
DIALECT_QS: Final = "qs"
DEFAULT_DIALECTS: Final = (DIALECT_MAESTRA,)

# The MQTT client id of a direct connection is made once: the broker keeps our session under it.
CONF_MQTT_CLIENT_ID: Final = "mqtt_client_id"

# The `timescale_store` subentry. What it shares with a broker has the same names.
SUBENTRY_TIMESCALE_STORE: Final = "timescale_store"
CONF_DATABASE: Final = "database"
CONF_TLS_MODE: Final = "tls_mode"
DEFAULT_DATABASE: Final = "maestra"

# The `osc_target` subentry. Host and port have Home Assistant's own names.
SUBENTRY_OSC_TARGET: Final = "osc_target"

# The `nats_server` subentry. What it shares with a broker has the same names.
SUBENTRY_NATS_SERVER: Final = "nats_server"
CONF_AUTH: Final = "auth"
CONF_NKEY_SEED: Final = "nkey_seed"

# The `stream_cluster` subentry: a NATS server with JetStream, and others of its cluster.
SUBENTRY_STREAM_CLUSTER: Final = "stream_cluster"
CONF_SERVERS: Final = "servers"
CONF_STREAM: Final = "stream"
DEFAULT_STREAM: Final = "$MQTT_msgs"
CONF_BUCKET: Final = "bucket"  # empty: nobody's settings are written
CONF_PARTITIONS: Final = "partitions"
CONF_WORKERS: Final = "workers"

# The `f2_controller` subentry. The name is its title.
SUBENTRY_F2_CONTROLLER: Final = "f2_controller"
CONF_ZONE: Final = "zone"  # of its clock; absent for Home Assistant's
CONF_WIRING: Final = "wiring"
CONF_UNLOCK_PERIOD: Final = "unlock_period"  # seconds
CONF_LOCKED_BY_POWER: Final = "locked_by_power"
CONF_OPEN_IS_FALSE: Final = "open_is_false"
DEFAULT_UNLOCK_PERIOD: Final = 5
# Hub option: the sensor templates that are not as they come with Maestra.
CONF_F2_TEMPLATES: Final = "f2_templates"
# In the entry's data: what keeps the hashes of credentials ours alone.
CONF_F2_SALT: Final = "f2_salt"

# The `detector` subentry. The name is its title.
SUBENTRY_DETECTOR: Final = "detector"
CONF_KIND: Final = "kind"
CONF_SERIES: Final = "series"
CONF_SETTINGS: Final = "settings"

# The `iss_telemetry` subentry. The URL has Home Assistant's own name.
SUBENTRY_ISS_TELEMETRY: Final = "iss_telemetry"
CONF_CHANNELS: Final = "channels"  # those that are shown
CONF_FEED: Final = (
    "feed"  # what tells its series from those of other feeds, absent for the first
)
CONF_POSITION: Final = "position"  # whether that is shown
CONF_MIN_INTERVAL: Final = "min_interval"  # seconds between two states of one entity
CONF_SILENCE: Final = "silence"  # seconds
DEFAULT_MIN_INTERVAL: Final = 5
DEFAULT_SILENCE: Final = 30

# The `production` subentry. The name is its title.
SUBENTRY_PRODUCTION: Final = "production"
NO_PRODUCTION: Final = "no_production"
"""Why nothing can be added that belongs to one."""
CONF_CONTENT_TYPES: Final = "content_types"
CONF_TEMPLATES: Final = "templates"
CONF_SHOWS: Final = "shows"
CONF_TICKER_INTERVAL: Final = "ticker_interval"  # seconds

# The `overlay` subentry: a page for a browser source. The name is its title.
SUBENTRY_OVERLAY: Final = "overlay"
CONF_PRODUCTION: Final = "production"  # the id of its subentry
CONF_LAYERS: Final = "layers"
CONF_TOKEN: Final = "token"
# Where the pages are; the secret follows.
OVERLAY_URL: Final = "/maestra_overlay"

# The `transcription` subentry. Language and address (of a stream that ffmpeg reads) have Home Assistant's own names, the
# production, which shows captions, that of an overlay's. The name is its title.
SUBENTRY_TRANSCRIPTION: Final = "transcription"
CONF_IGNORED: Final = "ignored"  # what counts as nothing said
CONF_ONLY_WHILE: Final = "only_while"  # an entity that is on
CONF_SOURCES: Final = "sources"  # ids or names, none for all
CONF_STT_ENTITY: Final = "stt_entity"

# The `obs_instance` subentry. Host, port and password have Home Assistant's own names.
SUBENTRY_OBS_INSTANCE: Final = "obs_instance"
# What tells the inputs of an OBS from itself among the identifiers of our devices.
OBS_AUDIO_SUFFIX: Final = ":audio"
OBS_SCENES_SUFFIX: Final = ":scenes"

# The `twitch_channel` subentry. The production, and the link to the account, have their usual names.
SUBENTRY_TWITCH_CHANNEL: Final = "twitch_channel"
CONF_TOPICS: Final = "topics"
CONF_ACCOUNT_ID: Final = "user_id"
CONF_ACCOUNT_NAME: Final = "username"

# The `stream_context` subentry. The production has its usual name; the name is its title.
SUBENTRY_STREAM_CONTEXT: Final = "stream_context"
CONF_AI_TASK: Final = "ai_task"  # the entity that analyses, none for word lists
CONF_AGENT: Final = "conversation_agent"  # the entity that answers questions
CONF_INTERVAL: Final = "interval"  # minutes

# The `remote_service` subentry: a process manager. Host and port have Home Assistant's own names.
SUBENTRY_REMOTE_SERVICE: Final = "remote_service"
# What tells the processes of a manager from itself among the identifiers of our devices.
PROCESSES_SUFFIX: Final = ":processes"

# The `ironmon` subentry: a port. What it shares with listeners and productions has the same names.
SUBENTRY_IRONMON: Final = "ironmon"

# The `rainwave` subentry. Production and account have their usual names.
SUBENTRY_RAINWAVE: Final = "rainwave"
CONF_STATION: Final = "station"

# What each device is given in secret, by its id, in the entry's data.
CONF_ENV_VARS: Final = "env_vars"
# What their claiming codes are made with.
CONF_CLAIM_KEY: Final = "claim_key"

# The listeners of the hub: the names of their options, of their links, and of the gateway in a Source.
LISTENER_FLEET_API: Final = "fleet_api"
LISTENER_WEBSOCKET: Final = "websocket"
LISTENER_OSC: Final = "osc"
LISTENER_AUDIO: Final = "audio"
LISTENER_PHOENIX: Final = "phoenix"
CONF_ENABLED: Final = "enabled"
CONF_NETWORKS: Final = "networks"  # CIDR, or LOCAL_NETWORKS
LOCAL_NETWORKS: Final = "local"  # this host, and its own private subnets
CONF_ORIGINS: Final = "origins"
CONF_HOSTS: Final = "hosts"
CONF_MAX_CLIENTS: Final = "max_clients"
CONF_RATE: Final = "rate"  # messages a second for each address, 0 for no limit
CONF_HEALTH_PORT: Final = "health_port"  # 0 for none
CONF_TCP_PORT: Final = "tcp_port"  # 0 for none
CONF_OSCQUERY_PORT: Final = "oscquery_port"  # 0 for none
CONF_OSC_MAPS: Final = "osc_maps"
# In the entry's data, by listener: never in the options, which are shown again.
CONF_TOKENS: Final = "tokens"

# The options of QS devices, in one mapping. The zone is that of times without an offset.
CONF_QS: Final = "qs"
CONF_MISMATCH: Final = "mismatch"
CONF_DEVICES: Final = "devices"  # those that are shown, none for all
CONF_GROUP: Final = "group"  # of a shared subscription, empty for none
DEFAULT_ZONE: Final = "America/Los_Angeles"

CONF_SUBENTRY_ID: Final = "subentry_id"

# What tells streams from everything else among the identifiers of our devices.
STREAM_PREFIX: Final = "stream:"
# The same for F2 controllers, their connectors and their sensors.
F2_PREFIX: Final = "f2:"
QS_PREFIX: Final = "qs:"
# And for the disciplines of the telemetry of the ISS, and its position.
ISS_PREFIX: Final = "iss:"
# What stands for all QS devices together.
QS_ID: Final = "qs"

LINK_REPAIR_AFTER: Final = timedelta(minutes=5)
REFRESH_INTERVAL: Final = timedelta(seconds=5)

# The `certificate_authority` subentry.
SUBENTRY_CERTIFICATE_AUTHORITY: Final = "certificate_authority"
CONF_AUTHORITY_ID: Final = "authority_id"  # where its key is kept
CONF_PASSPHRASE: Final = "passphrase"  # of that key
CONF_KEY_TYPE: Final = "key_type"
CONF_DEVICE_NAMES: Final = "device_names"
CONF_BROKER_NAMES: Final = "broker_names"
CONF_DEVICE_DAYS: Final = "device_days"
CONF_BROKER_DAYS: Final = "broker_days"
CONF_CRL_DAYS: Final = "crl_days"
CONF_ALLOWED_MACS: Final = "allowed_macs"
CONF_NEEDS_CODE: Final = "needs_code"
CONF_WINDOW: Final = "window"  # minutes
# Of a broker: our own certificate is the authority's, and renewed by it.
CONF_OWN_CERTIFICATE: Final = "own_certificate"

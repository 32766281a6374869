-- What is known: devices, entities and their types, and the entities of Home Assistant.
CREATE EXTENSION IF NOT EXISTS ltree;

CREATE TABLE devices (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    device_type text NOT NULL,
    hardware_id text NOT NULL,
    firmware_version text,
    ip_address text,
    location jsonb,
    metadata jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'offline',
    last_seen timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- Not unique: a device that was deleted stays, for the sake of what it measured.
CREATE INDEX devices_hardware_id_idx ON devices (hardware_id);

CREATE TABLE entity_types (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    display_name text NOT NULL,
    description text,
    icon text
);

CREATE TABLE entities (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    slug text NOT NULL,
    entity_type_id uuid,
    parent_id uuid,
    path ltree,
    state jsonb NOT NULL DEFAULT '{}',
    state_updated_at timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL DEFAULT 'active',
    description text,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    device_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entities_path_idx ON entities USING gist (path);
CREATE INDEX entities_slug_idx ON entities (slug);

CREATE TABLE ha_entities (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity_id text NOT NULL UNIQUE,
    name text,
    device text,
    area text,
    labels text[] NOT NULL DEFAULT '{}',
    unit text,
    device_class text
);

-- What happens. Rows that are sent again are recognised by their batch, so these need no unique key.
CREATE TABLE device_metrics (
    time timestamptz NOT NULL,
    device_id uuid NOT NULL,
    metric_name text NOT NULL,
    metric_value double precision NOT NULL,
    unit text,
    tags jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX device_metrics_series_idx ON device_metrics (device_id, metric_name, time DESC);

CREATE TABLE device_events (
    time timestamptz NOT NULL,
    device_id uuid NOT NULL,
    event_type text NOT NULL,
    severity text NOT NULL DEFAULT 'info',
    message text,
    data jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX device_events_device_idx ON device_events (device_id, time DESC);

CREATE TABLE entity_states (
    time timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    entity_slug text NOT NULL,
    entity_type text NOT NULL,
    entity_path text,
    state jsonb NOT NULL,
    previous_state jsonb,
    changed_keys text[] NOT NULL DEFAULT '{}',
    source text
);
CREATE INDEX entity_states_entity_idx ON entity_states (entity_id, time DESC);

-- The numbers in the states, one row a variable: what charts read.
CREATE TABLE entity_values (
    time timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    variable text NOT NULL,
    value double precision NOT NULL
);
CREATE INDEX entity_values_series_idx ON entity_values (entity_id, variable, time DESC);

CREATE TABLE stream_sessions (
    time timestamptz NOT NULL,
    session_id uuid NOT NULL,
    stream_id uuid,
    stream_name text,
    stream_type text,
    publisher_id text,
    publisher_address text,
    consumer_id text,
    consumer_address text,
    protocol text,
    transport_config jsonb NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'active',
    ended_at timestamptz,
    duration_seconds double precision,
    bytes_transferred bigint NOT NULL DEFAULT 0,
    error_message text,
    metadata jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX stream_sessions_session_idx ON stream_sessions (session_id, time DESC);

CREATE TABLE ha_states (
    time timestamptz NOT NULL,
    entity integer NOT NULL,
    state text,
    value double precision,
    attributes jsonb
);
CREATE INDEX ha_states_entity_idx ON ha_states (entity, time DESC);

-- A hypertable's unique key must contain the time, and an event that is sent again comes at another
-- time: its id is claimed here, in the same transaction.
CREATE TABLE event_ids (
    event_id text PRIMARY KEY,
    ts_server timestamptz NOT NULL
);
CREATE INDEX event_ids_ts_server_idx ON event_ids (ts_server);

CREATE TABLE events (
    event_id text NOT NULL,
    device_id text NOT NULL,
    schema integer NOT NULL,
    event_type text NOT NULL,
    value_num double precision,
    value_text text,
    unit text,
    ts_device timestamptz,
    ts_server timestamptz NOT NULL DEFAULT now(),
    meta jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX idx_events_ts_device ON events (ts_device);
CREATE INDEX idx_events_type_ts ON events (event_type, ts_server DESC);
CREATE INDEX idx_events_device_ts ON events (device_id, event_type, ts_server DESC);

CREATE TABLE decoded_data (
    timestamp timestamptz NOT NULL,
    device_id integer NOT NULL,
    datapoint_id integer NOT NULL,
    value double precision,
    PRIMARY KEY (device_id, datapoint_id, timestamp)
);

CREATE TABLE telemetry_readings (
    timestamp timestamptz NOT NULL,
    channel text NOT NULL,
    value double precision,
    calibrated_data text,
    status_class text,
    status_indicator text,
    status_color text,
    metadata jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (channel, timestamp)
);

CREATE TABLE detected_events (
    detected_at timestamptz NOT NULL,
    event_type text NOT NULL,
    channel text NOT NULL,
    confidence double precision,
    metadata jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (event_type, channel, detected_at)
);

CREATE TABLE show_annotations (
    id uuid PRIMARY KEY,
    time timestamptz NOT NULL DEFAULT now(),
    title text NOT NULL,
    description text,
    category text NOT NULL DEFAULT 'general',
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX show_annotations_time_idx ON show_annotations (time DESC);

-- The writer's own.
CREATE TABLE maestra_batches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    writer text NOT NULL,
    run uuid NOT NULL,
    number bigint NOT NULL,
    receipts bytea,
    UNIQUE (run, number)
);
CREATE INDEX maestra_batches_writer_idx ON maestra_batches (writer, id DESC);

-- Rows that no table takes, with the reason: kept until somebody has looked.
CREATE TABLE maestra_rejected (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    table_name text NOT NULL,
    reason text NOT NULL,
    row_text text NOT NULL
);

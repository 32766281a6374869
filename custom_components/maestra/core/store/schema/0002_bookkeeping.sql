-- What the maintenance has to know.
-- How far each rollup is settled: buckets before the watermark are computed, later ones are not.
CREATE TABLE maestra_rollups (
    name text PRIMARY KEY,
    watermark timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO maestra_rollups (name) VALUES
    ('device_metrics_hourly'),
    ('device_metrics_daily'),
    ('entity_values_hourly'),
    ('entity_values_daily'),
    ('ha_states_hourly'),
    ('ha_states_daily'),
    ('events_hourly'),
    ('events_daily'),
    ('decoded_data_hourly'),
    ('decoded_data_daily'),
    ('telemetry_readings_hourly'),
    ('telemetry_readings_daily'),
    ('entity_states_hourly'),
    ('entity_states_daily');

-- Ranges of time in which rows came after their buckets were settled. The writer notes them with the rows.
CREATE TABLE maestra_late (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    start timestamptz NOT NULL,
    "end" timestamptz NOT NULL
);

-- Since when a table still has all its rows: nothing older may be computed from it again.
CREATE TABLE maestra_kept (
    source text PRIMARY KEY,
    since timestamptz NOT NULL
);

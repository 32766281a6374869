-- Where the database has no continuous aggregates, a table of ours holds what is settled and a view adds
-- the aggregation of what is newer than the watermark. Here the watermark is before everything: settling.py
-- replaces the views when it moves, with a literal, so that the planner leaves out old chunks.
-- Numbers beyond 1e100 are garbage, and the square of one would fail the aggregation of all (overflow).

CREATE TABLE device_metrics_hourly_rollup (
    bucket timestamptz NOT NULL,
    device_id uuid NOT NULL,
    metric_name text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, metric_name, bucket)
);
CREATE INDEX device_metrics_hourly_rollup_bucket_idx ON device_metrics_hourly_rollup (bucket);
CREATE VIEW device_metrics_hourly AS
SELECT bucket, device_id, metric_name, avg_value, min_value, max_value, last_value, sample_count
FROM device_metrics_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', time, '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    metric_name,
    avg(metric_value) AS avg_value,
    min(metric_value) AS min_value,
    max(metric_value) AS max_value,
    (array_agg(metric_value ORDER BY time DESC))[1] AS last_value,
    count(*) AS sample_count
FROM device_metrics
WHERE time >= '-infinity' AND metric_value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3;

CREATE TABLE device_metrics_daily_rollup (
    bucket timestamptz NOT NULL,
    device_id uuid NOT NULL,
    metric_name text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, metric_name, bucket)
);
CREATE INDEX device_metrics_daily_rollup_bucket_idx ON device_metrics_daily_rollup (bucket);
CREATE VIEW device_metrics_daily AS
SELECT bucket, device_id, metric_name, avg_value, min_value, max_value, last_value, sample_count
FROM device_metrics_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    metric_name,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM device_metrics_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2, 3;

CREATE TABLE entity_values_hourly_rollup (
    bucket timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    variable text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (entity_id, variable, bucket)
);
CREATE INDEX entity_values_hourly_rollup_bucket_idx ON entity_values_hourly_rollup (bucket);
CREATE VIEW entity_values_hourly AS
SELECT bucket, entity_id, variable, avg_value, min_value, max_value, last_value, sample_count
FROM entity_values_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', time, '2000-01-01 00:00:00+00') AS bucket,
    entity_id,
    variable,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    (array_agg(value ORDER BY time DESC))[1] AS last_value,
    count(*) AS sample_count
FROM entity_values
WHERE time >= '-infinity' AND value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3;

CREATE TABLE entity_values_daily_rollup (
    bucket timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    variable text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (entity_id, variable, bucket)
);
CREATE INDEX entity_values_daily_rollup_bucket_idx ON entity_values_daily_rollup (bucket);
CREATE VIEW entity_values_daily AS
SELECT bucket, entity_id, variable, avg_value, min_value, max_value, last_value, sample_count
FROM entity_values_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    entity_id,
    variable,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM entity_values_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2, 3;

CREATE TABLE ha_states_hourly_rollup (
    bucket timestamptz NOT NULL,
    entity integer NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (entity, bucket)
);
CREATE INDEX ha_states_hourly_rollup_bucket_idx ON ha_states_hourly_rollup (bucket);
CREATE VIEW ha_states_hourly AS
SELECT bucket, entity, avg_value, min_value, max_value, last_value, sample_count
FROM ha_states_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', time, '2000-01-01 00:00:00+00') AS bucket,
    entity,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    (array_agg(value ORDER BY time DESC))[1] AS last_value,
    count(*) AS sample_count
FROM ha_states
WHERE time >= '-infinity' AND value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2;

CREATE TABLE ha_states_daily_rollup (
    bucket timestamptz NOT NULL,
    entity integer NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (entity, bucket)
);
CREATE INDEX ha_states_daily_rollup_bucket_idx ON ha_states_daily_rollup (bucket);
CREATE VIEW ha_states_daily AS
SELECT bucket, entity, avg_value, min_value, max_value, last_value, sample_count
FROM ha_states_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    entity,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM ha_states_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2;

CREATE TABLE events_hourly_rollup (
    bucket timestamptz NOT NULL,
    device_id text NOT NULL,
    event_type text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, event_type, bucket)
);
CREATE INDEX events_hourly_rollup_bucket_idx ON events_hourly_rollup (bucket);
CREATE VIEW events_hourly AS
SELECT bucket, device_id, event_type, avg_value, min_value, max_value, last_value, sample_count
FROM events_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', ts_server, '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    event_type,
    avg(value_num) AS avg_value,
    min(value_num) AS min_value,
    max(value_num) AS max_value,
    (array_agg(value_num ORDER BY ts_server DESC))[1] AS last_value,
    count(*) AS sample_count
FROM events
WHERE ts_server >= '-infinity' AND value_num BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3;

CREATE TABLE events_daily_rollup (
    bucket timestamptz NOT NULL,
    device_id text NOT NULL,
    event_type text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, event_type, bucket)
);
CREATE INDEX events_daily_rollup_bucket_idx ON events_daily_rollup (bucket);
CREATE VIEW events_daily AS
SELECT bucket, device_id, event_type, avg_value, min_value, max_value, last_value, sample_count
FROM events_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    event_type,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM events_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2, 3;

CREATE TABLE decoded_data_hourly_rollup (
    bucket timestamptz NOT NULL,
    device_id integer NOT NULL,
    datapoint_id integer NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, datapoint_id, bucket)
);
CREATE INDEX decoded_data_hourly_rollup_bucket_idx ON decoded_data_hourly_rollup (bucket);
CREATE VIEW decoded_data_hourly AS
SELECT bucket, device_id, datapoint_id, avg_value, min_value, max_value, last_value, sample_count
FROM decoded_data_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', "timestamp", '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    datapoint_id,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    (array_agg(value ORDER BY "timestamp" DESC))[1] AS last_value,
    count(*) AS sample_count
FROM decoded_data
WHERE "timestamp" >= '-infinity' AND value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3;

CREATE TABLE decoded_data_daily_rollup (
    bucket timestamptz NOT NULL,
    device_id integer NOT NULL,
    datapoint_id integer NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (device_id, datapoint_id, bucket)
);
CREATE INDEX decoded_data_daily_rollup_bucket_idx ON decoded_data_daily_rollup (bucket);
CREATE VIEW decoded_data_daily AS
SELECT bucket, device_id, datapoint_id, avg_value, min_value, max_value, last_value, sample_count
FROM decoded_data_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    device_id,
    datapoint_id,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM decoded_data_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2, 3;

CREATE TABLE telemetry_readings_hourly_rollup (
    bucket timestamptz NOT NULL,
    channel text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (channel, bucket)
);
CREATE INDEX telemetry_readings_hourly_rollup_bucket_idx ON telemetry_readings_hourly_rollup (bucket);
CREATE VIEW telemetry_readings_hourly AS
SELECT bucket, channel, avg_value, min_value, max_value, last_value, sample_count
FROM telemetry_readings_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', "timestamp", '2000-01-01 00:00:00+00') AS bucket,
    channel,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    (array_agg(value ORDER BY "timestamp" DESC))[1] AS last_value,
    count(*) AS sample_count
FROM telemetry_readings
WHERE "timestamp" >= '-infinity' AND value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2;

CREATE TABLE telemetry_readings_daily_rollup (
    bucket timestamptz NOT NULL,
    channel text NOT NULL,
    avg_value double precision NOT NULL,
    min_value double precision NOT NULL,
    max_value double precision NOT NULL,
    last_value double precision NOT NULL,
    sample_count bigint NOT NULL,
    PRIMARY KEY (channel, bucket)
);
CREATE INDEX telemetry_readings_daily_rollup_bucket_idx ON telemetry_readings_daily_rollup (bucket);
CREATE VIEW telemetry_readings_daily AS
SELECT bucket, channel, avg_value, min_value, max_value, last_value, sample_count
FROM telemetry_readings_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    channel,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM telemetry_readings_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2;

CREATE TABLE entity_states_hourly_rollup (
    bucket timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    entity_slug text NOT NULL,
    entity_type text NOT NULL,
    change_count bigint NOT NULL,
    PRIMARY KEY (entity_id, entity_slug, entity_type, bucket)
);
CREATE INDEX entity_states_hourly_rollup_bucket_idx ON entity_states_hourly_rollup (bucket);
CREATE VIEW entity_states_hourly AS
SELECT bucket, entity_id, entity_slug, entity_type, change_count
FROM entity_states_hourly_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 hour', time, '2000-01-01 00:00:00+00') AS bucket,
    entity_id,
    entity_slug,
    entity_type,
    count(*) AS change_count
FROM entity_states
WHERE time >= '-infinity'
GROUP BY 1, 2, 3, 4;

CREATE TABLE entity_states_daily_rollup (
    bucket timestamptz NOT NULL,
    entity_id uuid NOT NULL,
    entity_slug text NOT NULL,
    entity_type text NOT NULL,
    change_count bigint NOT NULL,
    PRIMARY KEY (entity_id, entity_slug, entity_type, bucket)
);
CREATE INDEX entity_states_daily_rollup_bucket_idx ON entity_states_daily_rollup (bucket);
CREATE VIEW entity_states_daily AS
SELECT bucket, entity_id, entity_slug, entity_type, change_count
FROM entity_states_daily_rollup
WHERE bucket < '-infinity'
UNION ALL
SELECT
    date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
    entity_id,
    entity_slug,
    entity_type,
    sum(change_count)::bigint AS change_count
FROM entity_states_hourly
WHERE bucket >= '-infinity'
GROUP BY 1, 2, 3, 4;

-- Continuous aggregates take the place of our own rollups, where the database was on a lower tier before.
-- Numbers beyond 1e100 are garbage, and the square of one would fail the aggregation of all (overflow).

DROP VIEW IF EXISTS device_metrics_daily;
DROP VIEW IF EXISTS device_metrics_hourly;
DROP VIEW IF EXISTS entity_values_daily;
DROP VIEW IF EXISTS entity_values_hourly;
DROP VIEW IF EXISTS ha_states_daily;
DROP VIEW IF EXISTS ha_states_hourly;
DROP VIEW IF EXISTS events_daily;
DROP VIEW IF EXISTS events_hourly;
DROP VIEW IF EXISTS decoded_data_daily;
DROP VIEW IF EXISTS decoded_data_hourly;
DROP VIEW IF EXISTS telemetry_readings_daily;
DROP VIEW IF EXISTS telemetry_readings_hourly;
DROP VIEW IF EXISTS entity_states_daily;
DROP VIEW IF EXISTS entity_states_hourly;

CREATE MATERIALIZED VIEW device_metrics_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', time) AS bucket,
    device_id,
    metric_name,
    avg(metric_value) AS avg_value,
    min(metric_value) AS min_value,
    max(metric_value) AS max_value,
    last(metric_value, time) AS last_value,
    count(*) AS sample_count
FROM device_metrics
WHERE metric_value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX device_metrics_hourly_series_idx ON device_metrics_hourly (device_id, metric_name, bucket);

CREATE MATERIALIZED VIEW device_metrics_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    device_id,
    metric_name,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM device_metrics_hourly
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX device_metrics_daily_series_idx ON device_metrics_daily (device_id, metric_name, bucket);

CREATE MATERIALIZED VIEW entity_values_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', time) AS bucket,
    entity_id,
    variable,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    last(value, time) AS last_value,
    count(*) AS sample_count
FROM entity_values
WHERE value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX entity_values_hourly_series_idx ON entity_values_hourly (entity_id, variable, bucket);

CREATE MATERIALIZED VIEW entity_values_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    entity_id,
    variable,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM entity_values_hourly
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX entity_values_daily_series_idx ON entity_values_daily (entity_id, variable, bucket);

CREATE MATERIALIZED VIEW ha_states_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', time) AS bucket,
    entity,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    last(value, time) AS last_value,
    count(*) AS sample_count
FROM ha_states
WHERE value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2
WITH NO DATA;
CREATE INDEX ha_states_hourly_series_idx ON ha_states_hourly (entity, bucket);

CREATE MATERIALIZED VIEW ha_states_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    entity,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM ha_states_hourly
GROUP BY 1, 2
WITH NO DATA;
CREATE INDEX ha_states_daily_series_idx ON ha_states_daily (entity, bucket);

CREATE MATERIALIZED VIEW events_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', ts_server) AS bucket,
    device_id,
    event_type,
    avg(value_num) AS avg_value,
    min(value_num) AS min_value,
    max(value_num) AS max_value,
    last(value_num, ts_server) AS last_value,
    count(*) AS sample_count
FROM events
WHERE value_num BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX events_hourly_series_idx ON events_hourly (device_id, event_type, bucket);

CREATE MATERIALIZED VIEW events_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    device_id,
    event_type,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM events_hourly
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX events_daily_series_idx ON events_daily (device_id, event_type, bucket);

CREATE MATERIALIZED VIEW decoded_data_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', "timestamp") AS bucket,
    device_id,
    datapoint_id,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    last(value, "timestamp") AS last_value,
    count(*) AS sample_count
FROM decoded_data
WHERE value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX decoded_data_hourly_series_idx ON decoded_data_hourly (device_id, datapoint_id, bucket);

CREATE MATERIALIZED VIEW decoded_data_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    device_id,
    datapoint_id,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM decoded_data_hourly
GROUP BY 1, 2, 3
WITH NO DATA;
CREATE INDEX decoded_data_daily_series_idx ON decoded_data_daily (device_id, datapoint_id, bucket);

CREATE MATERIALIZED VIEW telemetry_readings_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', "timestamp") AS bucket,
    channel,
    avg(value) AS avg_value,
    min(value) AS min_value,
    max(value) AS max_value,
    last(value, "timestamp") AS last_value,
    count(*) AS sample_count
FROM telemetry_readings
WHERE value BETWEEN -1e100 AND 1e100
GROUP BY 1, 2
WITH NO DATA;
CREATE INDEX telemetry_readings_hourly_series_idx ON telemetry_readings_hourly (channel, bucket);

CREATE MATERIALIZED VIEW telemetry_readings_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    channel,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM telemetry_readings_hourly
GROUP BY 1, 2
WITH NO DATA;
CREATE INDEX telemetry_readings_daily_series_idx ON telemetry_readings_daily (channel, bucket);

CREATE MATERIALIZED VIEW entity_states_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', time) AS bucket,
    entity_id,
    entity_slug,
    entity_type,
    count(*) AS change_count
FROM entity_states
GROUP BY 1, 2, 3, 4
WITH NO DATA;
CREATE INDEX entity_states_hourly_series_idx ON entity_states_hourly (entity_id, entity_slug, entity_type, bucket);

CREATE MATERIALIZED VIEW entity_states_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    entity_id,
    entity_slug,
    entity_type,
    sum(change_count)::bigint AS change_count
FROM entity_states_hourly
GROUP BY 1, 2, 3, 4
WITH NO DATA;
CREATE INDEX entity_states_daily_series_idx ON entity_states_daily (entity_id, entity_slug, entity_type, bucket);

-- Rows from before what is left of the raw data can't be computed again: they move. Everything else is
-- computed from the raw data by the next pass of the maintenance.
DO $$
DECLARE
    source text;
    level text;
    target regclass;
    columns text;
BEGIN
    FOREACH source IN ARRAY ARRAY[
        'device_metrics',
        'entity_values',
        'ha_states',
        'events',
        'decoded_data',
        'telemetry_readings',
        'entity_states'
    ] LOOP
        FOREACH level IN ARRAY ARRAY['hourly', 'daily'] LOOP
            CONTINUE WHEN to_regclass(format('%I', source || '_' || level || '_rollup')) IS NULL;
            SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
            INTO STRICT target
            FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = current_schema() AND view_name = source || '_' || level;
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            INTO STRICT columns
            FROM pg_attribute
            WHERE attrelid = (source || '_' || level || '_rollup')::regclass AND attnum > 0 AND NOT attisdropped;
            EXECUTE format(
                'INSERT INTO %s (%s) SELECT %s FROM %I WHERE bucket < (SELECT since FROM maestra_kept WHERE source = %L)',
                target, columns, columns, source || '_' || level || '_rollup', source
            );
            EXECUTE format('DROP TABLE %I', source || '_' || level || '_rollup');
        END LOOP;
    END LOOP;
END
$$;

INSERT INTO maestra_late (source, start, "end")
SELECT 'device_metrics', min(time), max(time) FROM device_metrics HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'entity_values', min(time), max(time) FROM entity_values HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'ha_states', min(time), max(time) FROM ha_states HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'events', min(ts_server), max(ts_server) FROM events HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'decoded_data', min("timestamp"), max("timestamp") FROM decoded_data HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'telemetry_readings', min("timestamp"), max("timestamp") FROM telemetry_readings HAVING count(*) > 0;
INSERT INTO maestra_late (source, start, "end")
SELECT 'entity_states', min(time), max(time) FROM entity_states HAVING count(*) > 0;

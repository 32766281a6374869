-- Buckets of one unit each. Those whose rows are gone name none, and move as they are; the others are computed again.
DO $$
DECLARE
    level text;
    stored regclass;
BEGIN
    FOREACH level IN ARRAY ARRAY['hourly', 'daily'] LOOP
        -- On a database that has risen to this tier they are there, with their units.
        IF to_regclass(format('events_%s_units', level)) IS NULL THEN
            SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
            INTO STRICT stored
            FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = current_schema() AND view_name = format('events_%s', level);
            EXECUTE format($move$
                CREATE TABLE events_%s_units AS
                SELECT bucket, device_id, event_type, ''::text AS unit, avg_value, min_value, max_value, last_value, sample_count
                FROM %s WHERE bucket < (SELECT since FROM maestra_kept WHERE source = 'events')
            $move$, level, stored);
        END IF;
    END LOOP;
END
$$;

DROP MATERIALIZED VIEW events_daily;
DROP MATERIALIZED VIEW events_hourly;

CREATE MATERIALIZED VIEW events_hourly
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 hour', ts_server) AS bucket,
    device_id,
    event_type,
    normal_unit(unit) AS unit,
    avg(value_num) AS avg_value,
    min(value_num) AS min_value,
    max(value_num) AS max_value,
    last(value_num, ts_server) AS last_value,
    count(*) AS sample_count
FROM events
WHERE value_num BETWEEN -1e100 AND 1e100
GROUP BY 1, 2, 3, 4
WITH NO DATA;
CREATE INDEX events_hourly_series_idx ON events_hourly (device_id, event_type, unit, bucket);

CREATE MATERIALIZED VIEW events_daily
WITH (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) AS
SELECT
    time_bucket('1 day', bucket) AS bucket,
    device_id,
    event_type,
    unit,
    sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
    min(min_value) AS min_value,
    max(max_value) AS max_value,
    last(last_value, bucket) AS last_value,
    sum(sample_count)::bigint AS sample_count
FROM events_hourly
GROUP BY 1, 2, 3, 4
WITH NO DATA;
CREATE INDEX events_daily_series_idx ON events_daily (device_id, event_type, unit, bucket);

DO $$
DECLARE
    level text;
    stored regclass;
BEGIN
    FOREACH level IN ARRAY ARRAY['hourly', 'daily'] LOOP
        SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)::regclass
        INTO STRICT stored
        FROM timescaledb_information.continuous_aggregates
        WHERE view_schema = current_schema() AND view_name = format('events_%s', level);
        EXECUTE format($move$
            INSERT INTO %s (bucket, device_id, event_type, unit, avg_value, min_value, max_value, last_value, sample_count)
            SELECT bucket, device_id, event_type, unit, avg_value, min_value, max_value, last_value, sample_count
            FROM events_%s_units WHERE bucket < (SELECT since FROM maestra_kept WHERE source = 'events')
        $move$, stored, level);
        EXECUTE format('DROP TABLE events_%s_units', level);
    END LOOP;
END
$$;

INSERT INTO maestra_late (source, start, "end")
SELECT 'events', min(ts_server), max(ts_server) FROM events
WHERE ts_server >= coalesce((SELECT since FROM maestra_kept WHERE source = 'events'), '-infinity')
HAVING count(*) > 0;

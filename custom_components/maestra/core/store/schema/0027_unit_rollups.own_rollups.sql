-- Buckets of one unit each. Those whose rows are gone name none, and stay as they are; the others are computed again.
DROP VIEW events_daily;
DROP VIEW events_hourly;

ALTER TABLE events_hourly_rollup ADD COLUMN unit text NOT NULL DEFAULT '';
ALTER TABLE events_hourly_rollup ALTER COLUMN unit DROP DEFAULT;
ALTER TABLE events_hourly_rollup DROP CONSTRAINT events_hourly_rollup_pkey;
ALTER TABLE events_hourly_rollup ADD PRIMARY KEY (device_id, event_type, unit, bucket);
ALTER TABLE events_daily_rollup ADD COLUMN unit text NOT NULL DEFAULT '';
ALTER TABLE events_daily_rollup ALTER COLUMN unit DROP DEFAULT;
ALTER TABLE events_daily_rollup DROP CONSTRAINT events_daily_rollup_pkey;
ALTER TABLE events_daily_rollup ADD PRIMARY KEY (device_id, event_type, unit, bucket);

DO $do$
BEGIN
    EXECUTE format($view$
        CREATE VIEW events_hourly AS
        SELECT bucket, device_id, event_type, unit, avg_value, min_value, max_value, last_value, sample_count
        FROM events_hourly_rollup
        WHERE bucket < %1$L::timestamptz
        UNION ALL
        SELECT
            date_bin('1 hour', ts_server, '2000-01-01 00:00:00+00') AS bucket,
            device_id,
            event_type,
            normal_unit(unit) AS unit,
            avg(value_num) AS avg_value,
            min(value_num) AS min_value,
            max(value_num) AS max_value,
            (array_agg(value_num ORDER BY ts_server DESC))[1] AS last_value,
            count(*) AS sample_count
        FROM events
        WHERE ts_server >= %1$L::timestamptz AND value_num BETWEEN -1e100 AND 1e100
        GROUP BY 1, 2, 3, 4
    $view$, (SELECT watermark FROM maestra_rollups WHERE name = 'events_hourly'));
    EXECUTE format($view$
        CREATE VIEW events_daily AS
        SELECT bucket, device_id, event_type, unit, avg_value, min_value, max_value, last_value, sample_count
        FROM events_daily_rollup
        WHERE bucket < %1$L::timestamptz
        UNION ALL
        SELECT
            date_bin('1 day', bucket, '2000-01-01 00:00:00+00') AS bucket,
            device_id,
            event_type,
            unit,
            sum(avg_value * sample_count) / sum(sample_count) AS avg_value,
            min(min_value) AS min_value,
            max(max_value) AS max_value,
            (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value,
            sum(sample_count)::bigint AS sample_count
        FROM events_hourly
        WHERE bucket >= %1$L::timestamptz
        GROUP BY 1, 2, 3, 4
    $view$, (SELECT watermark FROM maestra_rollups WHERE name = 'events_daily'));
END
$do$;

INSERT INTO maestra_late (source, start, "end")
SELECT 'events', min(ts_server), max(ts_server) FROM events
WHERE ts_server >= coalesce((SELECT since FROM maestra_kept WHERE source = 'events'), '-infinity')
HAVING count(*) > 0;

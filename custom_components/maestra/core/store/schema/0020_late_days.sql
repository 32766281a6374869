-- Rows older than what was left of the hourly values were never in the daily ones: they are taken in as if they came now.
INSERT INTO maestra_late (source, start, "end")
SELECT left(hourly.source, -length('_hourly')), coalesce(raw.since, '1970-01-01 00:00:00+00'), hourly.since
FROM maestra_kept hourly
LEFT JOIN maestra_kept raw ON raw.source = left(hourly.source, -length('_hourly'))
WHERE hourly.source LIKE '%\_hourly' AND coalesce(raw.since, '1970-01-01 00:00:00+00') < hourly.since;

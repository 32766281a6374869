-- Chunks by time. Within a chunk a block range index is enough, and nearly free to write.
DROP INDEX IF EXISTS device_metrics_time_idx;
DROP INDEX IF EXISTS entity_values_time_idx;
DROP INDEX IF EXISTS ha_states_time_idx;
DROP INDEX IF EXISTS decoded_data_timestamp_idx;
DROP INDEX IF EXISTS telemetry_readings_timestamp_idx;

SELECT create_hypertable('device_metrics', by_range('time', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('entity_values', by_range('time', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('ha_states', by_range('time', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('decoded_data', by_range('timestamp', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('telemetry_readings', by_range('timestamp', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('entity_states', by_range('time', INTERVAL '1 day'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('events', by_range('ts_server', INTERVAL '7 days'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('device_events', by_range('time', INTERVAL '7 days'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('stream_sessions', by_range('time', INTERVAL '7 days'), create_default_indexes => false, migrate_data => true);
SELECT create_hypertable('detected_events', by_range('detected_at', INTERVAL '7 days'), create_default_indexes => false, migrate_data => true);

CREATE INDEX device_metrics_time_idx ON device_metrics USING brin (time) WITH (autosummarize = on);
CREATE INDEX entity_values_time_idx ON entity_values USING brin (time) WITH (autosummarize = on);
CREATE INDEX ha_states_time_idx ON ha_states USING brin (time) WITH (autosummarize = on);
CREATE INDEX decoded_data_timestamp_idx ON decoded_data USING brin ("timestamp") WITH (autosummarize = on);
CREATE INDEX telemetry_readings_timestamp_idx ON telemetry_readings USING brin ("timestamp") WITH (autosummarize = on);

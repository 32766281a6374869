-- Without chunks, retention and rollups find their rows by an index.
CREATE INDEX device_metrics_time_idx ON device_metrics (time);
CREATE INDEX entity_values_time_idx ON entity_values (time);
CREATE INDEX ha_states_time_idx ON ha_states (time);
CREATE INDEX decoded_data_timestamp_idx ON decoded_data ("timestamp");
CREATE INDEX telemetry_readings_timestamp_idx ON telemetry_readings ("timestamp");

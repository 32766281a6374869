-- Sparse tables are read by time alone.
CREATE INDEX entity_states_time_idx ON entity_states (time DESC);
CREATE INDEX events_ts_server_idx ON events (ts_server DESC);
CREATE INDEX device_events_time_idx ON device_events (time DESC);
CREATE INDEX stream_sessions_time_idx ON stream_sessions (time DESC);
CREATE INDEX detected_events_detected_at_idx ON detected_events (detected_at DESC);

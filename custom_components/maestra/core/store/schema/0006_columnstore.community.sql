-- When a chunk turns into columns is the policies' matter: see maintenance.py.
ALTER TABLE device_metrics SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_id, metric_name',
    timescaledb.orderby = 'time'
);
ALTER TABLE entity_values SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'entity_id, variable',
    timescaledb.orderby = 'time'
);
ALTER TABLE ha_states SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'entity',
    timescaledb.orderby = 'time'
);
ALTER TABLE decoded_data SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_id, datapoint_id',
    timescaledb.orderby = 'timestamp'
);
ALTER TABLE telemetry_readings SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'channel',
    timescaledb.orderby = 'timestamp'
);
ALTER TABLE entity_states SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'entity_id',
    timescaledb.orderby = 'time'
);
ALTER TABLE events SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_id, event_type',
    timescaledb.orderby = 'ts_server'
);
ALTER TABLE device_events SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'device_id',
    timescaledb.orderby = 'time'
);
ALTER TABLE stream_sessions SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'stream_name',
    timescaledb.orderby = 'time'
);
ALTER TABLE detected_events SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'channel',
    timescaledb.orderby = 'detected_at'
);

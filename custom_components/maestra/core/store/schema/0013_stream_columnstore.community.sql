ALTER TABLE stream_subscribers SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'stream_name',
    timescaledb.orderby = 'time'
);

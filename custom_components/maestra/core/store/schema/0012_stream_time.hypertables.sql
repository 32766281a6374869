SELECT create_hypertable('stream_subscribers', by_range('time', INTERVAL '7 days'), create_default_indexes => false, migrate_data => true);

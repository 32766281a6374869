-- A session's row is written when it begins and again when it ends: its key finds it.
DROP INDEX stream_sessions_session_idx;
CREATE UNIQUE INDEX stream_sessions_session_idx ON stream_sessions (session_id, time DESC);
-- Who may close the row after a crash: several can record into one database.
ALTER TABLE stream_sessions ADD COLUMN recorded_by text;

CREATE TABLE stream_subscribers (
    time timestamptz NOT NULL,
    subscriber_id uuid NOT NULL,
    stream_id uuid,
    stream_name text,
    stream_type text,
    publisher_id text,
    consumer_id text,
    consumer_address text,
    multicast_group text,
    multicast_port integer,
    status text NOT NULL DEFAULT 'active',
    left_at timestamptz,
    duration_seconds double precision,
    metadata jsonb NOT NULL DEFAULT '{}',
    recorded_by text
);
CREATE UNIQUE INDEX stream_subscribers_subscriber_idx ON stream_subscribers (subscriber_id, time DESC);
CREATE INDEX stream_subscribers_time_idx ON stream_subscribers (time DESC);
CREATE INDEX stream_sessions_open_idx ON stream_sessions (recorded_by, time) WHERE ended_at IS NULL;
CREATE INDEX stream_subscribers_open_idx ON stream_subscribers (recorded_by, time) WHERE left_at IS NULL;

-- Few rows, and each of them wanted: no hypertable.
CREATE TABLE access_decisions (
    id uuid PRIMARY KEY,
    time timestamptz NOT NULL,
    controller text NOT NULL,
    component text NOT NULL,
    credential_hash text,
    person text,
    granted boolean NOT NULL,
    reason text NOT NULL
);
CREATE INDEX access_decisions_time_idx ON access_decisions (time DESC);

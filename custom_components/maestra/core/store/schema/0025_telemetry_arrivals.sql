-- A value, or a status, changes under an unchanged TimeStamp: a reading is recognised by what it says, and, where it
-- says again what it said under that TimeStamp, by its arrival. Rows of before have none: their key was the time.
ALTER TABLE telemetry_readings ADD COLUMN reading uuid;
ALTER TABLE telemetry_readings DROP CONSTRAINT telemetry_readings_pkey;
CREATE UNIQUE INDEX telemetry_readings_key ON telemetry_readings (channel, "timestamp", reading);

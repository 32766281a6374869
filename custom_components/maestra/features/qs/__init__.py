"""QS telemetry in Home Assistant: devices' values, dead letters, and ids that are used twice."""

"""The telemetry of the ISS, without Home Assistant."""

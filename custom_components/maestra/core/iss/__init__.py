"""The telemetry of the International Space Station (iss.md)."""

"""Telemetry events of ESP32 nodes (qs.md)."""

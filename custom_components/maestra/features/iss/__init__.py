"""Telemetry of the International Space Station in Home Assistant: channels by discipline, and its position."""

"""Tests of MQTT, against a real broker."""

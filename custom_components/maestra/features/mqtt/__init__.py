"""Brokers over MQTT: connections, the dialect `maestra`, and our own certificate there."""

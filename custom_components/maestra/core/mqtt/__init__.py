"""MQTT: the transports that carry the dialects, and the Maestra dialect itself."""

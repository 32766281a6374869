"""The Fleet API: as a listener of the hub, and below Home Assistant's own server."""

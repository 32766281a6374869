"""The WebSocket gateway as a listener of the hub."""

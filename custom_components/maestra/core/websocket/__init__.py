"""The WebSocket gateway: JSON text frames on any path (maestra.md §4)."""

"""OBS Studio, over its WebSocket protocol (obs-websocket 5): the client, and what it knows of OBS."""

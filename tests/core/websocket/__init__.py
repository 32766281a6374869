"""Tests of the WebSocket gateway."""

"""Tests of the NATS gateway, with a real nats-server."""

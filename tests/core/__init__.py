"""Tests of the sources: fleets with protocols of their own."""

"""Tests of live stream production in Home Assistant."""

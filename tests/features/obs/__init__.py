"""Tests of OBS in Home Assistant."""

"""Tests of what clients of Phoenix channels find in Home Assistant."""

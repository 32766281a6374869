"""Rainwave in Home Assistant."""

"""Tests of the dashboard cards' sources."""

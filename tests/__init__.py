"""Tests of Maestra for Home Assistant."""

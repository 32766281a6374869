"""Tests of live stream production."""

"""Tests of IronMON Connect."""

"""Tests of the domain: it knows nothing of Home Assistant."""

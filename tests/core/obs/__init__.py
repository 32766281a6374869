"""Tests of the client of OBS."""

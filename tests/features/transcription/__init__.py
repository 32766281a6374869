"""Tests of live transcription in Home Assistant."""

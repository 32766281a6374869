"""Tests of Twitch in Home Assistant."""

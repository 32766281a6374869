"""Tests of Twitch."""

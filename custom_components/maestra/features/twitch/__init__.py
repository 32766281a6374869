"""Twitch in Home Assistant."""

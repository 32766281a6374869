"""Devices for people who have none: each can be run alone."""

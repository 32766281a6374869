"""Twitch: what happens on a channel, told over EventSub (obs.md §4)."""

"""Maestra entities and devices in Home Assistant: what they show, how they are kept, and who is let in."""

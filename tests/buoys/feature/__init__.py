"""Buoys in Home Assistant: a sensor each, an action that lets them ring, a trigger, and a repair."""

"""Detectors: they follow one series of readings each, live or from the store, and find events in it."""

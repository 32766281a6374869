"""Detectors in Home Assistant: what looks for events in a series, live and in what is stored."""

"""Changes of many entities as one, at once or over a time: what cues are made of."""

"""Changes of many entities as one, at once or over a time, and taking them back."""

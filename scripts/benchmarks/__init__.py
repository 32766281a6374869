"""`scripts/bench`: Maestra in a real Home Assistant against a real broker, measured side by side."""

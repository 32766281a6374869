"""Contexts of streams in Home Assistant: what was said, set against what happened, and what is made of it."""

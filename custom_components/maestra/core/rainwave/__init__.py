"""Rainwave: which song its stations play (stream-production.md §10)."""

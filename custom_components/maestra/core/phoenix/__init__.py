"""Phoenix channels and REST for clients of the stream production system (stream-production.md §3, §7, §11)."""

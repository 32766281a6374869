"""NATS: the subjects of maestra.md §5 on a real server."""

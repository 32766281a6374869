"""Streams and their sessions in Home Assistant: what is advertised, who receives it, and when it ends."""

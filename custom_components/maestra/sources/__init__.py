"""Fleets that speak protocols of their own: bytes in, readings and acknowledgements out."""

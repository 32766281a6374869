"""The store: everything that is told, written to TimescaleDB or PostgreSQL, and read back."""

"""The store: everything that is recorded, written to TimescaleDB or PostgreSQL, and read back."""

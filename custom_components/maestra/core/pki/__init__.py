"""A certificate authority of our own: for devices, for brokers, and for ourselves (f2.md §3)."""

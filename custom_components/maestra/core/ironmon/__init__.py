"""IronMON Connect: a game tells what happens in it, over TCP (stream-production.md §10)."""

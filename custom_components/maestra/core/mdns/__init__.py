"""Finding each other on the local network: DNS-SD over multicast DNS (maestra.md §9.4)."""

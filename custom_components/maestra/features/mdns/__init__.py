"""Multicast DNS: announcing the hub, and finding devices."""

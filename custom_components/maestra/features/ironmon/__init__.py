"""IronMON Connect in Home Assistant."""

"""Process managers on other machines in Home Assistant."""

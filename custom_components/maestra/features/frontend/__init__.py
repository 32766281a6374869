"""The dashboard cards: served, and registered with Home Assistant's frontend."""

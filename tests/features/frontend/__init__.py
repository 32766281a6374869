"""Tests of how the cards are served and registered."""

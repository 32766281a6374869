"""Blueprints: those that the integration brings, in the folder in which Home Assistant looks for them."""

"""Tests of the blueprints as users get them."""

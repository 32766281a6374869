"""Tests of the inside bus."""

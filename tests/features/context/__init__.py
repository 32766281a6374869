"""Tests of contexts of streams."""

"""Tests of process managers."""

"""Tests of F2 controllers."""

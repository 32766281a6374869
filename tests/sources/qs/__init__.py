"""Tests of QS."""

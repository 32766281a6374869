"""Tests of Rainwave."""

"""Tests of Phoenix channels and their REST."""

"""Tests of OSC, on real sockets."""

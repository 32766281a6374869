"""Tests of the detectors, without Home Assistant."""

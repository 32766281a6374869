"""Tests of mDNS, over real multicast."""

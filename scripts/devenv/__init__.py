"""Sets up everything a working copy needs, without root, into `.devenv/`.

Runs on the machine's own Python (3.11 or later) with nothing but the standard library.
"""

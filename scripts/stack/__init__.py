"""One development server: Home Assistant with Maestra and every server around it.

Runs in the virtual environment that `scripts/devenv` makes.
"""

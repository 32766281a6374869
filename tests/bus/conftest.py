"""The bus needs no Home Assistant."""

import pytest


@pytest.fixture(autouse=True)
def our_integration() -> None:
    """Start no Home Assistant."""

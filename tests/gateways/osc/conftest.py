"""A domain without Home Assistant."""

import pytest

from custom_components.maestra.bus import Bus
from custom_components.maestra.domain import Domain
from tests.domain.conftest import Heard


@pytest.fixture(autouse=True)
def our_integration() -> None:
    """Start no Home Assistant: the gateways do not know it."""


@pytest.fixture
def domain() -> Domain:
    """A domain with one light."""
    domain = Domain(Bus())
    domain.entities.create(name="Wash 1", entity_type="light", slug="wash-1")
    return domain


@pytest.fixture
def heard(domain: Domain) -> Heard:
    return Heard(domain.bus)

"""A domain with a light, and what its bus tells."""

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from tests.core.domain.conftest import Heard


@pytest.fixture
def domain() -> Domain:
    """A domain with one light."""
    domain = Domain(Bus())
    domain.entities.create(name="Wash 1", entity_type="light", slug="wash-1")
    return domain


@pytest.fixture
def heard(domain: Domain) -> Heard:
    return Heard(domain.bus)

"""What is commanded on a subject."""

from typing import Any

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.domain.events import StateChanged
from custom_components.maestra.core.domain.source import Source
from custom_components.maestra.core.transport.commands import content, run_command

NATS = Source("mqtt", "nats-1")


@pytest.fixture
def domain() -> Domain:
    return Domain(Bus())


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"on": True}, "mqtt"),
        ({"state": {"on": True}}, "mqtt"),
        ({"state": {"on": True}, "source": "td-1"}, "td-1"),
        (
            {
                "timestamp": "2026-11-21T10:00:00",
                "source": "websocket",
                "data": {"state": {"on": True}, "source": "page"},
            },
            "page",
        ),
    ],
)
def test_a_state_in_every_form(domain: Domain, body: Any, source: str) -> None:
    changes: list[StateChanged] = []
    domain.bus.subscribe(StateChanged, changes.append)

    assert run_command(domain, "maestra.entity.state.update.wash-1", body, NATS)

    assert domain.entities["wash-1"].state == {"on": True}
    assert [change.source for change in changes] == [Source(source, "nats-1")]


def test_set_replaces(domain: Domain) -> None:
    run_command(domain, "maestra.entity.state.update.wash-1", {"a": 1}, NATS)

    run_command(domain, "maestra.entity.state.set.wash-1", {"b": 2}, NATS)

    assert domain.entities["wash-1"].state == {"b": 2}


@pytest.mark.parametrize(
    "subject",
    [
        "maestra.entity.state.update",
        "maestra.entity.state.update.a.b",
        "maestra.entity.state.light.wash-1",
        "maestra.mqtt.maestra.entity.state.update.wash-1",
        "elsewhere",
    ],
)
def test_what_commands_nothing(domain: Domain, subject: str) -> None:
    assert not run_command(domain, subject, {"on": True}, NATS)
    assert not list(domain.entities)


@pytest.mark.parametrize("body", [[], "on", 5, None])
def test_what_is_no_state(domain: Domain, body: Any) -> None:
    with pytest.raises(InvalidField):
        run_command(domain, "maestra.entity.state.update.wash-1", body, NATS)


def test_a_slug_can_not_smuggle_a_subject_in(domain: Domain) -> None:
    with pytest.raises(InvalidField):
        run_command(domain, "maestra.entity.state.update.a b", {"on": True}, NATS)


def test_only_an_envelope_is_unwrapped() -> None:
    assert content({"source": "websocket", "data": [1]}) == [1]
    assert content({"source": "page", "data": [1]}) == {"source": "page", "data": [1]}
    assert content({"source": "websocket"}) == {"source": "websocket"}
    assert content(5) == 5

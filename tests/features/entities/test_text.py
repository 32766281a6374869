"""Texts: inputs that are strings, on the wire and in Home Assistant."""

from typing import Any

import pytest

from homeassistant.exceptions import ServiceValidationError
from tests.kits.hub_broker import MaestraKit


async def declare(maestra: MaestraKit, kind: str = "string", /, **config: Any) -> None:
    """Create the entity Board with one input."""
    await maestra.act(
        "create_entity",
        name="Board",
        entity_type="controller",
        variables=[
            {"name": "line", "type": kind, "direction": "input", "config": config}
        ],
    )


async def test_a_text_goes_both_ways(maestra: MaestraKit) -> None:
    await declare(maestra, min_length=2, max_length=8)
    await maestra.state_is("text.board_line", "unknown", min=2, max=8)

    await maestra.update("board", line="Act one")
    await maestra.state_is("text.board_line", "Act one")

    await maestra.call("text.set_value", "text.board_line", value="Act two")
    await maestra.mqtt.receives(
        "maestra/entity/state/controller/board", current_state={"line": "Act two"}
    )
    assert maestra.state("text.board_line").state == "Act two"


@pytest.mark.parametrize(
    ("config", "value", "shown"),
    [
        ({}, "x" * 300, "x" * 255),
        ({"max_length": 4}, "too long", "too "),
        ({"min_length": 4}, "abc", "unknown"),
        ({"min_length": 300, "max_length": 400}, "y" * 350, "y" * 255),
        ({}, 12, "12"),
        ({}, ["a"], "unknown"),
        ({}, {"a": 1}, "unknown"),
        ({}, None, "unknown"),
    ],
)
async def test_what_a_client_writes(
    maestra: MaestraKit, config: dict[str, Any], value: object, shown: str
) -> None:
    await declare(maestra, "string", **config)
    await maestra.update("board", line="fits")
    await maestra.mqtt.receives("maestra/entity/state/controller/board")
    await maestra.mqtt.publish(
        "maestra/entity/state/update/board", {"line": value, "seen": True}
    )
    await maestra.mqtt.receives(
        "maestra/entity/state/controller/board", changed_keys=["line", "seen"]
    )

    await maestra.state_is("text.board_line", shown)


async def test_an_enum_without_options_is_a_text(maestra: MaestraKit) -> None:
    await declare(maestra, "enum")

    await maestra.update("board", line="anything")

    await maestra.state_is("text.board_line", "anything")


async def test_half_a_character_is_refused(maestra: MaestraKit) -> None:
    """A template can hold it, no state can."""
    await declare(maestra)
    await maestra.state_is("text.board_line", "unknown")
    with pytest.raises(ServiceValidationError, match="line: "):
        await maestra.call("text.set_value", "text.board_line", value="a\ud800")
    assert maestra.domain.entities["board"].state.get("line") is None

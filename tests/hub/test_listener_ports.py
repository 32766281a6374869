"""The port of a listener is tried out in the form, as brokers and databases are."""

from collections.abc import Iterator
import socket
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ..kits.forms import until
from ..kits.hub import unload
from ..kits.options import fill_in, open_form
from ..kits.process import free_port
from .test_options_listeners import form_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

HOST = "127.0.0.1"
PORTS = [
    ("fleet_api", "port", socket.SOCK_STREAM),
    ("websocket", "port", socket.SOCK_STREAM),
    ("osc", "port", socket.SOCK_DGRAM),
    ("osc", "tcp_port", socket.SOCK_STREAM),
    ("osc", "oscquery_port", socket.SOCK_STREAM),
]


@pytest.fixture(params=PORTS, ids=str)
def taken(request: pytest.FixtureRequest) -> Iterator[tuple[str, str, int]]:
    """A listener, one of its ports, and another program that has it."""
    listener, option, kind = request.param
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((HOST, 0))
        if kind is socket.SOCK_STREAM:
            other.listen()
        yield listener, option, other.getsockname()[1]


async def test_a_port_of_another_program_is_refused(
    hass: HomeAssistant, hub: MockConfigEntry, taken: tuple[str, str, int]
) -> None:
    listener, option, port = taken
    ports: dict[str, Any] = {"host": HOST, "port": free_port(), option: port}
    form = await open_form(hass, hub, listener)

    result = await fill_in(hass, form, form_of(listener, **ports))

    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {option: "cannot_listen"}
    assert "in use" in result["description_placeholders"]["wrong"]
    result = await fill_in(
        hass, result, form_of(listener, **ports | {option: free_port()})
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await unload(hass, hub)


async def test_an_address_that_is_not_ours_is_refused(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    form = await open_form(hass, hub, "websocket")
    result = await fill_in(hass, form, form_of("websocket", host="192.0.2.1"))
    assert result["errors"] == {"host": "cannot_listen"}


async def test_its_own_port_is_not_in_its_way(
    hass: HomeAssistant, hub: MockConfigEntry
) -> None:
    ports = {"host": HOST, "port": free_port()}
    for rate in (0, 1):
        form = await open_form(hass, hub, "websocket")
        filled = form_of("websocket", **ports)
        filled["limits"]["rate"] += rate
        result = await fill_in(hass, form, filled)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await until(
            hass,
            lambda: (
                (link := hub.runtime_data.links.get("websocket")) and link.connected
            ),
        )
    await unload(hass, hub)

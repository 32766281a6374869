"""What the forms of all services have in common: what is taken for a host, and what services are called."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    get_schema_suggested_value,
)

from custom_components.maestra.hub.flows import async_places, free_name, server_of
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (" Broker.Local. ", "broker.local", None),
        ("192.0.2.7", "192.0.2.7", None),
        ("192.0.2.7:1884", "192.0.2.7", 1884),
        ("broker.local:1884", "broker.local", 1884),
        ("http://Broker.local", "broker.local", None),
        ("http://broker.local:8123/lovelace?x=1", "broker.local", 8123),
        ("mqtts://user:secret@broker.local:8883", "broker.local", 8883),
        ("postgresql://db.local/maestra", "db.local", None),
        ("FE80::1", "fe80::1", None),
        ("[FE80::1]", "fe80::1", None),
        ("[FE80::1]:1884", "fe80::1", 1884),
        ("tcp://[fe80::1]:1884", "fe80::1", 1884),
        ("http://", "", None),
        ("http://[broken", "http://[broken", None),
        ("http://broker.local:99999", "http://broker.local:99999", None),
        ("", "", None),
    ],
)
def test_what_is_pasted_as_a_host(text: str, host: str, port: int | None) -> None:
    assert server_of(text) == (host, port)


@pytest.mark.usefixtures("socket_enabled")
async def test_places_of_a_host() -> None:
    assert {"localhost", "127.0.0.1"} <= await async_places("localhost")
    assert await async_places("192.0.2.7") == {"192.0.2.7"}


def test_names_have_no_addresses_and_are_free() -> None:
    subentries = [
        ConfigSubentryDataWithId(
            subentry_id=title,
            subentry_type=kind,
            title=title,
            unique_id=None,
            data={},
        )
        for title, kind in (("Broker", "a"), ("Broker 2", "a"), ("Server", "b"))
    ]
    entry = MockConfigEntry(domain="maestra", subentries_data=subentries)
    assert free_name(entry, "a", "Broker") == "Broker 3"
    assert free_name(entry, "a", "Server") == "Server"
    assert free_name(entry, "b", "Server") == "Server 2"


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Database"), ("de", "Datenbank"), ("nl", "Database")]
)
async def test_names_are_in_the_language_of_home_assistant(
    hass: HomeAssistant, hub: MockConfigEntry, language: str, name: str
) -> None:
    hass.config.language = language
    await async_load_integrations(hass, {hub.domain})
    form: Any = await hass.config_entries.subentries.async_init(
        (hub.entry_id, "timescale_store"), context={"source": "user"}
    )
    assert get_schema_suggested_value(form["data_schema"].schema, "name") == name

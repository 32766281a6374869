"""Adding the telemetry of the ISS and changing it."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.core.iss.catalogue import DEFAULT_CHANNELS, TEAMS
from custom_components.maestra.features.iss.flow import (
    SECTIONS,
    iss_settings,
    normal_url,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from ...kits.forms import add_iss
from ...kits.hub import unload
from ...kits.lightstreamer import Feed

KIND = "iss_telemetry"
pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def feed(socket_enabled: None) -> AsyncGenerator[Feed]:
    """A feed."""
    async with Feed() as running:
        yield running


@pytest.fixture
async def ready(
    hass: HomeAssistant, feed: Feed, hub: MockConfigEntry
) -> AsyncGenerator[MockConfigEntry]:
    """A hub that is unloaded before its feed goes."""
    yield hub
    await unload(hass, hub)


def form(feed: Feed, **others: Any) -> dict[str, Any]:
    """Return the first form, filled in."""
    return {
        "url": feed.url,
        "position": True,
        "min_interval": 5,
        "silence": 30,
    } | others


async def begin(hass: HomeAssistant, hub: MockConfigEntry) -> Any:
    """Open the form for a new feed."""
    return await hass.config_entries.subentries.async_init(
        (hub.entry_id, KIND), context={"source": "user"}
    )


async def fill_in(hass: HomeAssistant, flow: Any, answer: dict[str, Any]) -> Any:
    """Answer a form."""
    result = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], answer
    )
    await hass.async_block_till_done()
    return result


def only(hub: MockConfigEntry) -> ConfigSubentry:
    """Return the only feed."""
    (subentry,) = hub.get_subentries_of_type(KIND)
    return subentry


async def test_a_feed_is_added(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed
) -> None:
    """It is tried out; a good set is picked; everything is there by discipline."""
    flow = await fill_in(hass, await begin(hass, ready), form(feed))
    assert flow["step_id"] == "channels"
    assert set(picked_sections(flow)) >= {"ethos", "adco", "csa"}
    assert len(feed.asked("create_session")) == 1
    result = await fill_in(
        hass,
        flow,
        {name: {} for name in picked_sections(flow)}
        | {"ethos": {"channels": ["NODE3000005"]}},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    subentry = only(ready)
    assert subentry.title == "ISS telemetry"
    assert subentry.unique_id == feed.url
    assert subentry.data["channels"] == ["NODE3000005"]
    settings = iss_settings(subentry.data)
    assert settings.channels[0] == "TIME_000001"
    assert settings.channels[-1] == "NODE3000005"
    assert len(settings.channels) == 8


def picked_sections(flow: Any) -> list[str]:
    """Return the sections of a form."""
    return [str(key) for key in flow["data_schema"].schema]


async def test_the_usual_channels_are_picked(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed
) -> None:
    """They only have to be confirmed."""
    flow = await fill_in(hass, await begin(hass, ready), form(feed))
    assert sorted(suggested(flow)) == sorted(DEFAULT_CHANNELS)


def suggested(flow: Any) -> list[str]:
    """Return the channels that the form suggests."""
    return [
        channel
        for section in flow["data_schema"].schema.values()
        for key in section.schema.schema
        for channel in key.description["suggested_value"]
    ]


@pytest.mark.parametrize(
    "url", ["", "ftp://127.0.0.1", "http://a:b@127.0.0.1", "http://:80", "http://x:99999999"]
)  # fmt: skip
async def test_what_is_no_address(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed, url: str
) -> None:
    flow = await fill_in(hass, await begin(hass, ready), form(feed, url=url))
    assert flow["errors"] == {"url": "invalid_url"}


async def test_a_feed_that_is_not_there(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed
) -> None:
    """The form stays, and goes on once it is."""
    await feed.stop()
    flow = await fill_in(hass, await begin(hass, ready), form(feed))
    assert flow["errors"] == {"url": "feed_unreachable"}
    await feed.start()
    feed.rejection = (2, "No such adapter")
    flow = await fill_in(hass, flow, form(feed))
    assert flow["errors"] == {"url": "feed_refused"}
    assert flow["description_placeholders"] == {"reason": "No such adapter (2)"}
    feed.rejection = None
    assert (await fill_in(hass, flow, form(feed)))["step_id"] == "channels"


async def test_a_feed_is_set_up_once(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed
) -> None:
    await add_iss(hass, ready, feed)
    result = await fill_in(
        hass, await begin(hass, ready), form(feed, url=f"{feed.url}/")
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_a_feed_is_changed(
    hass: HomeAssistant, ready: MockConfigEntry, feed: Feed
) -> None:
    """What was picked is shown again."""
    subentry = await add_iss(hass, ready, feed, "NODE3000005", "CSAMT000001")
    flow = await ready.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    flow = await fill_in(hass, flow, form(feed, position=False, min_interval=60))
    assert suggested(flow) == ["NODE3000005", "CSAMT000001"]
    result = await fill_in(
        hass,
        flow,
        {name: {} for name in picked_sections(flow)}
        | {"csa": {"channels": ["CSAMT000002"]}},
    )
    assert result["reason"] == "reconfigure_successful"
    data = only(ready).data
    assert data["channels"] == ["CSAMT000002"]
    assert data["min_interval"] == 60
    assert not data["position"]


def test_addresses() -> None:
    """The same server is written in one way."""
    assert (
        normal_url(" WSS://Push.Lightstreamer.com/ ")
        == "https://push.lightstreamer.com"
    )
    assert normal_url("ws://127.0.0.1:8090/lightstreamer") == "http://127.0.0.1:8090"


def test_each_team_has_a_section() -> None:
    assert {team.lower(): team for team in TEAMS} == SECTIONS

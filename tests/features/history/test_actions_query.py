"""Automations read history with an action."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from tests.kits.hub import HubKit
from tests.kits.hub_store import RecordingKit, recording_hub

pytestmark = pytest.mark.tables

BRIGHTNESS = {"entity": "wash-1", "variable": "brightness"}


@pytest.fixture
async def stored(
    hass: HomeAssistant, tmp_path: Path, database: StoreSettings
) -> AsyncGenerator[RecordingKit]:
    """A hub that records, and has recorded a light."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as hub_kit:
        await hub_kit.becomes("recording")
        await hub_kit.light("wash-1", state={"brightness": 0})
        await hub_kit.hears("wash-1", brightness=10)
        await hub_kit.hears("wash-1", brightness=30)
        await hub_kit.store.flush()
        yield hub_kit


async def query(
    hass: HomeAssistant, context: Context | None = None, **data: Any
) -> Any:
    return await hass.services.async_call(
        DOMAIN,
        "query_history",
        {"series": [BRIGHTNESS], **data},
        blocking=True,
        context=context,
        return_response=True,
    )


async def test_points_and_buckets(hass: HomeAssistant, stored: RecordingKit) -> None:
    (points,) = (await query(hass))["series"]
    assert points["series"] == BRIGHTNESS
    assert points["columns"]["value"] == [0, 10, 30]
    assert len(points["columns"]["time"]) == 3
    (hours,) = (await query(hass, width="01:00:00", aggregates="sum"))["series"]
    assert (hours["origin"], hours["source"]) == ("store", "hourly")
    assert sum(hours["columns"]["sum"]) == 40


async def test_one_series_needs_no_list(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    in_a_form = {"active_choice": "entities", "entities": ["light.wash_1"]}
    for series in (BRIGHTNESS, "light.wash_1", in_a_form):
        answer = await query(hass, series=series, start="2020-01-01 00:00:00")
        assert answer["series"][0]["columns"]["value"] == [0, 10, 30]


async def test_a_user_reads_what_he_may(
    hass: HomeAssistant, stored: RecordingKit, hass_read_only_user: MockUser
) -> None:
    may = Context(user_id=hass_read_only_user.id)
    assert await query(hass, may)
    hass_read_only_user.groups = []
    hass_read_only_user.mock_policy(
        {"entities": {"entity_ids": {"light.wash_1": True}}}
    )
    assert await query(hass, may, series="light.wash_1")
    with pytest.raises(Unauthorized):
        await query(hass, may, series=["light.wash_1", BRIGHTNESS])
    with pytest.raises(UnknownUser):
        await query(hass, Context(user_id="nobody"))


async def test_refusals_are_translated(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    with pytest.raises(ServiceValidationError) as refusal:
        await query(hass, width=60, buckets=5)
    assert refusal.value.translation_key == "invalid_field"
    with pytest.raises(ServiceValidationError) as refusal:
        await query(hass, width=1)
    assert refusal.value.translation_key == "too_many"


async def test_while_the_database_is_away(
    hass: HomeAssistant, stored: RecordingKit
) -> None:
    stored.change(host="127.0.0.1", port=1)
    await stored.becomes("spooling")
    with pytest.raises(HomeAssistantError) as failure:
        await query(hass)
    assert failure.value.translation_key == "store_not_connected"
    assert not isinstance(failure.value, ServiceValidationError)


async def test_without_a_database(hass: HomeAssistant, hub_kit: HubKit) -> None:
    with pytest.raises(ServiceValidationError) as refusal:
        await query(hass)
    assert refusal.value.translation_key == "store_missing"

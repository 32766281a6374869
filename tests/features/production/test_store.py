"""What happens on a stream, in a real database."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.features.production.manager import ProductionManager
from homeassistant.core import HomeAssistant
from tests.kits.hub_store import RecordingKit, recording_hub
from tests.kits.production import PRODUCTION_ID, as_subentry, production_subentry

ROWS = """
SELECT event_id, event_type, source, person, data::text FROM stream_events ORDER BY timestamp, event_id"""


@pytest.fixture
async def stored(
    hass: HomeAssistant,
    database: StoreSettings,
    tmp_path: Path,
    socket_enabled: None,
) -> AsyncGenerator[RecordingKit]:
    """A hub with a production and a database."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        hass.config_entries.async_add_subentry(
            kit.entry, as_subentry(production_subentry())
        )
        await kit.settled()
        yield kit


async def test_each_event_is_a_row_once(stored: RecordingKit) -> None:
    at = "2026-11-20T12:00:00Z"
    for _ in range(2):
        await stored.act(
            "report_stream_event",
            type="channel.cheer",
            id="1",
            data={"timestamp": at, "user_name": "Ann", "bits": 5},
        )
    await stored.act(
        "report_stream_event", type="stream.online", id="2", data={"timestamp": at}
    )
    # What figures tell is told, and not kept.
    await stored.act(
        "report_stream_event", type="system.health_check", id="3", data={"uptime": 5}
    )
    expected = [
        ("1", "channel.cheer", "twitch", "Ann", '{"bits": 5, "user_name": "Ann"}'),
        ("2", "stream.online", "twitch", None, "{}"),
    ]
    assert await stored.rows(ROWS) == expected
    # Also after a restart that has forgotten what there was.
    production = stored.entry.runtime_data.manager(ProductionManager).get(PRODUCTION_ID)
    production._known_events.clear()
    await stored.act(
        "report_stream_event", type="stream.online", id="2", data={"timestamp": at}
    )
    assert await stored.rows(ROWS) == expected

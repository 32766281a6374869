"""What was said, in a real database."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.core.store.connection import connect
from custom_components.maestra.core.store.settings import StoreSettings
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from tests.kits.hub_store import RecordingKit, recording_hub
from tests.kits.production import as_subentry
from tests.kits.speech import transcription_subentry

ROWS = """
SELECT transcription, session, source, duration, text, confidence, metadata::text
FROM transcriptions ORDER BY timestamp"""
# The part of a search that the index is for.
PLAN = "EXPLAIN SELECT 1 FROM transcriptions WHERE text ILIKE $1 AND text ILIKE ALL ($2::text[])"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'transcriptions'"


@pytest.fixture
async def stored(
    hass: HomeAssistant,
    database: StoreSettings,
    tmp_path: Path,
    socket_enabled: None,
) -> AsyncGenerator[RecordingKit]:
    """A hub with a transcription and a database."""
    hass.config.config_dir = str(tmp_path)
    async with recording_hub(hass, database) as kit:
        await kit.becomes("recording")
        hass.config_entries.async_add_subentry(
            kit.entry, as_subentry(transcription_subentry())
        )
        await kit.settled()
        yield kit


async def submit(kit: RecordingKit, second: int, text: str, **data: Any) -> None:
    """Let something have been said."""
    await kit.act(
        "submit_transcription",
        timestamp=f"2026-11-30T20:00:{second:02}Z",
        duration=1.5,
        text=text,
        **data,
    )


async def found(kit: RecordingKit, query: str = "", **data: Any) -> list[str]:
    """Return what is found."""
    answer = await kit.ask("search_transcripts", query=query, **data)
    return [each["text"] for each in answer["transcripts"]]


async def test_everything_that_is_said_is_a_row(stored: RecordingKit) -> None:
    await submit(stored, 1, "Hello.", stream_session_id="s", source_id="mic")
    await submit(
        stored, 2, "Bye.", stream_session_id="s", confidence=0.5, metadata={"a": 1}
    )
    assert await stored.rows(ROWS) == [
        ("hall-transcription", "s", "mic", 1.5, "Hello.", None, "{}"),
        ("hall-transcription", "s", None, 1.5, "Bye.", 0.5, '{"a": 1}'),
    ]


async def test_it_is_searched_by_parts_of_its_words(stored: RecordingKit) -> None:
    texts = (
        "The quick brown fox.",
        "Quickly, don't wait for 100% of them!",
        "Grüße aus Köln_Süd.",
    )
    for second, text in enumerate(texts):
        await submit(stored, second, text, stream_session_id=f"s{second % 2}")
    assert await found(stored, "QUICK") == [texts[1], texts[0]]
    assert await found(stored, "fox quick") == [texts[0]]
    assert await found(stored, "don't") == [texts[1]]
    assert await found(stored, "köln") == [texts[2]]
    assert await found(stored, "100%") == [texts[1]]
    assert await found(stored, "köln_s") == [texts[2]]
    assert await found(stored, "f_x") == []
    assert await found(stored, "'; DROP TABLE transcriptions; --") == []
    assert await found(stored, session="s0") == [texts[2], texts[0]]
    assert await found(stored, start="2026-11-30T20:00:01Z") == [texts[2], texts[1]]
    assert await found(stored, end="2026-11-30T20:00:01Z") == [texts[0]]
    assert await found(stored, limit=1) == [texts[2]]
    # Also after a restart, which remembers nothing.
    await stored.reload()
    await stored.becomes("recording")
    assert await found(stored, "fox") == [texts[0]]


async def test_an_index_finds_parts_of_words(stored: RecordingKit) -> None:
    indexes = [row["indexdef"] for row in await stored.fetch(INDEXES)]
    assert any("gin_trgm_ops" in index for index in indexes)
    await submit(stored, 1, "The quick fox.")
    await stored.store.flush()
    connection = await connect(stored.settings)
    # A handful of rows is read without an index, unless that is forbidden.
    await connection.execute("SET enable_seqscan = off")
    plan = await connection.fetch(PLAN, "%quick%", ["%quick%"])
    await connection.close()
    assert "transcriptions_text_idx" in str(plan)


async def test_captions_are_of_the_database(stored: RecordingKit) -> None:
    for second in (5, 9):
        await submit(stored, second, f"At {second}.", stream_session_id="s")
    answer = await stored.ask("export_captions", session="s")
    assert answer["count"] == 2
    assert "00:00:04.000 --> 00:00:05.500\nAt 9." in answer["captions"]


async def test_a_database_that_is_away_is_told(stored: RecordingKit) -> None:
    await stored.store.flush()
    stored.change(port=1)
    await stored.becomes("spooling")
    with pytest.raises(HomeAssistantError):
        await stored.ask("search_transcripts", query="x")

"""Long work that gives way."""

import asyncio

import pytest

from custom_components.maestra.hub import slices


async def test_others_have_their_turn_after_every_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slices, "SLICE", 0)
    turns = 0

    async def other() -> None:
        nonlocal turns
        while turns < 2:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        seen = [(item, turns) async for item in slices.in_slices("abc")]

    assert seen == [("a", 0), ("b", 1), ("c", 2)]

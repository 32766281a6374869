"""What the journal keeps of QS: all that is shown of devices, and dead letters."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.maestra.core.qs import dead_letters as module
from custom_components.maestra.core.qs.registry import QsRegistry
from tests.kits.broker import Broker
from tests.kits.journal import all_found
from tests.kits.process import PATIENCE
from tests.kits.qs import event, qs_on_broker


def content(registry: QsRegistry) -> Any:
    """All that outlives a restart."""
    nodes = {node.device_id: node.as_dict() for node in registry.nodes}
    for node in nodes.values():
        node["latest"].sort(key=str)
    return nodes, list(registry.dead_letters), registry.dead_letters.total


async def found(folder: Path) -> Any:
    return content((await all_found(folder))[1])


@pytest.mark.parametrize("qos", [0, 1])
async def test_what_was_acknowledged_is_known(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qos: int
) -> None:
    """As soon as a device was told, the disk has all of it; so has the snapshot in the end."""
    monkeypatch.setattr(module, "MAX_DEAD_LETTERS", 2)
    async with qs_on_broker(broker, tmp_path, keeps=True) as qs:
        for number, body in enumerate(
            [
                [event("a", unit="C", ts_device="2024-02-10T00:00:00")],
                [event("b", value="warm"), event("c", event_type="a/b", value=1)],
                [event("d", event_type="boot", value=None)],
                [event("a", value=7)],
                *([{"schema": 1}, event(f"e-{letter}")] for letter in range(3)),
                [event("f", "other")],
            ]
        ):
            last = event(f"last-{number}", event_type="last", value=number)
            await qs.sends(*body, last, qos=qos)
            await qs.acks(f"last-{number}")
            assert await found(tmp_path) == content(qs.registry)
        assert len(qs.registry.dead_letters) == 2
        assert qs.registry.dead_letters.total == 3

        # What people do is written soon.
        qs.registry.forget("other")
        letter = next(iter(qs.registry.dead_letters))
        qs.registry.replay(letter.id, '{"schema":1,"event_id":"g","device_id":"esp32-01","event_type":"h"}')  # fmt: skip
        await qs.acks("g")
        async with asyncio.timeout(PATIENCE):
            while await found(tmp_path) != content(qs.registry):
                await asyncio.sleep(0.01)
        left = content(qs.registry)
        assert left[0].keys() == {"esp32-01"}
        assert len(left[1]) == 1
    assert await found(tmp_path) == left
    async with qs_on_broker(broker, tmp_path, keeps=True) as qs:
        assert content(qs.registry) == left

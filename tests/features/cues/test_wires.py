"""Fades as clients of a real broker see them: who says again what it was told, and who takes over."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import json
import time
from typing import Any

import pytest

from custom_components.maestra.features.cues.manager import CuesManager
from tests.kits.hub_broker import MaestraKit
from tests.kits.process import soon

STATES = "maestra/entity/state/actuator/wash"
OVER = 0.5


@pytest.fixture
async def stage(maestra: MaestraKit) -> MaestraKit:
    """A wash, on a broker."""
    await maestra.act(
        "create_entity",
        name="Wash",
        entity_type="actuator",
        state={"level": 0.0, "color": "#ff000000", "position": {"x": 0.0, "y": 0.0}},
    )
    return maestra


def state(stage: MaestraKit) -> Any:
    return stage.domain.entities["wash"].state


def moving(stage: MaestraKit) -> int:
    manager: CuesManager = stage.entry.runtime_data.manager(CuesManager)
    return manager.lists.fader.moving


@asynccontextmanager
async def answering(
    stage: MaestraKit, answer: Callable[[Any], Any]
) -> AsyncGenerator[list[Any]]:
    """Let a device say what it does of each state that Home Assistant brings about; what it has said is collected."""
    said: list[Any] = []

    async def answer_all() -> None:
        async with stage.broker.peer() as device:
            ready.set()
            while True:
                told = await device.receives(STATES, source="home_assistant")
                said.append(answer(json.loads(told.payload)["current_state"]))
                await device.publish(
                    "maestra/entity/state/update/wash",
                    {"state": said[-1], "source": "device"},
                )

    ready = asyncio.Event()
    task = asyncio.create_task(answer_all())
    await ready.wait()
    try:
        yield said
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("curve", ["linear", "s_curve"])
async def test_a_device_may_confirm_each_value(stage: MaestraKit, curve: str) -> None:
    end = {
        "active": False,
        "level": 1.0,
        "color": "#0000ffff",
        "position": {"x": 1.0, "y": -1.0},
    }
    async with answering(stage, lambda told: told) as said:
        await stage.act("fade", slug="wash", state=end, transition=OVER, curve=curve)
        await soon(lambda: not moving(stage))
        # Its last words come a little later.
        await soon(lambda: said and said[-1] == end)
        await soon(lambda: state(stage) == end)
    assert len(said) > 3


async def test_a_device_that_does_something_else_has_it_from_then_on(
    stage: MaestraKit,
) -> None:
    async with answering(stage, lambda told: {**told, "level": -7.0}):
        await stage.act("fade", slug="wash", state={"level": 1.0, "color": "#0000ff"}, transition=OVER)  # fmt: skip
        await soon(lambda: not moving(stage))
        await soon(lambda: state(stage)["color"] == "#0000ff")
    assert state(stage)["level"] == -7


async def test_a_panic_is_on_the_wire_within_a_tenth_of_a_second(
    stage: MaestraKit,
) -> None:
    """Of five, the quickest: others have this machine, too."""
    await stage.act(
        "save_cue_list",
        name="Act 1",
        cues=[{"states": {"wash": {"level": 100.0}}, "transition": 60}],
        safe={"wash": {"level": -1.0}},
    )
    took = []
    async with stage.broker.peer() as device:
        for _ in range(5):
            await stage.act("go_to_cue", cue_list="Act 1", cue="1")
            await soon(lambda: state(stage)["level"] > 0)
            device.collect()
            began = time.perf_counter()
            await stage.hass.services.async_call("maestra", "panic", {}, blocking=True)
            level = None
            while level != -1:
                told = await device.receives(STATES)
                level = json.loads(told.payload)["current_state"]["level"]
            took.append(time.perf_counter() - began)
            assert moving(stage) == 0
    assert min(took) < 0.1

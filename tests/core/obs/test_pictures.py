"""Pictures of the scene that is live: small, shared, and only what is one."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator

import pytest

from custom_components.maestra.core.obs.errors import ObsNoPicture, ObsNotConnected
from custom_components.maestra.core.obs.pictures import (
    MAX_AGE,
    MAX_LENGTH,
    PictureTaker,
)
from tests.kits.obs import JPEG, ObsDouble, obs_double

from .test_connection import Desk, desk_of

pytestmark = pytest.mark.usefixtures("socket_enabled")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def obs() -> AsyncGenerator[ObsDouble]:
    async with obs_double() as double:
        yield double


@pytest.fixture
async def desk(obs: ObsDouble) -> AsyncGenerator[Desk]:
    async with desk_of(obs.port) as desk:
        await desk.connected()
        yield desk


def widths(obs: ObsDouble) -> list[int]:
    return [
        data["imageWidth"]
        for name, data in obs.requests
        if name == "GetSourceScreenshot"
    ]


async def test_it_is_as_wide_as_it_is_wanted(obs: ObsDouble, desk: Desk) -> None:
    taker = PictureTaker(desk.connection)
    assert await taker.take() == JPEG
    for width in (320, 1, 100_000):
        await taker.take(width)
    assert widths(obs) == [640, 320, 8, 1920]
    assert (await obs.asked("GetSourceScreenshot"))["sourceName"] == "Live"


async def test_who_looks_at_the_same_moment_sees_the_same(
    obs: ObsDouble, desk: Desk
) -> None:
    clock = Clock()
    taker = PictureTaker(desk.connection, clock)
    assert await asyncio.gather(*(taker.take() for _ in range(20))) == 20 * [JPEG]
    assert len(widths(obs)) == 1
    clock.now += MAX_AGE
    await taker.take()
    assert len(widths(obs)) == 2
    await desk.connection.call("SetCurrentProgramScene", {"sceneName": "Break"})
    await desk.until(lambda: desk.state.program == "Break")
    await taker.take()
    assert len(widths(obs)) == 3


@pytest.mark.parametrize(
    "data",
    [
        None,
        "",
        "data:image/jpg;base64,",
        "data:image/jpg;base64,not base64!",
        "data:text/html;base64,PGI+",
        f"data:image/jpg;base64,{b64encode(b'<svg>').decode()}",
        f"data:image/jpg;base64,{b64encode(JPEG + bytes(MAX_LENGTH)).decode()}",
    ],
)
async def test_what_is_no_picture_is_none(
    obs: ObsDouble, desk: Desk, data: str | None
) -> None:
    obs.picture = data  # type: ignore[assignment]
    with pytest.raises(ObsNoPicture):
        await PictureTaker(desk.connection).take()


async def test_without_obs_there_is_none(obs: ObsDouble, desk: Desk) -> None:
    taker = PictureTaker(desk.connection)
    await obs.kick(1001)
    await desk.until(lambda: not desk.connection.connected)
    with pytest.raises(ObsNotConnected):
        await taker.take()

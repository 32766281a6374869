"""phoenix.js, as dashboards have it, against our listener."""

import asyncio

import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.phoenix.gateway import (
    PhoenixGateway,
    PhoenixSettings,
)
from custom_components.maestra.core.transport.access import Access
from tests.kits.phoenix_js import phoenix_js
from tests.kits.process import HOST

from .test_gateway import Stage, listening

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_dashboard_takes_us_for_phoenix() -> None:
    stage = Stage()
    async with listening(stage) as gateway, phoenix_js(gateway.port) as client:
        await client.join("stage:a")
        assert await client.told("stage:a", "hello") == {"topic": "stage:a"}
        status, answer = await client.ask("stage:a", "echo", text="<b>ü</b>")
        assert (status, answer["data"]) == ("ok", {"text": "<b>ü</b>"})
        status, answer = await client.ask("stage:a", "fail", how="field")
        assert (status, answer["error"]["code"]) == ("error", "invalid_field")
        stage.tell("stage:a", "news", {"x": 1})
        assert await client.told("stage:a", "news") == {"x": 1}
        await client.says(what="heartbeat", status="ok")
        client.do(join="odd:topic")
        refused = await client.says(what="joined", topic="odd:topic")
        assert (refused["status"], refused["response"]) == (
            "error",
            {"reason": "unmatched topic"},
        )
        client.do(leave="stage:a")
        await client.says(what="left", topic="stage:a")
        await client.join("stage:a")


async def test_a_dashboard_comes_back_and_joins_again() -> None:
    stage = Stage()
    async with listening(stage) as gateway:
        port = gateway.port
        async with phoenix_js(port) as client:
            await client.join("stage:a")
            await client.told("stage:a", "hello")
            await gateway.stop()
            await client.says(what="closed")
            settings = PhoenixSettings(host=HOST, port=port, access=Access())
            again = PhoenixGateway(Domain(Bus()), stage.parts(), settings)
            await again.start()
            try:
                await client.says(what="open")
                await client.told("stage:a", "hello")
                async with asyncio.timeout(5):
                    status, _ = await client.ask("stage:a", "echo", x=1)
                assert status == "ok"
            finally:
                await again.stop()

"""Set-up forms are filled in step by step, and refusals are told."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from scripts.stack.flows import FlowFailed, run_flow
from scripts.stack.hass_api import HassApi

START = {"handler": "maestra"}


class ScriptedApi:
    """Gives prepared answers and notes what was sent."""

    def __init__(self, *results: Mapping[str, Any]) -> None:
        self._results = iter(results)
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    async def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        self.sent.append((path, body))
        return {"flow_id": "f1", **next(self._results)}


async def run(api: ScriptedApi, answers: Mapping[str, Any]) -> Any:
    """Run a flow against prepared answers."""
    return await run_flow(cast(HassApi, api), "/flow", START, answers)


async def test_menus_and_forms_are_answered_until_the_entry_is_made() -> None:
    api = ScriptedApi(
        {"type": "menu", "step_id": "user", "menu_options": ["direct"]},
        {"type": "form", "step_id": "direct", "data_schema": [], "errors": {}},
        {"type": "create_entry", "title": "Broker"},
    )
    result = await run(
        api, {"user": {"next_step_id": "direct"}, "direct": {"host": "h"}}
    )
    assert result["title"] == "Broker"
    assert api.sent == [
        ("/flow", START),
        ("/flow/f1", {"next_step_id": "direct"}),
        ("/flow/f1", {"host": "h"}),
    ]


async def test_collapsed_sections_are_left_at_their_defaults() -> None:
    schema = [{"name": "host"}, {"name": "security", "type": "expandable"}]
    api = ScriptedApi(
        {"type": "form", "step_id": "direct", "data_schema": schema},
        {"type": "abort", "reason": "reconfigure_successful"},
    )
    await run(api, {"direct": {"host": "h"}})
    assert api.sent[-1] == ("/flow/f1", {"host": "h", "security": {}})


@pytest.mark.parametrize(
    ("results", "told"),
    [
        pytest.param(
            [{"type": "abort", "reason": "already_configured"}],
            "already_configured",
            id="aborted",
        ),
        pytest.param(
            [{"type": "form", "step_id": "else", "data_schema": [{"name": "pin"}]}],
            "pin",
            id="a step without an answer",
        ),
        pytest.param(
            [
                {"type": "form", "step_id": "user", "data_schema": []},
                {
                    "type": "form",
                    "step_id": "user",
                    "errors": {"base": "cannot_connect"},
                },
            ],
            "cannot_connect",
            id="an answer that is refused",
        ),
    ],
)
async def test_a_refusal_is_told(results: list[Mapping[str, Any]], told: str) -> None:
    with pytest.raises(FlowFailed, match=told):
        await run(ScriptedApi(*results), {"user": {}})

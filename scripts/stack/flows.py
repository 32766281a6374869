"""Fills in Home Assistant's forms (config, subentry and options flows), step by step."""

from collections.abc import Mapping
from typing import Final

from .hass_api import ApiError, HassApi, Json

CONFIG_FLOW: Final = "/api/config/config_entries/flow"
OPTIONS_FLOW: Final = "/api/config/config_entries/options/flow"
SUBENTRY_FLOW: Final = "/api/config/config_entries/subentries/flow"
MAX_STEPS: Final = 20

type Answers = Mapping[str, Mapping[str, Json]]
"""What to fill in, by the step's id. For a menu: `{"next_step_id": …}`."""


class FlowFailed(ApiError):
    """A form was refused, or asked for something that we have no answer to."""


async def run_flow(
    api: HassApi, path: str, start: Mapping[str, Json], answers: Answers
) -> Json:
    """Start a flow and answer its steps until it is done; returns its last result."""
    result = await api.post(path, start)
    answered: set[str] = set()
    for _ in range(MAX_STEPS):
        match result["type"]:
            case "create_entry":
                return result
            case "abort" if str(result["reason"]).endswith("_successful"):
                return result
            case "form" | "menu":
                step = result["step_id"]
                if step in answered or step not in answers:
                    raise FlowFailed(_refusal(start, result))
                answered.add(step)
                filled_in = {**_untouched_sections(result), **answers[step]}
                result = await api.post(f"{path}/{result['flow_id']}", filled_in)
            case _:
                raise FlowFailed(_refusal(start, result))
    raise FlowFailed(f"flow {start} does not end")


def _untouched_sections(form: Json) -> dict[str, Json]:
    """Return what a browser sends for the collapsed sections of a form: what they suggest, else their defaults."""
    fields = form.get("data_schema") or []
    return {
        field["name"]: {
            inner["name"]: inner["description"]["suggested_value"]
            for inner in field.get("schema") or []
            if "suggested_value" in (inner.get("description") or {})
        }
        for field in fields
        if field.get("type") == "expandable"
    }


def _refusal(start: Mapping[str, Json], result: Json) -> str:
    """Describe where a flow stopped, with everything that Home Assistant said about it."""
    keys = (
        "type",
        "step_id",
        "reason",
        "errors",
        "description_placeholders",
        "menu_options",
    )
    said = {key: result[key] for key in keys if result.get(key)}
    if schema := result.get("data_schema"):
        said["fields"] = [field.get("name") for field in schema]
    return f"flow {start['handler']} stopped: {said}"

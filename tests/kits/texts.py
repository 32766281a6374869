"""Every form that a test meets has its texts, and every text its placeholders."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
import json
from pathlib import Path
import re
from typing import Any
from unittest.mock import patch

from custom_components.maestra.const import DOMAIN
from homeassistant.components.repairs.issue_handler import RepairsFlowManager
from homeassistant.config_entries import (
    ConfigEntriesFlowManager,
    ConfigSubentryFlowManager,
    OptionsFlowManager,
)
from homeassistant.data_entry_flow import FlowManager, FlowResultType, section
from homeassistant.helpers import issue_registry as ir

TRANSLATIONS = Path(__file__).parents[2] / "custom_components" / DOMAIN / "translations"


def texts_in(language: str) -> dict[str, Any]:
    """Return all texts in a language."""
    texts: dict[str, Any] = json.loads(
        (TRANSLATIONS / f"{language}.json").read_text("utf-8")
    )
    return texts


TEXTS = texts_in("en")
PLACEHOLDER = re.compile(r"{([^{}]*)}")


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return set(PLACEHOLDER.findall(text))


def text_at(texts: Mapping[str, Any], *path: str) -> Any:
    """Return a text, or what lies below; fails when there is none."""
    found: Any = texts
    for key in path:
        assert isinstance(found, Mapping) and key in found, (
            f"No text for {'.'.join(path)}"
        )
        found = found[key]
    return found


@contextmanager
def described_flows() -> Generator[None]:
    """Hold each step of our flows against the translations while tests run."""
    handle = FlowManager._async_handle_step

    async def checked(manager: Any, flow: Any, *args: Any) -> Any:
        result = await handle(manager, flow, *args)
        if (texts := _texts_of(manager, flow)) is not None:
            _check(texts, result)
        return result

    with patch.object(FlowManager, "_async_handle_step", checked):
        yield


def _texts_of(manager: Any, flow: Any) -> Mapping[str, Any] | None:
    """Return the translations of one of our flows, None for somebody else's."""
    match manager:
        case ConfigEntriesFlowManager() if flow.handler == DOMAIN:
            return text_at(TEXTS, "config")  # type: ignore[no-any-return]
        case OptionsFlowManager() if flow.config_entry.domain == DOMAIN:
            return text_at(TEXTS, "options")  # type: ignore[no-any-return]
        case ConfigSubentryFlowManager() if flow._get_entry().domain == DOMAIN:
            return text_at(TEXTS, "config_subentries", flow.handler[1])  # type: ignore[no-any-return]
        case RepairsFlowManager() if flow.handler == DOMAIN:
            issue = ir.async_get(manager.hass).async_get_issue(DOMAIN, flow.issue_id)
            # Gone when the flow has just repaired it.
            key = issue and issue.translation_key
            return key and text_at(TEXTS, "issues", key, "fix_flow")  # type: ignore[return-value]
    return None


def _check(texts: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    given = set(result.get("description_placeholders") or {})
    match result["type"]:
        case FlowResultType.FORM:
            step = text_at(texts, "step", result["step_id"])
            told = [step[key] for key in ("title", "description") if key in step]
            assert told, f"Step {result['step_id']} has neither title nor description"
            if result["data_schema"] is not None:
                _check_fields(step, result["data_schema"].schema)
            told += [
                text_at(texts, "error", key)
                for key in (result["errors"] or {}).values()
            ]
        case FlowResultType.MENU:
            step = text_at(texts, "step", result["step_id"])
            told = [step.get("title", ""), step.get("description", "")]
            for option in result["menu_options"]:
                text_at(step, "menu_options", option)
        case FlowResultType.ABORT:
            # Home Assistant's own reasons have its own texts.
            reason = result["reason"]
            known = {"single_instance_allowed"}
            foreign = result.get("translation_domain") or reason in known
            told = [] if foreign else [text_at(texts, "abort", reason)]
        case _:
            told = []
    for text in told:
        assert placeholders(text) <= given, f"{text!r} wants more than {given}"


def _check_fields(step: Mapping[str, Any], schema: Mapping[Any, Any]) -> None:
    for marker, kind in schema.items():
        if isinstance(kind, section):
            below = text_at(step, "sections", str(marker))
            assert below["name"]
            _check_fields(below, kind.schema.schema)
        else:
            assert text_at(step, "data", str(marker))
            assert text_at(step, "data_description", str(marker))

"""Actions, triggers and conditions are described, named, pictured and documented in full."""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path
import re
from typing import Any

import probatio
import pytest

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.core.domain.variables import Direction, VariableType
from custom_components.maestra.core.production.shows import SHOWS
from custom_components.maestra.core.production.stream_events import CATALOGUE
from custom_components.maestra.features import FEATURES
from custom_components.maestra.hub.registry import registry_of
from homeassistant.components.automation.config import (
    ValidationStatus,
    async_validate_config_item,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import condition as conditions, service as services
from homeassistant.helpers.trigger import descriptions as triggers
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util

from .kits.hub import HubKit
from .test_permissions import DATA

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "maestra"
KINDS = ("services", "triggers", "conditions")
TARGET = {"entity_id", "device_id", "area_id", "floor_id", "label_id"}
BY_NAME = {
    "cue_list",
    "detector",
    "device",
    "experience",
    "group",
    "production",
    "slug",
    "stream",
    "transcription",
}
"""Names that YAML and templates may give instead of a target; a form offers the target."""
NAMED_STREAMS = {"name"}
TEXTS = json.loads((PACKAGE / "translations" / "en.json").read_text())
ICONS = json.loads((PACKAGE / "icons.json").read_text())
SCHEMAS = {
    "services": services._SERVICES_SCHEMA,
    "triggers": triggers._TRIGGERS_DESCRIPTION_SCHEMA,
    "conditions": conditions._CONDITIONS_DESCRIPTION_SCHEMA,
}
PAGES = {"services": "actions", "triggers": "triggers", "conditions": "conditions"}


def described(kind: str) -> dict[str, Any]:
    """Return a description file, checked by Home Assistant."""
    content = yaml_util.load_yaml_dict(PACKAGE / f"{kind}.yaml")
    checked: dict[str, Any] = SCHEMAS[kind](content)
    return checked


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields without the sections that they are in."""
    found: dict[str, Any] = {}
    for name, field in fields.items():
        found |= field.get("fields", {name: field})
    return found


def sections(fields: Mapping[str, Any]) -> set[str]:
    return {name for name, field in fields.items() if "fields" in field}


def documented(kind: str) -> dict[str, str]:
    """Return the sections of a documentation page by the name in their heading."""
    page = (ROOT / "docs" / f"{PAGES[kind]}.md").read_text()
    found = re.split(r"^#{2,3} `maestra\.(\w+)`$", page, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def selectors(kind: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for description in described(kind).values():
        for field in flat(description.get("fields", {})).values():
            for name, config in field["selector"].items():
                yield name, config or {}


async def test_registered_actions_are_described(
    hass: HomeAssistant, hub: object
) -> None:
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert set(registered) == set(described("services"))


async def test_described_fields_are_those_that_are_accepted(
    hass: HomeAssistant, hub: object
) -> None:
    registered = hass.services.async_services_for_domain(DOMAIN)
    for name, description in described("services").items():
        schema = registered[name].schema
        assert isinstance(schema, probatio.Schema)
        marks = schema.schema
        accepted = {str(mark) for mark in marks}
        fields = flat(description.get("fields", {}))
        named = BY_NAME if "target" in description else set()
        assert set(fields) <= accepted, name
        assert accepted - TARGET - set(fields) <= named, name
        assert ("target" in description) is (accepted >= TARGET), name
        required = {str(mark) for mark in marks if isinstance(mark, probatio.Required)}
        assert required == {key for key in fields if fields[key].get("required")}, name


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_triggers_and_conditions_are_described(kind: str) -> None:
    registered = getattr(registry_of(FEATURES), kind)
    assert set(described(kind)) == set(registered)
    for name, description in described(kind).items():
        marks = mapping_of(registered[name]._schema)
        accepted = {str(mark) for mark in mapping_of(marks["options"])}
        named = BY_NAME | NAMED_STREAMS if "target" in description else set()
        fields = set(description.get("fields", {}))
        assert fields <= accepted, name
        assert accepted - fields <= named, name
        assert ("target" in marks) is ("target" in description), name


def mapping_of(schema: Any) -> Mapping[str, Any]:
    """Return the fields of a schema, with or without rules around them."""
    while not isinstance(schema, Mapping):
        schema = (
            schema.schema
            if isinstance(schema, probatio.Schema)
            else schema.validators[0]
        )
    return {str(mark): value for mark, value in schema.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_name_and_a_description(kind: str) -> None:
    for name, description in described(kind).items():
        texts, fields = TEXTS[kind][name], description.get("fields", {})
        labels = texts.get("fields", {})
        assert texts["name"]
        assert texts["description"].endswith(".")
        assert set(labels) == set(flat(fields)), name
        assert all(field["name"] for field in labels.values())
        assert all(field["description"].endswith(".") for field in labels.values())
        assert set(texts.get("sections", {})) == sections(fields), name
    assert set(TEXTS[kind]) == set(described(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_an_icon(kind: str) -> None:
    icons = {name: icon[kind.removesuffix("s")] for name, icon in ICONS[kind].items()}
    assert set(icons) == set(described(kind))
    assert all(icon.startswith("mdi:") for icon in icons.values())
    for name, description in described(kind).items():
        fields = description.get("fields", {})
        assert set(ICONS[kind][name].get("sections", {})) == sections(fields), name


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_documented_with_an_example(kind: str) -> None:
    pages = documented(kind)
    assert set(pages) == set(described(kind))
    for name, description in described(kind).items():
        assert "```yaml" in pages[name], name
        for field in flat(description.get("fields", {})):
            assert f"`{field}`" in pages[name], (name, field)


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_has_a_text(kind: str) -> None:
    for name, config in selectors(kind):
        if key := config.get("translation_key"):
            part = "choices" if name == "choose" else "options"
            texts = TEXTS["selector"][key][part]
            assert set(texts) == set(config[part]), (name, key)


def test_choices_are_those_of_the_domain() -> None:
    fields = described("services")["define_variable"]["fields"]
    assert set(fields["type"]["selector"]["select"]["options"]) == set(VariableType)
    assert set(fields["direction"]["selector"]["select"]["options"]) == set(Direction)
    shown = {kind for show in SHOWS.values() for kind in (*show.layers, *show.ticker)}
    for kind, name, known in (
        ("triggers", "alert_shown", shown),
        ("services", "show_alert", shown),
        ("services", "show_content", shown),
        ("triggers", "stream_event", set(CATALOGUE)),
        ("services", "report_stream_event", set(CATALOGUE)),
    ):
        select = described(kind)[name]["fields"]["type"]["selector"]["select"]
        assert set(select["options"]) == known, name
        # Anybody may have more.
        assert select["custom_value"], name


def test_every_refusal_has_a_text() -> None:
    sources = [
        *(PACKAGE / "features").rglob("actions.py"),
        *(PACKAGE / "hub").glob("*.py"),
    ]
    pattern = r'refusal\("(\w+)"|translation_key="(\w+)"'
    keys = {
        found[1] or found[2]
        for source in sources
        for found in re.finditer(pattern, source.read_text())
    }
    assert {"not_loaded", "no_entity_targeted", "reserved_topic"} <= keys
    assert keys <= set(TEXTS["exceptions"])


def examples() -> Iterable[Any]:
    """Return the examples on the pages."""
    for page in (*PAGES.values(), "streams"):
        text = (ROOT / "docs" / f"{page}.md").read_text()
        for block in re.findall(
            r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
        ):
            yield yaml_util.parse_yaml(block)


def as_automation(example: Any) -> dict[str, Any]:
    """Return an example, or a part of one, as a whole automation."""
    parts = example if isinstance(example, dict) else {"actions": example}
    whole = {"actions": parts} if "action" in parts else parts
    return {"triggers": [], "actions": [], **whole}


def steps(example: Any) -> Iterable[dict[str, Any]]:
    """Return all calls of our actions in an example."""
    if isinstance(example, list):
        for item in example:
            yield from steps(item)
    if isinstance(example, dict):
        if str(example.get("action")).startswith(DOMAIN):
            yield example
        for item in example.values():
            yield from steps(item)


@pytest.mark.usefixtures("hub")
async def test_every_example_is_valid(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "automation", {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    schemas = {f"{DOMAIN}.{name}": action.schema for name, action in registered.items()}
    for example in examples():
        checked = await async_validate_config_item(hass, "x", as_automation(example))
        assert checked
        assert checked.validation_status is ValidationStatus.OK, example
        for step in steps(example):
            accepts = schemas[step["action"]]
            assert accepts
            accepts({**step.get("target", {}), **step.get("data", {})})


def halved(value: Any) -> Any:
    """Return a value with half a character in place of each text."""
    if isinstance(value, str):
        return "\ud800"
    if isinstance(value, Mapping):
        return {key: halved(item) for key, item in value.items()}
    return [halved(item) for item in value] if isinstance(value, list) else value


async def test_no_action_takes_half_a_character(
    hass: HomeAssistant, hub_kit: HubKit
) -> None:
    """YAML and templates can hold it; nothing that is saved, sent or shown can."""
    for name, data in DATA.items():
        texts = {key: halved(value) for key, value in data.items()}
        for key in (key for key in texts if texts[key] != data[key]):
            answers = hass.services.supports_response(DOMAIN, name).value != "none"
            with pytest.raises((probatio.Invalid, ServiceValidationError)):
                await hass.services.async_call(
                    DOMAIN,
                    name,
                    {**data, key: texts[key]},
                    blocking=True,
                    return_response=answers,
                )

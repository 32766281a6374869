"""What the parts of this component share: its C++ classes, and what Maestra takes as slugs, objects and addresses."""

import json
from typing import Any

from esphome import automation
import esphome.codegen as cg
import esphome.config_validation as cv

CONF_METRIC = "metric"
CONF_SLUG = "slug"
CONF_VARIABLE = "variable"

maestra_ns = cg.esphome_ns.namespace("maestra")
Maestra = maestra_ns.class_("Maestra", cg.Component)
Binding = maestra_ns.class_("Binding")
Configuration = maestra_ns.class_("Configuration")
StateListener = maestra_ns.class_("StateListener")
Stream = maestra_ns.class_("Stream")
SendEventAction = maestra_ns.class_("SendEventAction", automation.Action)
MetricAction = maestra_ns.class_("MetricAction", automation.Action)
SetStateAction = maestra_ns.class_("SetStateAction", automation.Action)
AdvertiseStreamAction = maestra_ns.class_("AdvertiseStreamAction", automation.Action)
WithdrawStreamAction = maestra_ns.class_("WithdrawStreamAction", automation.Action)


def slug(value: Any) -> str:
    """Take what Maestra takes as a slug."""
    text = cv.string_strict(value)
    if not 1 <= len(text) <= 100 or text.strip(
        "abcdefghijklmnopqrstuvwxyz0123456789-_"
    ):
        raise cv.Invalid("A slug is 1 to 100 of a-z, 0-9, - and _")
    return text


def json_object(value: Any) -> Any:
    """Take an object in YAML, or what is one in JSON, as JSON; a lambda returns JSON."""
    if not isinstance(value, dict):
        value = cv.templatable(cv.string_strict)(value)
        if cg.is_template(value):
            return value
    try:
        read = json.loads(value) if isinstance(value, str) else value
        if isinstance(read, dict):
            return json.dumps(read)
    except (TypeError, ValueError) as error:
        raise cv.Invalid(f"This is no JSON: {error}") from error
    raise cv.Invalid("This is to be an object")


def web_address(value: Any) -> str:
    """Take an address that Home Assistant can fetch."""
    address: str = cv.url(value)
    if not address.startswith(("http://", "https://")):
        raise cv.Invalid("This is to begin with http:// or https://")
    return address

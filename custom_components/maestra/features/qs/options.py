"""Options of QS devices: the time zone of their clocks, which are shown, and shared subscriptions."""

import re
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ...const import CONF_DEVICES, CONF_GROUP, CONF_MISMATCH, CONF_QS, CONF_ZONE
from ...core.qs.registry import Mismatch
from ...hub.flows import TEXT, TEXTS, FormData
from ...hub.options import HubOptionsFlow, OptionsStep
from .manager import DEFAULTS, async_zone

# Any other name and any fixed offset can be typed.
ZONES: Final = (
    "America/Los_Angeles",
    "Etc/GMT+8",
    "UTC",
    "America/New_York",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tokyo",
)
# It becomes one level of a topic.
_GROUP: Final = re.compile(r"[^/+#\x00-\x1f]{1,64}")

QS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_ZONE): SelectSelector(
            SelectSelectorConfig(
                options=list(ZONES),
                custom_value=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Required(CONF_MISMATCH): SelectSelector(
            SelectSelectorConfig(
                options=[choice.value for choice in Mismatch],
                translation_key="qs_mismatch",
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Optional(CONF_DEVICES, default=list): TEXTS,
        probatio.Optional(CONF_GROUP, default=""): TEXT,
    }
)


async def _change_qs(
    flow: HubOptionsFlow, user_input: dict[str, Any] | None = None
) -> ConfigFlowResult:
    """Change how their events are read, and which are shown."""
    errors = {}
    if user_input is not None:
        options = _cleaned(user_input)
        if await async_zone(options[CONF_ZONE]) is None:
            errors[CONF_ZONE] = "unknown_zone"
        if options[CONF_GROUP] and not _GROUP.fullmatch(options[CONF_GROUP]):
            errors[CONF_GROUP] = "invalid_group"
        if not errors:
            return flow.save({CONF_QS: options})
    saved = flow.config_entry.options.get(CONF_QS, {})
    return flow.async_show_form(
        step_id="qs",
        data_schema=flow.add_suggested_values_to_schema(
            QS_SCHEMA, user_input or {**DEFAULTS, **saved}
        ),
        errors=errors,
    )


def _cleaned(form: FormData) -> dict[str, Any]:
    devices = (device.strip() for device in form.get(CONF_DEVICES, ()))
    return {
        CONF_ZONE: form[CONF_ZONE].strip(),
        CONF_MISMATCH: form[CONF_MISMATCH],
        CONF_DEVICES: list(dict.fromkeys(filter(None, devices))),
        CONF_GROUP: form.get(CONF_GROUP, "").strip(),
    }


QS_OPTIONS: Final = (OptionsStep(key="qs", run=_change_qs),)

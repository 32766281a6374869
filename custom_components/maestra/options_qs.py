"""Changing how QS devices are heard."""

import re
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import CONF_DEVICES, CONF_GROUP, CONF_MISMATCH, CONF_QS, CONF_ZONE
from .qs_hub import DEFAULTS, async_zone
from .sources.qs.settings import Mismatch
from .subentries.forms import TEXT, TEXTS, FormData

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


class QsSteps(OptionsFlow):
    """The step of the hub's options that is about QS devices."""

    async def async_step_qs(
        self, user_input: dict[str, Any] | None = None
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
                return self.async_create_entry(
                    data={**self.config_entry.options, CONF_QS: options}
                )
        return self.async_show_form(
            step_id="qs",
            data_schema=self.add_suggested_values_to_schema(
                QS_SCHEMA,
                user_input
                or {**DEFAULTS, **self.config_entry.options.get(CONF_QS, {})},
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

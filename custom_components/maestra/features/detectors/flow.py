"""The flow of the `detector` subentry: what looks for events in a series."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    EntitySelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ...const import CONF_KIND, CONF_SERIES, CONF_SETTINGS
from ...core.detectors.catalogue import DETECTORS
from ...core.detectors.detector import Detector, Option
from ...core.domain.errors import InvalidField
from ...core.store.ha_rows import HA_PREFIX
from ...hub.errors import phrase
from ...hub.flows import TEXT, FormData, ServiceFlow
from .setup import build_detector

STEP_SETTINGS: Final = "settings"
_HA: Final = f"{HA_PREFIX}:"

KIND_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_KIND, default=next(iter(DETECTORS))): SelectSelector(
            SelectSelectorConfig(
                options=list(DETECTORS),
                translation_key="detector_kind",
                mode=SelectSelectorMode.LIST,
            )
        )
    }
)


class DetectorFlow(ServiceFlow):
    """Adds a detector, or changes one: first its kind, which stays, then its series and thresholds."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._kind = ""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the kind of detector."""
        if user_input is None:
            return self.async_show_form(
                step_id="user", data_schema=KIND_SCHEMA, last_step=False
            )
        self._kind = user_input[CONF_KIND]
        return await self.async_step_settings()

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a detector."""
        self._changed = self._get_reconfigure_subentry()
        self._kind = self._changed.data[CONF_KIND]
        return await self.async_step_settings()

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for series and thresholds."""
        kind = DETECTORS[self._kind]
        if user_input is None:
            changed = self._changed
            shown = _form_from_data(changed.title, changed.data) if changed else None
            return self._form(kind, shown)
        data = _data_from_form(kind, user_input)
        if not data[CONF_SERIES]:
            return self._form(kind, user_input, "series_missing")
        try:
            detector = build_detector(self.records.feeds, data)
        except InvalidField as error:
            return self._form(kind, user_input, "invalid_settings", str(error))
        data[CONF_SERIES] = detector.series
        name = user_input.get(CONF_NAME, "").strip()
        return self._save(data, None, name or self._shown_name(kind.title))

    @callback
    def _form(
        self,
        kind: type[Detector],
        shown: FormData | None,
        error: str | None = None,
        reason: str = "",
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=STEP_SETTINGS,
            data_schema=self.add_suggested_values_to_schema(_schema(kind), shown),
            errors={"base": error} if error else None,
            description_placeholders={"reason": phrase(reason)},
            last_step=True,
        )


def _schema(kind: type[Detector]) -> probatio.Schema:
    series = (
        probatio.Optional(CONF_SERIES, default=kind.usual_series)
        if kind.usual_series
        else probatio.Optional(CONF_SERIES)
    )
    return probatio.Schema(
        {
            probatio.Optional(CONF_NAME): TEXT,
            probatio.Optional(CONF_ENTITY_ID): EntitySelector(),
            series: TEXT,
            probatio.Required(CONF_SETTINGS): section(
                probatio.Schema(
                    {_marker(option): _selector(option) for option in kind.options}
                ),
                {"collapsed": kind.usual_series is not None},
            ),
        }
    )


def _marker(option: Option) -> probatio.Marker:
    if option.default is None:
        return probatio.Optional(option.key)
    return probatio.Required(option.key, default=option.default)


def _selector(option: Option) -> NumberSelector:
    config = NumberSelectorConfig(
        min=option.low, max=option.high, step="any", mode=NumberSelectorMode.BOX
    )
    if option.unit is not None:
        config["unit_of_measurement"] = option.unit
    return NumberSelector(config)


def _data_from_form(kind: type[Detector], form: FormData) -> dict[str, Any]:
    # An entity that is chosen goes before what is written.
    entity_id, series = form.get(CONF_ENTITY_ID), form.get(CONF_SERIES, "").strip()
    return {
        CONF_KIND: kind.kind,
        CONF_SERIES: f"{_HA}{entity_id}" if entity_id else series,
        CONF_SETTINGS: dict(form[CONF_SETTINGS]),
    }


def _form_from_data(title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    series: str = data[CONF_SERIES]
    is_ours = series.startswith(_HA)
    return {
        CONF_NAME: title,
        CONF_SETTINGS: data[CONF_SETTINGS],
        (CONF_ENTITY_ID if is_ours else CONF_SERIES): series.removeprefix(_HA),
    }

"""The `f2_controller` subentry: one F2 controller, and what hangs on its connectors."""

from typing import Any

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_MAC, CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util

from ..const import CONF_F2_TEMPLATES, CONF_WIRING, CONF_ZONE, SUBENTRY_F2_CONTROLLER
from ..f2_setup import f2_subentry, usual_name
from ..f2_templates import templates_from_options
from ..sources.f2.grammar import F2Malformed, Mode, parse_mac
from .f2_form import (
    CONF_COMPONENTS,
    CONNECTOR_FIELDS,
    NO_TEMPLATE,
    RECONFIGURE_SCHEMA,
    SECTION_CONNECTORS,
    SECTION_DOORS,
    SENSOR_FIELDS,
    UNUSED,
    USER_SCHEMA,
    components_of,
    form_from_data,
    wiring_form,
    wiring_from_form,
)
from .forms import FormData, Problem, ServiceFlow


class F2ControllerFlow(ServiceFlow):
    """Adds a controller, or changes one: first itself, then what hangs on its connectors."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._mac = ""
        self._name = ""
        self._data: dict[str, Any] = {}
        self._modes: dict[str, Mode] = {}
        self._wiring: FormData = {}

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a controller."""
        return await self._async_ask("user", USER_SCHEMA, user_input, {})

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a controller. It stays the same one: another MAC address is another controller."""
        changed = self._changed = self._get_reconfigure_subentry()
        self._mac, self._wiring = changed.data[CONF_MAC], changed.data[CONF_WIRING]
        shown = form_from_data(changed.title, changed.data)
        return await self._async_ask(
            "reconfigure", RECONFIGURE_SCHEMA, user_input, shown
        )

    async def async_step_wiring(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what hangs on the connectors that are used."""
        if user_input is None and self._modes:
            return self.async_show_form(
                step_id="wiring",
                data_schema=self.add_suggested_values_to_schema(
                    self._wiring_schema(), wiring_form(self._wiring, self._modes)
                ),
                last_step=True,
            )
        return self._keep(wiring_from_form(user_input or {}, self._modes, self._wiring))

    async def _async_ask(
        self,
        step_id: str,
        schema: probatio.Schema,
        user_input: dict[str, Any] | None,
        shown: FormData,
    ) -> SubentryFlowResult:
        errors = {}
        if user_input is not None:
            if (problem := await self._async_take(user_input)) is None:
                return await self.async_step_wiring()
            errors[problem.field] = problem.key
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema, user_input or shown
            ),
            errors=errors,
            last_step=False,
        )

    async def _async_take(self, form: FormData) -> Problem | None:
        """Keep what the first form says; returns what is wrong with it."""
        if self._changed is None:
            try:
                self._mac = parse_mac(form[CONF_MAC])
            except F2Malformed:
                return Problem(CONF_MAC, "invalid_mac")
            others = self._get_entry().get_subentries_of_type(SUBENTRY_F2_CONTROLLER)
            if any(other.unique_id == self._mac for other in others):
                return Problem(CONF_MAC, "mac_taken")
        zone = form.get(CONF_ZONE, "").strip()
        if zone and await dt_util.async_get_time_zone(zone) is None:
            return Problem(CONF_ZONE, "invalid_zone")
        self._name = form.get(CONF_NAME, "").strip() or usual_name(self._mac)
        self._data = {**form[SECTION_DOORS], **({CONF_ZONE: zone} if zone else {})}
        self._modes = {
            CONNECTOR_FIELDS[field]: Mode(mode)
            for field, mode in form[SECTION_CONNECTORS].items()
            if mode != UNUSED
        }
        return None

    @callback
    def _keep(self, wiring: FormData) -> SubentryFlowResult:
        subentry = f2_subentry(self._mac, self._name, wiring, **self._data)
        if (changed := self._changed) is None:
            return self.async_create_entry(
                title=subentry.title, data=subentry.data, unique_id=self._mac
            )
        return self.async_update_and_abort(
            self._get_entry(), changed, title=subentry.title, data=subentry.data
        )

    def _wiring_schema(self) -> probatio.Schema:
        templates = templates_from_options(
            self._get_entry().options.get(CONF_F2_TEMPLATES, [])
        )
        sensor = SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=NO_TEMPLATE, label="-"),
                    *(
                        SelectOptionDict(value=template.id, label=template.name)
                        for template in templates
                    ),
                ],
                mode=SelectSelectorMode.DROPDOWN,
            )
        )
        fields: dict[Mode, dict[Any, Any]] = {
            mode: {
                probatio.Required(CONF_COMPONENTS, default=list): SelectSelector(
                    SelectSelectorConfig(
                        options=components_of(mode),
                        multiple=True,
                        translation_key="f2_component",
                    )
                )
            }
            for mode in (Mode.ACCESS, Mode.ALARM)
        }
        fields[Mode.SENSOR] = {
            probatio.Optional(field): sensor for field in SENSOR_FIELDS
        }
        return probatio.Schema(
            {
                probatio.Required(field): section(
                    probatio.Schema(fields[self._modes[connector]])
                )
                for field, connector in CONNECTOR_FIELDS.items()
                if connector in self._modes
            }
        )

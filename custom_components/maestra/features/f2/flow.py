"""The `f2_controller` subentry: one F2 controller, and what hangs on its connectors."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_MAC, CONF_NAME, UnitOfTime
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util

from ...const import (
    CONF_F2_TEMPLATES,
    CONF_LOCKED_BY_POWER,
    CONF_OPEN_IS_FALSE,
    CONF_UNLOCK_PERIOD,
    CONF_WIRING,
    CONF_ZONE,
    DEFAULT_UNLOCK_PERIOD,
    SUBENTRY_F2_CONTROLLER,
)
from ...core.f2.grammar import KINDS, F2Malformed, Kind, Mode, parse_mac
from ...core.f2.payloads import LONGEST_PERIOD
from ...hub.flows import TEXT, FormData, Problem, ServiceFlow, whole_number
from .setup import f2_subentry
from .templates import templates_from_options

SECTION_CONNECTORS: Final = "connectors"
SECTION_DOORS: Final = "doors"
CONF_COMPONENTS: Final = "components"
UNUSED: Final = "unused"
NO_TEMPLATE: Final = "none"
# Fields of the form -> connectors and sensors on the wire.
CONNECTOR_FIELDS: Final[Mapping[str, str]] = {
    "j1": "J1",
    "j2": "J2",
    "j3": "J3",
    "j4": "J4",
}
SENSOR_FIELDS: Final[Mapping[str, str]] = {
    "sensor_1": "sensor-1",
    "sensor_2": "sensor-2",
    "sensor_3": "sensor-3",
    "sensor_4": "sensor-4",
    "sensor_5": "sensor-5",
    "sensor_6": "sensor-6",
}

_MODE: Final = SelectSelector(
    SelectSelectorConfig(
        options=[UNUSED, *(mode.value for mode in Mode)],
        translation_key="f2_mode",
        mode=SelectSelectorMode.DROPDOWN,
    )
)
_CONNECTORS_SCHEMA: Final = probatio.Schema(
    {probatio.Required(field, default=UNUSED): _MODE for field in CONNECTOR_FIELDS}
)
_DOORS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(
            CONF_UNLOCK_PERIOD, default=DEFAULT_UNLOCK_PERIOD
        ): whole_number(1, LONGEST_PERIOD, UnitOfTime.SECONDS),
        probatio.Required(CONF_LOCKED_BY_POWER, default=False): BooleanSelector(),
        probatio.Required(CONF_OPEN_IS_FALSE, default=False): BooleanSelector(),
    }
)
_RECONFIGURE: Final = {
    probatio.Required(CONF_NAME): TEXT,
    probatio.Optional(CONF_ZONE): TEXT,
    probatio.Required(SECTION_CONNECTORS): section(
        _CONNECTORS_SCHEMA, {"collapsed": False}
    ),
    probatio.Required(SECTION_DOORS): section(_DOORS_SCHEMA, {"collapsed": True}),
}
RECONFIGURE_SCHEMA: Final = probatio.Schema(_RECONFIGURE)
USER_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_MAC): TEXT, probatio.Optional(CONF_NAME): TEXT}
    | {key: value for key, value in _RECONFIGURE.items() if key != CONF_NAME}
)


def components_of(mode: Mode) -> list[str]:
    """Return the names of what can hang on a connector in this mode."""
    return [
        f"{kind}-{number}"
        for kind in Kind
        if KINDS[kind].mode is mode
        for number in range(1, KINDS[kind].count + 1)
    ]


def form_from_data(name: str, data: FormData) -> dict[str, Any]:
    """Return what the first form shows of a saved controller."""
    wiring = data[CONF_WIRING]
    return {
        CONF_NAME: name,
        **({CONF_ZONE: data[CONF_ZONE]} if CONF_ZONE in data else {}),
        SECTION_CONNECTORS: {
            field: wiring.get(connector, {}).get("mode", UNUSED)
            for field, connector in CONNECTOR_FIELDS.items()
        },
        SECTION_DOORS: {
            key: data[key]
            for key in (CONF_UNLOCK_PERIOD, CONF_LOCKED_BY_POWER, CONF_OPEN_IS_FALSE)
            if key in data
        },
    }


def wiring_form(wiring: FormData, modes: Mapping[str, Mode]) -> dict[str, Any]:
    """Return what the second form shows of a wiring; a connector in another mode begins empty."""
    shown: dict[str, Any] = {}
    for field, connector in CONNECTOR_FIELDS.items():
        known = wiring.get(connector, {})
        if connector not in modes or known.get("mode") != modes[connector]:
            continue
        components = known.get("components", {})
        if modes[connector] is Mode.SENSOR:
            shown[field] = {
                name: components[sensor].get("template", NO_TEMPLATE)
                for name, sensor in SENSOR_FIELDS.items()
                if sensor in components
            }
        else:
            shown[field] = {CONF_COMPONENTS: list(components)}
    return shown


def wiring_from_form(
    form: FormData, modes: Mapping[str, Mode], known: FormData
) -> dict[str, Any]:
    """Return the wiring as JSON. The names that components had stay."""
    wiring: dict[str, Any] = {}
    for field, connector in CONNECTOR_FIELDS.items():
        if connector not in modes:
            continue
        given = form.get(field, {})
        before = known.get(connector, {}).get("components", {})
        chosen = (
            {SENSOR_FIELDS[name]: template for name, template in given.items()}
            if modes[connector] is Mode.SENSOR
            else dict.fromkeys(given.get(CONF_COMPONENTS, ()), NO_TEMPLATE)
        )
        wiring[connector] = {
            "mode": modes[connector].value,
            "components": {
                component: {
                    **(
                        {"name": before[component]["name"]}
                        if "name" in before.get(component, {})
                        else {}
                    ),
                    **({} if template == NO_TEMPLATE else {"template": template}),
                }
                for component, template in chosen.items()
            },
        }
    return wiring


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
        self._name = form.get(CONF_NAME, "").strip() or self._shown_name()
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

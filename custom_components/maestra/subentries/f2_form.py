"""The two forms of an F2 controller: their fields, and what they become."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.const import CONF_MAC, CONF_NAME, UnitOfTime
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ..const import (
    CONF_LOCKED_BY_POWER,
    CONF_OPEN_IS_FALSE,
    CONF_UNLOCK_PERIOD,
    CONF_WIRING,
    CONF_ZONE,
    DEFAULT_UNLOCK_PERIOD,
)
from ..sources.f2.grammar import KINDS, Kind, Mode
from ..sources.f2.payloads import LONGEST_PERIOD
from .forms import TEXT, FormData, whole_number

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

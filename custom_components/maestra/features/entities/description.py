"""The form that asks what a thing is: its kind, its place, its variables; of a device, how its metrics are shown."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import probatio

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.const import CONF_NAME, CONF_TYPE, EntityCategory
from homeassistant.helpers.selector import (
    AreaSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ...core.domain.device import Device
from ...core.domain.entity import Entity
from ...core.domain.errors import InvalidField, MaestraError
from ...core.domain.json_values import JsonObject
from ...core.domain.names import MAX_NAME_LENGTH, is_name
from ...core.domain.source import HOME_ASSISTANT
from ...core.domain.states import variables_as
from ...core.domain.variables import Direction, Variable, VariableType
from ...hub.actions import ATTR_AREA
from ...hub.flows import TEXT, TEXTS, FormData, Problem
from ...hub.hub import Hub
from ...hub.issues import facts
from ...hub.units import MAX_PRECISION, NOTHING

ATTR_DIRECTION: Final = "direction"
ATTR_ENTITY_TYPE: Final = "entity_type"
ATTR_METRICS: Final = "metrics"
ATTR_VARIABLES: Final = "variables"

_NUMBER: Final = NumberSelector(
    NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any")
)
# How a value looks (`Declared`).
_LOOK: Final[Mapping[str, ObjectSelectorField]] = {
    "unit": {"selector": TEXT},
    "device_class": {
        "selector": SelectSelector(
            SelectSelectorConfig(
                options=[
                    NOTHING,
                    *sorted({*SensorDeviceClass, *BinarySensorDeviceClass}),
                ],
                mode=SelectSelectorMode.DROPDOWN,
            )
        )
    },
    "precision": {
        "selector": NumberSelector(
            NumberSelectorConfig(
                min=0, max=MAX_PRECISION, step=1, mode=NumberSelectorMode.BOX
            )
        )
    },
    "entity_category": {
        "selector": SelectSelector(
            SelectSelectorConfig(
                options=list(EntityCategory), translation_key="entity_category"
            )
        )
    },
}
_BOUNDS: Final[Mapping[str, ObjectSelectorField]] = {
    "min": {"selector": _NUMBER},
    "max": {"selector": _NUMBER},
    "options": {"selector": TEXTS},
}
_OF_CONFIG: Final = (*_BOUNDS, *_LOOK)

VARIABLES_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(ATTR_VARIABLES, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=CONF_NAME,
                description_field=CONF_TYPE,
                translation_key="variable",
                fields={
                    CONF_NAME: {"selector": TEXT, "required": True},
                    CONF_TYPE: {
                        "selector": SelectSelector(
                            SelectSelectorConfig(
                                options=[kind.value for kind in VariableType],
                                translation_key="variable_type",
                                mode=SelectSelectorMode.DROPDOWN,
                            )
                        ),
                        "required": True,
                    },
                    ATTR_DIRECTION: {
                        "selector": SelectSelector(
                            SelectSelectorConfig(
                                options=[way.value for way in Direction],
                                translation_key="direction",
                            )
                        ),
                        "required": True,
                    },
                    **_BOUNDS,
                    **_LOOK,
                },
            )
        )
    }
)
METRICS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(ATTR_METRICS, default=list): ObjectSelector(
            ObjectSelectorConfig(
                multiple=True,
                label_field=CONF_NAME,
                description_field="unit",
                translation_key="metric",
                fields={CONF_NAME: {"selector": TEXT, "required": True}, **_LOOK},
            )
        )
    }
)


class Description:
    """What a user says of one Maestra entity, step by step; nothing changes before the last."""

    def __init__(self, hub: Hub, entity: Entity, suggested: str | None = None) -> None:
        """Begin with what is known of it; `suggested` is the type that it looks like."""
        registered = hub.devices.get(entity.id)
        self._hub = hub
        self._entity = entity
        self._type = entity.type.name
        self._what: FormData = {
            CONF_NAME: entity.name,
            ATTR_ENTITY_TYPE: suggested or entity.type.name,
            ATTR_AREA: registered.area_id if registered else None,
        }

    @property
    def what(self) -> FormData:
        """What the first form is filled in with."""
        return {key: value for key, value in self._what.items() if value}

    @property
    def placeholders(self) -> dict[str, str]:
        """What its texts say of it."""
        return facts(slug=self._entity.slug)

    def what_schema(self) -> probatio.Schema:
        """Return the first form."""
        built_in = [kind.name for kind in self._hub.domain.types if kind.built_in]
        own = [
            SelectOptionDict(value=kind.name, label=kind.display_name)
            for kind in self._hub.domain.types
            if not kind.built_in
        ]
        options: Any = (
            [*built_in]
            if not own
            else [
                *(SelectOptionDict(value=name, label=name) for name in built_in),
                *own,
            ]
        )
        return probatio.Schema(
            {
                probatio.Required(CONF_NAME): TEXT,
                probatio.Required(ATTR_ENTITY_TYPE): SelectSelector(
                    SelectSelectorConfig(
                        options=options,
                        translation_key="entity_type",
                        mode=SelectSelectorMode.DROPDOWN,
                    )
                ),
                probatio.Optional(ATTR_AREA): AreaSelector(),
            }
        )

    def take_what(self, form: FormData) -> Problem | None:
        """Take the first form over; return what is wrong with it."""
        name = form[CONF_NAME].strip()
        self._what = {**form, CONF_NAME: name}
        if not is_name(name, MAX_NAME_LENGTH):
            return Problem(CONF_NAME, "invalid_name")
        return None

    @property
    def is_unchanged(self) -> bool:
        """Whether it is the kind of thing that it was, with no variable declared."""
        variables = self._entity.variables.values()
        return self._what[ATTR_ENTITY_TYPE] == self._type and all(
            variable.inferred for variable in variables
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The variables that it has as what it is now said to be."""
        return [_row(variable) for variable in self._guessed().values()]

    def save(self, rows: Iterable[Mapping[str, Any]]) -> Problem | None:
        """Make it so; return what is wrong with a variable instead."""
        guessed = self._guessed()
        try:
            declared = [
                variable
                for row in rows
                if not _is_same(
                    variable := _variable(row, guessed.get(row[CONF_NAME])),
                    guessed.get(variable.name),
                )
            ]
        except InvalidField as error:
            return Problem(ATTR_VARIABLES, "invalid_variable", str(error))
        kept = {str(row[CONF_NAME]).strip() for row in rows}
        entities, slug = self._hub.domain.entities, self._entity.slug
        try:
            if self._what[CONF_NAME] != self._entity.name:
                entities.edit(
                    slug, {"name": self._what[CONF_NAME]}, source=HOME_ASSISTANT
                )
            entities.retype(slug, self._what[ATTR_ENTITY_TYPE], source=HOME_ASSISTANT)
            for name in [name for name in guessed if name not in kept]:
                if name in self._entity.variables:
                    entities.remove_variable(slug, name, source=HOME_ASSISTANT)
            for variable in declared:
                entities.define_variable(slug, variable, source=HOME_ASSISTANT)
        except MaestraError as error:
            return Problem(ATTR_VARIABLES, "invalid_variable", str(error))
        if area_id := self._what.get(ATTR_AREA):
            self._hub.devices.place(self._entity.id, area_id)
        return None

    def _guessed(self) -> Mapping[str, Variable]:
        kind = self._hub.domain.types.get(self._what[ATTR_ENTITY_TYPE])
        return variables_as(self._entity, kind or self._entity.type)


def metric_rows(device: Device) -> list[dict[str, Any]]:
    """Return the metrics of a device, each with how it is shown."""
    return [
        {
            CONF_NAME: name,
            **{key: value for key, value in device.look(name).items() if key in _LOOK},
        }
        for name in device.metrics
    ]


def described_metrics(device: Device, rows: Iterable[Mapping[str, Any]]) -> JsonObject:
    """Return how metrics are to be shown otherwise than the device declares, by name."""
    found: JsonObject = {}
    for row in rows:
        name = str(row[CONF_NAME])
        declared = device.declared(name)
        said = {
            key: value
            for key, value in _said(row, _LOOK).items()
            if value != declared.get(key)
        }
        if said:
            found[name] = said
    return found


def _row(variable: Variable) -> dict[str, Any]:
    config = variable.config
    row = {
        CONF_NAME: variable.name,
        CONF_TYPE: variable.type.value,
        ATTR_DIRECTION: variable.direction.value,
        **{key: config[key] for key in _OF_CONFIG if key in config},
    }
    if variable.options:
        row["options"] = list(variable.options)
    return row


def _variable(row: Mapping[str, Any], known: Variable | None) -> Variable:
    """Return the variable that a row declares; what the form does not ask for stays. Raises InvalidField."""
    others = {
        key: value
        for key, value in (known.config if known else {}).items()
        if key not in _OF_CONFIG
    }
    said = _said(row, _OF_CONFIG)
    if known and list(known.options) == said.get("options"):
        # Labels of options are not asked for.
        said["options"] = known.config["options"]
    return Variable.from_wire(
        {
            **(known.to_wire() if known else {}),
            "name": str(row[CONF_NAME]).strip(),
            "type": row[CONF_TYPE],
            "direction": row[ATTR_DIRECTION],
            "config": others | said,
        }
    )


def _said(row: Mapping[str, Any], keys: Iterable[str]) -> JsonObject:
    """Return what is filled in; whole numbers as such."""
    said = {key: row[key] for key in keys if row.get(key) not in (None, "", [])}
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in said.items()
    }


def _is_same(variable: Variable, known: Variable | None) -> bool:
    return known is not None and variable.to_wire() == known.to_wire()

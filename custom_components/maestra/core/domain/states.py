"""States held against an entity's variables: warnings, defaults, inferred variables."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from .entity import Entity
from .entity_type import EntityType
from .errors import InvalidValue
from .json_values import JsonObject, JsonValue
from .variables import Variable, VariableType, infer_type

MAX_VARIABLES: Final = 256
_SCALARS: Final = frozenset(
    {VariableType.STRING, VariableType.NUMBER, VariableType.BOOLEAN, VariableType.COLOR}
)
_VARYING: Final = _SCALARS - {VariableType.STRING}


def default_state(kind: EntityType, variables: Mapping[str, Variable]) -> JsonObject:
    """Return what an entity's state is before anybody says anything."""
    return kind.default_state | {
        name: variable.default
        for name, variable in variables.items()
        if variable.default is not None
    }


def check_values(
    entity: Entity, values: Iterable[tuple[str, JsonValue]], *, strict: bool
) -> list[JsonObject]:
    """Check values against the declared variables; null is a missing one.

    Returns warnings in the protocol's form; raises InvalidValue for the first when strict.
    """
    warnings: list[JsonObject] = []
    for name, value in values:
        variable = entity.variables.get(name)
        if variable is None or variable.inferred:
            continue
        if value is None:
            if not variable.required:
                continue
            warning = variable.missing
        elif reason := variable.check(value):
            warning = variable.warning(value, reason)
        else:
            continue
        if strict:
            raise InvalidValue(
                entity=entity.slug, variable=name, reason=warning["message"]
            )
        warnings.append(warning)
    return warnings


def missing_required(entity: Entity, state: JsonObject) -> list[tuple[str, JsonValue]]:
    """Return the required variables that a state does not have, as pairs for `check_values`."""
    return [
        (name, None)
        for name, variable in entity.variables.items()
        if variable.required and state.get(name) is None
    ]


def variables_as(entity: Entity, kind: EntityType) -> dict[str, Variable]:
    """Return the variables that an entity has as a thing of this kind: the declared ones, and what its state suggests."""
    if not entity.infers:
        return entity.variables
    found = {
        name: variable
        for name, variable in entity.variables.items()
        if not variable.inferred
    }
    for key, value in entity.state.items():
        if key not in found and len(found) < MAX_VARIABLES:
            if variable := kind.variable_for(key, value):
                found[key] = variable
    return found


def infer_variables(
    entity: Entity, keys: Iterable[str], state: JsonObject
) -> dict[str, Variable]:
    """Return the variables that undeclared state keys bring or change; empty when none do.

    A key whose scalar type varies becomes a string and stays one, so that a client that
    sends 12 and "12" in turn does not rebuild the entity with every message.
    """
    found: dict[str, Variable] = {}
    for key in keys:
        known, value = entity.variables.get(key), state.get(key)
        if known is None:
            if len(entity.variables) + len(found) >= MAX_VARIABLES:
                continue
            if variable := entity.type.variable_for(key, value):
                found[key] = variable
        elif (
            known.inferred
            and known.type in _VARYING
            and value is not None
            and known.check(value)
        ):
            # What the entity's type knows by this name keeps its meaning.
            if infer_type(value) in _SCALARS and known != entity.type.variables.get(
                key
            ):
                found[key] = replace(known, type=VariableType.STRING)
    return found

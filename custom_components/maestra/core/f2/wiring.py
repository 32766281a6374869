"""What hangs on the four connectors of a controller, as people have said it (f2.md §1, §2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import probatio

from ..domain.errors import InvalidField
from .grammar import CONNECTORS, ComponentPath, F2Malformed, Kind, Mode, parse_component

MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """One component. `name` is empty for the usual one; `template` is the id of a sensor's template."""

    path: ComponentPath
    name: str = ""
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorWiring:
    """A connector: its mode, and what hangs on it by component name (`strike-1`, `sensor-3`)."""

    mode: Mode
    components: Mapping[str, Wired] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The connectors that are used: `J1` to `J4`."""

    connectors: Mapping[str, ConnectorWiring] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Wired]:
        """Iterate over all components, connector by connector."""
        for connector in self.connectors.values():
            yield from connector.components.values()

    def get(self, path: ComponentPath) -> Wired | None:
        """Return what is known of a component, or None where nothing of it hangs there."""
        connector = self.connectors.get(path.connector)
        return None if connector is None else connector.components.get(path.component)

    def as_dict(self) -> dict[str, Any]:
        """Return the wiring as JSON, in the form that `wiring_from_json` reads.

        `{"J1": {"mode": "access-control-mode", "components": {"strike-1": {"name": "Front door"}}},
        "J4": {"mode": "sensor-mode", "components": {"sensor-3": {"template": "environmental_sensor"}}}}`
        """
        return {
            name: {
                "mode": connector.mode.value,
                "components": {
                    key: _wired_as_dict(wired)
                    for key, wired in connector.components.items()
                },
            }
            for name, connector in self.connectors.items()
        }


_COMPONENT: Final = probatio.Schema(
    {
        probatio.Optional("name", default=""): probatio.All(
            str, probatio.Length(max=MAX_NAME)
        ),
        probatio.Optional("template", default=None): probatio.Any(
            None, probatio.All(str, probatio.Length(max=MAX_NAME))
        ),
    }
)
_WIRING: Final = probatio.Schema(
    {
        probatio.In(CONNECTORS): probatio.Schema(
            {
                probatio.Required("mode"): probatio.In([mode.value for mode in Mode]),
                probatio.Optional("components", default=dict): {str: _COMPONENT},
            }
        )
    }
)


def wiring_from_json(data: Any) -> Wiring:
    """Check a wiring that comes from a subentry or a file; raises InvalidField with the place of what is wrong.

    Templates are not looked up: one that comes later, or never, leaves its sensor without values.
    """
    try:
        checked = _WIRING(data)
    except probatio.Invalid as error:
        raise InvalidField(field="wiring", reason=str(error)) from None
    connectors = {}
    for name in sorted(checked):
        mode = Mode(checked[name]["mode"])
        components = {
            key: _wired(name, mode, key, item)
            for key, item in checked[name]["components"].items()
        }
        connectors[name] = ConnectorWiring(mode=mode, components=components)
    return Wiring(connectors=connectors)


def _wired(connector: str, mode: Mode, name: str, item: Mapping[str, Any]) -> Wired:
    try:
        path = ComponentPath(connector, *parse_component(name))
    except F2Malformed as error:
        raise InvalidField(field=connector, reason=str(error)) from None
    if path.mode is not mode:
        raise InvalidField(field=str(path), reason=f"is not part of {mode}")
    if item["template"] is not None and path.kind is not Kind.SENSOR:
        raise InvalidField(field=str(path), reason="only a sensor has a template")
    return Wired(path=path, name=item["name"], template=item["template"])


def _wired_as_dict(wired: Wired) -> dict[str, str]:
    said = {"name": wired.name, "template": wired.template}
    return {key: value for key, value in said.items() if value}

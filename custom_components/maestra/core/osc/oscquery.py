"""OSCQuery: our OSC addresses as JSON over HTTP (Vidvox's OSCQuery proposal)."""

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from aiohttp import hdrs, web
import orjson

from ..domain import Domain
from ..domain.coercion import coerce
from ..domain.color import parse_color
from ..domain.entity import Entity
from ..domain.json_values import JsonObject, JsonValue
from ..domain.variables import Direction, Variable, VariableType, is_number
from ..transport.access import AccessControl
from ..transport.http_listener import HttpListener, access_refusal
from .codec import is_plain_part
from .settings import OscSettings

HOST_INFO: Final = "HOST_INFO"
READ: Final = 1
READ_AND_WRITE: Final = 3
ATTRIBUTES: Final = frozenset(
    {
        "FULL_PATH",
        "CONTENTS",
        "TYPE",
        "ACCESS",
        "VALUE",
        "RANGE",
        "DESCRIPTION",
    }
)


class OscQuery:
    """Describes `/entity/update/<slug>/<key>` on an HTTP port of its own."""

    def __init__(
        self,
        domain: Domain,
        access_control: AccessControl,
        settings: OscSettings,
        osc_port: Callable[[], int],
    ) -> None:
        """Listen to nothing yet. `osc_port` is asked where our addresses are."""
        self._domain = domain
        self._access_control = access_control
        self._settings = settings
        self._osc_port = osc_port
        self._listener: HttpListener | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; 0 while there is none."""
        return 0 if self._listener is None else self._listener.port

    async def start(self) -> None:
        """Listen where a port is set; raises ListenFailed."""
        if self._settings.oscquery_port is None:
            return
        listener = HttpListener(
            self._settings.host, self._settings.oscquery_port, self._access_control
        )
        await listener.start(self._answer)
        self._listener = listener

    async def stop(self) -> None:
        """Close the port."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.method not in _METHODS:
            return web.Response(status=405, headers={hdrs.ALLOW: ",".join(_METHODS)})
        if refused := access_refusal(request, self._access_control, 0):
            return refused
        if HOST_INFO in request.query:
            return _json(self._host_info())
        node = find_node(self._domain, request.path)
        if node is None:
            return web.Response(status=404)
        # A token is no question about the node.
        asked = [name for name in request.query if name != "token"]
        if not asked:
            return _json(node)
        if not ATTRIBUTES.issuperset(asked):
            return web.Response(status=400)
        found: JsonObject = {name: node[name] for name in asked if name in node}
        return _json(found) if found else web.Response(status=204)

    def _host_info(self) -> JsonObject:
        return {
            "NAME": self._settings.name,
            "OSC_PORT": self._osc_port(),
            "OSC_TRANSPORT": "UDP",
            "EXTENSIONS": {
                "ACCESS": True,
                "VALUE": True,
                "RANGE": True,
                "DESCRIPTION": True,
            },
        }


def find_node(domain: Domain, path: str) -> JsonObject | None:
    """Return what is at an address below the root, and all below it; None where there is nothing."""
    match [part for part in path.split("/") if part]:
        case []:
            return _container(
                "/", {"entity": _container("/entity", {"update": _all(domain)})}
            )
        case ["entity"]:
            return _container("/entity", {"update": _all(domain)})
        case ["entity", "update"]:
            return _all(domain)
        case ["entity", "update", slug, *keys]:
            entity = domain.entities.get(slug)
            # It is found by its id too, but has one address only.
            return (
                _descend(_entity(entity), keys)
                if entity and entity.slug == slug
                else None
            )
    return None


def _descend(node: JsonObject, keys: list[str]) -> JsonObject | None:
    found: Any = node
    for key in keys:
        found = found.get("CONTENTS", {}).get(key)
        if found is None:
            return None
    return node if not keys else dict(found)


def _all(domain: Domain) -> JsonObject:
    return _container(
        "/entity/update",
        {entity.slug: _entity(entity) for entity in domain.entities},
    )


def _entity(entity: Entity) -> JsonObject:
    path = f"/entity/update/{entity.slug}"
    return _container(
        path,
        {
            name: _method(
                f"{path}/{name}", variable, coerce(variable, entity.state.get(name))
            )
            for name, variable in entity.variables.items()
            if is_plain_part(name)
        },
        entity.name,
    )


def _container(
    path: str, contents: Mapping[str, JsonValue], description: str = ""
) -> JsonObject:
    node: JsonObject = {"FULL_PATH": path, "ACCESS": 0, "CONTENTS": dict(contents)}
    if description:
        node["DESCRIPTION"] = description
    return node


def _method(path: str, variable: Variable, value: JsonValue) -> JsonObject:
    access = READ_AND_WRITE if variable.direction is Direction.INPUT else READ
    if axes := _AXES.get(variable.type):
        values = value if isinstance(value, dict) else {}
        return _container(
            path,
            {
                axis: _leaf(f"{path}/{axis}", access, "f", values.get(axis))
                | _range(variable)
                for axis in axes
            },
            variable.description,
        )
    if variable.type is VariableType.OBJECT:
        return _container(path, {}, variable.description)
    if variable.type is VariableType.ARRAY:
        items = value if isinstance(value, list) else []
        types = "".join(_tags(items))
        node: JsonObject = {"FULL_PATH": path, "ACCESS": access, "VALUE": items}
        # Without a value nothing is known of what it takes.
        if len(types) == len(items) > 0:
            node["TYPE"] = types
        return node
    return (
        _leaf(path, access, _TYPES[variable.type], _shown(variable, value))
        | _range(variable)
        | ({"DESCRIPTION": variable.description} if variable.description else {})
    )


def _leaf(path: str, access: int, tag: str, value: JsonValue) -> JsonObject:
    return {"FULL_PATH": path, "ACCESS": access, "TYPE": tag, "VALUE": [value]}


def _range(variable: Variable) -> JsonObject:
    if variable.options:
        return {"RANGE": [{"VALS": list(variable.options)}]}
    bounds: JsonObject = {
        name: bound
        for name, bound in zip(("MIN", "MAX"), variable.bounds, strict=True)
        if isfinite(bound)
    }
    return {"RANGE": [bounds]} if bounds else {}


def _shown(variable: Variable, value: JsonValue) -> JsonValue:
    if variable.type is not VariableType.COLOR:
        return value
    rgb = parse_color(value) if isinstance(value, str) else None
    return None if rgb is None else "#{:02X}{:02X}{:02X}FF".format(*rgb)


def _tags(items: list[JsonValue]) -> Iterator[str]:
    for item in items:
        if isinstance(item, bool):
            yield "T" if item else "F"
        elif is_number(item):
            yield "f"
        elif isinstance(item, str):
            yield "s"


def _json(value: JsonValue) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


_METHODS: Final = (hdrs.METH_GET, hdrs.METH_HEAD)
_AXES: Final = {VariableType.VECTOR2: "xy", VariableType.VECTOR3: "xyz"}
_TYPES: Final = {
    VariableType.STRING: "s",
    VariableType.NUMBER: "f",
    VariableType.BOOLEAN: "T",
    VariableType.COLOR: "r",
    VariableType.RANGE: "f",
    VariableType.ENUM: "s",
}

"""Which operation a path and verb mean. Fixed segments win over parameters (maestra.md §1.2)."""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from .request import HttpError
from .route import Route

TAIL: Final = "{tail:.*}"


class _Node:
    """What follows a part of a path."""

    __slots__ = ("fixed", "methods", "parameter", "tail")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.tail: _Node | None = None
        self.methods: dict[str, int] = {}


class Router:
    """The paths of all routes as a tree."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Raises ValueError for two routes of one verb and path."""
        self._root = _Node()
        for index, route in enumerate(routes):
            node = self._root
            for part in route.path.split("/")[1:]:
                node = _below(node, part)
            if route.method in node.methods:
                raise ValueError(f"{route.method} {route.path} is there twice")
            node.methods[route.method] = index

    def resolve(self, method: str, raw_path: str) -> tuple[int, list[str]]:
        """Return the route's place in the table, and the values of its parameters in their order.

        `raw_path` is as the client wrote it, so that an encoded slash stays part of its
        segment. Raises HttpError with 404, 405, or 307 where one slash too many follows.
        """
        parts = raw_path.split("/")[1:]
        known = False
        for node, values in _find(self._root, parts, 0, []):
            index = node.methods.get(method)
            if index is not None:
                return index, values
            known = True
        if known:
            raise HttpError(405, "Method Not Allowed")
        if parts[-1] == "" and len(parts) > 1:
            bare = raw_path.rstrip("/")
            if any(_find(self._root, bare.split("/")[1:], 0, [])):
                raise HttpError(307, None)
        raise HttpError(404, "Not Found")


def parameters(path: str) -> tuple[str, ...]:
    """Return the names of a path's parameters in their order."""
    return tuple(
        part[1:-1].partition(":")[0] for part in path.split("/") if part[:1] == "{"
    )


def _below(node: _Node, part: str) -> _Node:
    if part == TAIL:
        node.tail = node.tail or _Node()
        return node.tail
    if part[:1] == "{":
        node.parameter = node.parameter or _Node()
        return node.parameter
    return node.fixed.setdefault(part, _Node())


def _find(
    node: _Node, parts: list[str], place: int, values: list[str]
) -> Iterator[tuple[_Node, list[str]]]:
    if place == len(parts):
        if node.methods:
            yield node, values
        return
    part = parts[place]
    if fixed := node.fixed.get(part):
        yield from _find(fixed, parts, place + 1, values)
    if node.parameter and part:
        yield from _find(node.parameter, parts, place + 1, [*values, unquote(part)])
    if node.tail:
        yield node.tail, [*values, unquote("/".join(parts[place:]))]

"""The OpenAPI document, made of the route table and of the schemas that validate; and a page that shows it."""

from collections.abc import Iterable
from html import escape
from typing import Any, Final

import orjson
import probatio

from .routing import TAIL, Route, is_id_parameter, parameters

OPENAPI_VERSION: Final = "3.1.0"
TITLE: Final = "Maestra Fleet API"

type Description = dict[str, Any]
"""An OpenAPI document, or a part of one."""

_ERROR: Final = {
    "type": "object",
    "properties": {"detail": {"type": "string"}},
    "required": ["detail"],
}
_INVALID: Final = {
    "type": "object",
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"},
                    "loc": {
                        "type": "array",
                        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    },
                    "msg": {"type": "string"},
                    "input": {},
                    "ctx": {"type": "object"},
                    "url": {"type": "string"},
                },
                "required": ["type", "loc", "msg", "input"],
            },
        }
    },
    "required": ["detail"],
}


def document(routes: Iterable[Route], version: str, mount: str) -> Description:
    """Return the OpenAPI document of these routes, found below the path `mount`."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path.replace(TAIL, "{tail}")
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": OPENAPI_VERSION,
        "info": {"title": TITLE, "version": version},
        "servers": [{"url": mount or "/"}],
        "paths": paths,
        "components": {
            "schemas": {"Error": _ERROR, "HTTPValidationError": _INVALID},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Maestra-Token"},
            },
        },
        # Only where a token is set.
        "security": [{}, {"token": []}, {"header": []}],
    }


def _operation(route: Route) -> Description:
    operation: Description = {
        "summary": route.summary,
        "operationId": _operation_id(route),
        "tags": [route.tag],
        "responses": _responses(route),
    }
    if found := [*_path_parameters(route), *_query_parameters(route)]:
        operation["parameters"] = found
    if route.body is not None:
        schema = _schema(route.body)
        operation["requestBody"] = {
            "required": not _is_nullable(schema),
            "content": {"application/json": {"schema": schema}},
        }
    return operation


def _operation_id(route: Route) -> str:
    words = route.path.replace(TAIL, "{tail}").strip("/").replace("/", "_")
    return f"{route.method.lower()}_{words}".replace("{", "").replace("}", "")


def _path_parameters(route: Route) -> list[Description]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"}
            if is_id_parameter(name)
            else {"type": "string", "minLength": 1},
        }
        for name in parameters(route.path)
    ]


def _query_parameters(route: Route) -> list[Description]:
    if route.query is None:
        return []
    schema = _schema(route.query)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": described}
        for name, described in schema["properties"].items()
    ]


def _responses(route: Route) -> Description:
    answer = {} if route.answer is None else _schema(route.answer)
    responses: Description = {}
    if route.status < 400:
        responses[str(route.status)] = _response("Success", answer)
    for status in sorted(
        {*route.errors, *([route.status] if route.status >= 400 else [])}
    ):
        responses[str(status)] = _response("Refused", _reference("Error"))
    if route.body or route.query or any(map(is_id_parameter, parameters(route.path))):
        responses["422"] = _response(
            "Validation error", _reference("HTTPValidationError")
        )
    return responses


def _response(description: str, schema: Description) -> Description:
    return {
        "description": description,
        "content": {"application/json": {"schema": schema}},
    }


def _reference(name: str) -> Description:
    return {"$ref": f"#/components/schemas/{name}"}


def _schema(schema: probatio.Schema) -> Description:
    return dict(probatio.to_openapi(schema, openapi_version=OPENAPI_VERSION))


def _is_nullable(schema: Description) -> bool:
    return schema.get("type") == "null" or any(
        choice.get("type") == "null" for choice in schema.get("anyOf", [])
    )


def docs_page(description: Description) -> str:
    """Return a page that shows a document: no script, nothing from elsewhere, everything escaped."""
    groups: dict[str, list[str]] = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            shown = _shown_operation(method, path, operation)
            groups.setdefault(operation["tags"][0], []).append(shown)
    sections = "".join(
        f"<h2>{escape(tag)}</h2>{''.join(shown)}" for tag, shown in groups.items()
    )
    title = escape(description["info"]["title"])
    version = escape(description["info"]["version"])
    return _PAGE.format(
        title=title,
        version=version,
        sections=sections,
        document=escape(f"{description['servers'][0]['url'].rstrip('/')}/openapi.json"),
    )


def _shown_operation(method: str, path: str, operation: Description) -> str:
    facts = {
        "Parameters": operation.get("parameters"),
        "Body": operation.get("requestBody"),
        "Answers": operation["responses"],
    }
    blocks = "".join(
        f"<h4>{name}</h4><pre>{escape(_pretty(fact))}</pre>"
        for name, fact in facts.items()
        if fact
    )
    return (
        f"<details><summary><b class={escape(method)}>{escape(method.upper())}</b>"
        f" <code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"{blocks}</details>"
    )


def _pretty(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}
details{{border:1px solid #8886;border-radius:.4rem;margin:.3rem 0;padding:.4rem .8rem}}
summary{{cursor:pointer}}
pre{{overflow:auto;font-size:.85rem}}
b{{display:inline-block;min-width:4.5rem}}
</style></head><body>
<h1>{title} <small>{version}</small></h1>
<p>The same as an <a href="{document}">OpenAPI document</a>.</p>
{sections}
</body></html>
"""

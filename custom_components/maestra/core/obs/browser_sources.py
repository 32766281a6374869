"""Browser sources: loaded anew, as one that was there before what it shows stays blank (obsproject/obs-browser#71)."""

from typing import Final

from ..domain.json_values import JsonObject, JsonValue
from .connection import ObsConnection
from .state import BROWSER_SOURCE

REFRESH: Final = "refreshnocache"
MAX_SOURCES: Final = 50


async def refresh_browser_sources(
    connection: ObsConnection, address_part: str = ""
) -> list[str]:
    """Let the browser sources whose address has this part load their page anew, without what they keep; returns their names.

    Raises ObsNotConnected, ObsRequestFailed, ObsSilent.
    """
    found = await connection.call("GetInputList", {"inputKind": BROWSER_SOURCE})
    names = _names(found.get("inputs"))[:MAX_SOURCES]
    if not names:
        return []
    settings = await connection.call_batch(
        ("GetInputSettings", {"inputName": name}) for name in names
    )
    wanted = [
        name
        for name, answer in zip(names, settings, strict=False)
        if answer.is_success and address_part in _address(answer.data)
    ]
    if wanted:
        await connection.call_batch(
            (
                "PressInputPropertiesButton",
                {"inputName": name, "propertyName": REFRESH},
            )
            for name in wanted
        )
    return wanted


def _names(inputs: JsonValue) -> list[str]:
    rows = inputs if isinstance(inputs, list) else []
    names = (row.get("inputName") for row in rows if isinstance(row, dict))
    return [name for name in names if isinstance(name, str)]


def _address(data: JsonObject) -> str:
    settings = data.get("inputSettings")
    address = settings.get("url") if isinstance(settings, dict) else None
    return address if isinstance(address, str) else ""

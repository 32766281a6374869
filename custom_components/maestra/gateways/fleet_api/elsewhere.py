"""What the reference has outside its core, and Home Assistant does with its own means (maestra.md §1.10)."""

from functools import partial
from typing import TYPE_CHECKING, Final, Never

from .request import HttpError, Request
from .route import Route
from .router import TAIL

if TYPE_CHECKING:
    from .api import FleetApi

_DETAILS: Final = {
    "routing": "Signal routing is not part of this API: use Home Assistant automations",
    "dmx": "DMX and show control are not part of this API: use Home Assistant lights and scenes",
    "ofl": "The fixture library is not part of this API",
    "cloud": "The cloud gateway is not part of this API",
    "show": "The show clock is not part of this API: use Home Assistant automations and scenes",
    "configs": "Stored configurations are not part of this API: use the action maestra.push_configuration",
}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _refuse(detail: str, api: FleetApi, request: Request) -> Never:
    raise HttpError(501, detail, code="not_implemented")


ELSEWHERE_ROUTES: Final = tuple(
    Route(
        method=method,
        path=f"/{area}/{TAIL}",
        handler=partial(_refuse, detail),
        summary=detail,
        tag="Not implemented",
        status=501,
    )
    for area, detail in _DETAILS.items()
    for method in _METHODS
)

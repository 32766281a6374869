"""The action that installs the blueprints."""

from typing import Final

from homeassistant.core import ServiceCall, SupportsResponse

from ...core.domain.json_values import JsonObject
from ...hub.actions import Action
from ...hub.hub import Hub
from ...hub.permissions import Needs
from .files import INSTALLED, Standing
from .manager import BlueprintsManager


async def _install(hub: Hub, _call: ServiceCall) -> JsonObject:
    """Install the blueprints; returns those that were written, that were there, and that the user's own were left in place of."""
    standings = await hub.manager(BlueprintsManager).async_install()
    return {
        "installed": [
            path for path, standing in standings.items() if standing in INSTALLED
        ],
        "current": [
            path for path, standing in standings.items() if standing is Standing.CURRENT
        ],
        "kept": [
            path for path, standing in standings.items() if standing is Standing.CHANGED
        ],
    }


BLUEPRINT_ACTIONS: Final = (
    Action(
        name="install_blueprints",
        handler=_install,
        fields={},
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
)

"""The certificate authority in the hub's diagnostics."""

from collections.abc import Mapping
from typing import Any, override

from ...hub.hub import Hub
from ...hub.manager import Manager
from .link import AuthorityLink


class PkiManager(Manager):
    """Tells of the authority, where there is one."""

    def __init__(self, hub: Hub) -> None:
        """Take what links are asked for by."""
        self._hub = hub

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how the authority is."""
        link = self._hub.links.first(AuthorityLink)
        return {"authority": link.diagnostics() if link else None}

"""What the Fleet API's listener needs to know."""

from dataclasses import dataclass
from ssl import SSLContext

from ..access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetApiSettings:
    """Where to listen (port 0 for any free one), and who may come."""

    host: str
    port: int
    access: Access
    ssl_context: SSLContext | None = None

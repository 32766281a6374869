"""All operations of the API: the one table that both mounts, and the OpenAPI document, are made of."""

from typing import Final

from .analytics import ANALYTICS_ROUTES
from .devices import DEVICE_ROUTES
from .elsewhere import ELSEWHERE_ROUTES
from .enrolment import ENROLMENT_ROUTES
from .entities import ENTITY_ROUTES
from .entity_types import ENTITY_TYPE_ROUTES
from .preview import PREVIEW_ROUTES
from .provisions import PROVISION_ROUTES
from .reports import REPORT_ROUTES
from .route import Route
from .service import SERVICE_ROUTES
from .states import STATE_ROUTES
from .streams import STREAM_ROUTES
from .variables import VARIABLE_ROUTES

ROUTES: Final[tuple[Route, ...]] = (
    *SERVICE_ROUTES,
    *ENROLMENT_ROUTES,
    *DEVICE_ROUTES,
    *PROVISION_ROUTES,
    *REPORT_ROUTES,
    *ENTITY_TYPE_ROUTES,
    *ENTITY_ROUTES,
    *STATE_ROUTES,
    *VARIABLE_ROUTES,
    *STREAM_ROUTES,
    *PREVIEW_ROUTES,
    *ANALYTICS_ROUTES,
    *ELSEWHERE_ROUTES,
)

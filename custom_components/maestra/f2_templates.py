"""The sensor templates of the house, as the hub's options have them."""

from collections.abc import Iterable, Mapping
import logging
from typing import Any

from .domain.errors import MaestraError
from .sources.f2.templates import BUILT_IN, SensorTemplates

_LOGGER = logging.getLogger(__name__)


def templates_from_options(saved: Iterable[Mapping[str, Any]]) -> SensorTemplates:
    """Return all templates: the built-in ones, and those of the options."""
    templates = SensorTemplates()
    apply_templates(templates, saved)
    return templates


def changed_templates(templates: SensorTemplates) -> list[dict[str, Any]]:
    """Return what of the templates is not as it comes with Maestra, as JSON for the options."""
    usual = [template.as_dict() for template in BUILT_IN]
    return [item for item in templates.snapshot() if item not in usual]


def apply_templates(
    templates: SensorTemplates, saved: Iterable[Mapping[str, Any]]
) -> None:
    """Bring templates in line with the options. What can't be read is told, and left out."""
    wanted = [dict(item) for item in saved]
    if templates.snapshot() == wanted:
        return
    kept = {item.get("id") for item in wanted}
    for item in templates.snapshot():
        if item["id"] not in kept:
            templates.remove(item["id"])
    for item in wanted:
        try:
            templates.load(item)
        except MaestraError as error:
            _LOGGER.warning("Sensor template %s is left out: %s", item.get("id"), error)

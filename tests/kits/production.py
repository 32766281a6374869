"""Productions and overlays as their subentries describe them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from custom_components.maestra.const import (
    CONF_LAYERS,
    CONF_PRODUCTION,
    CONF_TOKEN,
    SUBENTRY_OBS_INSTANCE,
    SUBENTRY_OVERLAY,
    SUBENTRY_PRODUCTION,
)
from custom_components.maestra.core.production.layers import Layer
from homeassistant.config_entries import ConfigSubentry, ConfigSubentryDataWithId
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT

from .obs import PASSWORD, ObsDouble
from .process import HOST

PRODUCTION_ID: Final = "stage-production"
OVERLAY_ID: Final = "stage-overlay"
TOKEN: Final = "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDE"
HOSTILE: Final = "<img src=x onerror=\"document.title='hacked'\">"


def production_subentry(
    data: Mapping[str, Any] | None = None,
    *,
    id_: str = PRODUCTION_ID,
    title: str = "Stage",
) -> ConfigSubentryDataWithId:
    """Return a production."""
    return ConfigSubentryDataWithId(
        data=dict(data or {}),
        subentry_id=id_,
        subentry_type=SUBENTRY_PRODUCTION,
        title=title,
        unique_id=None,
    )


def overlay_subentry(
    layers: Iterable[Layer] = Layer, *, id_: str = OVERLAY_ID, token: str = TOKEN
) -> ConfigSubentryDataWithId:
    """Return an overlay of the production."""
    return ConfigSubentryDataWithId(
        data={
            CONF_PRODUCTION: PRODUCTION_ID,
            CONF_LAYERS: list(layers),
            CONF_TOKEN: token,
        },
        subentry_id=id_,
        subentry_type=SUBENTRY_OVERLAY,
        title="Screen",
        unique_id=None,
    )


def obs_subentry(double: ObsDouble) -> ConfigSubentryDataWithId:
    """Return an OBS."""
    return ConfigSubentryDataWithId(
        data={CONF_HOST: HOST, CONF_PORT: double.port, CONF_PASSWORD: PASSWORD},
        subentry_id="studio-obs",
        subentry_type=SUBENTRY_OBS_INSTANCE,
        title="Studio",
        unique_id=None,
    )


def as_subentry(described: ConfigSubentryDataWithId) -> ConfigSubentry:
    """Return what a hub that runs can be given."""
    return ConfigSubentry(
        data=MappingProxyType(dict(described["data"])),
        subentry_id=described["subentry_id"],
        subentry_type=described["subentry_type"],
        title=described["title"],
        unique_id=described["unique_id"],
    )

"""What OBS brings to Home Assistant."""

from typing import Final

from homeassistant.const import Platform

from ...const import SUBENTRY_OBS_INSTANCE
from ...hub.feature import Feature
from ...hub.flows import Reauth
from .actions import OBS_ACTIONS
from .channels import obs_parts
from .entities import (
    MaestraObsButton,
    MaestraObsCamera,
    MaestraObsDuration,
    MaestraObsItem,
    MaestraObsMute,
    MaestraObsPage,
    MaestraObsSelect,
    MaestraObsSwitch,
    MaestraObsVolume,
)
from .flow import PASSWORD_SCHEMA, ObsInstanceFlow, async_find_problem, renewed_password
from .link import ObsLink
from .manager import ObsManager
from .presentation import (
    OBS,
    OBS_ITEM,
    OBS_MUTE,
    OBS_PAGE,
    OBS_PRESENTATIONS,
    OBS_VOLUME,
)
from .triggers import OBS_TRIGGERS

FEATURE: Final = Feature(
    key="obs",
    phoenix=obs_parts,
    make=ObsManager,
    entities={
        Platform.BUTTON: {OBS: MaestraObsButton, OBS_PAGE: MaestraObsPage},
        Platform.CAMERA: {OBS: MaestraObsCamera},
        Platform.NUMBER: {OBS: MaestraObsDuration, OBS_VOLUME: MaestraObsVolume},
        Platform.SELECT: {OBS: MaestraObsSelect},
        Platform.SWITCH: {
            OBS: MaestraObsSwitch,
            OBS_MUTE: MaestraObsMute,
            OBS_ITEM: MaestraObsItem,
        },
    },
    subentries={SUBENTRY_OBS_INSTANCE: ObsInstanceFlow},
    links={SUBENTRY_OBS_INSTANCE: ObsLink},
    link_entities={SUBENTRY_OBS_INSTANCE: OBS_PRESENTATIONS},
    reauth={
        SUBENTRY_OBS_INSTANCE: Reauth(
            step_id="reauth_obs",
            schema=PASSWORD_SCHEMA,
            find_problem=async_find_problem,
            shown=lambda data: {},
            renewed=renewed_password,
        )
    },
    actions=OBS_ACTIONS,
    triggers=OBS_TRIGGERS,
)

"""What the certificate authority brings to Home Assistant."""

from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import Platform

from ...const import SUBENTRY_CERTIFICATE_AUTHORITY
from ...hub.feature import Feature
from ...hub.link_sensors import LinkSensorDescription, link_sensors
from ...hub.presentation import Presentation
from .actions import CERTIFICATE_ACTIONS
from .download_view import DownloadView
from .entities import EnrolmentSwitch
from .flow import CertificateAuthorityFlow
from .link import AuthorityLink
from .live import CERTIFICATE_COMMANDS
from .manager import PkiManager
from .storage import async_forget_authority

ENROLMENT: Final = "enrolment"

_SENSORS: Final = link_sensors(
    LinkSensorDescription(
        key="authority_expiry",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda link: (
            link.service.authority.expires_at if link.service else None
        ),
    ),
    LinkSensorDescription(
        key="broker_expiry",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda link: link.broker_expiry,
    ),
    LinkSensorDescription(
        key="certificates_valid",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda link: link.count(revoked=False),
    ),
    LinkSensorDescription(
        key="certificates_revoked",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda link: link.count(revoked=True),
    ),
)

FEATURE: Final = Feature(
    key="pki",
    make=PkiManager,
    entities={Platform.SWITCH: {ENROLMENT: EnrolmentSwitch}},
    subentries={SUBENTRY_CERTIFICATE_AUTHORITY: CertificateAuthorityFlow},
    links={SUBENTRY_CERTIFICATE_AUTHORITY: AuthorityLink},
    link_entities={
        SUBENTRY_CERTIFICATE_AUTHORITY: (
            Presentation(platform=Platform.SWITCH, kind=ENROLMENT, key="enrolment"),
            *_SENSORS,
        )
    },
    actions=CERTIFICATE_ACTIONS,
    commands=lambda _records: CERTIFICATE_COMMANDS,
    views=(DownloadView,),
    remove=async_forget_authority,
)

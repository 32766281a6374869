"""Actions on certificates: giving them to devices, taking them back, and what a broker needs."""

from datetime import timedelta
from pathlib import Path, PurePosixPath
import re
from typing import Final

import probatio

from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ...const import CONF_BROKER_NAMES, CONF_KEY_TYPE
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject
from ...core.domain.names import bare_mac
from ...core.pki.broker_files import CA, TLS_PORT, BrokerLayout, zipped
from ...core.pki.keys import KeyType
from ...core.pki.service import CertificateService
from ...hub.actions import Action, refusal
from ...hub.hub import Hub
from ...hub.permissions import Needs
from ...hub.targets import NAMES
from .deployment import BrokerDeployment
from .link import AuthorityLink

ATTR_ADD_ON: Final = "add_on"
ATTR_DAYS: Final = "days"
ATTR_FOLDER: Final = "folder"
ATTR_MAC: Final = "mac"
ATTR_MINUTES: Final = "minutes"
ATTR_PATH: Final = "path"
ATTR_PLUGIN: Final = "persistence_plugin"
ATTR_REQUEST: Final = "request"
ATTR_SERIAL: Final = "serial"
ATTR_USERS: Final = "users"

# Where the Mosquitto add-on finds what is added to its configuration.
SHARE: Final = Path("/share")
ADD_ON_PATH: Final = "/share/mosquitto"
USUAL_PATH: Final = "/etc/mosquitto/maestra"
MAX_REQUEST: Final = 16_384

_DAYS: Final = probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=7_300))
_SERIAL: Final = probatio.All(
    cv.string,
    probatio.Match(
        re.compile(r"[0-9A-Fa-f]{1,40}\Z"), msg="must be a hexadecimal number"
    ),
)
_ISSUE: Final[VolDictType] = {
    probatio.Required(ATTR_MAC): cv.string,
    probatio.Optional(ATTR_REQUEST): probatio.All(
        cv.string, probatio.Length(max=MAX_REQUEST)
    ),
    probatio.Optional(CONF_KEY_TYPE): probatio.All(
        probatio.In([kind.value for kind in KeyType]), KeyType
    ),
    probatio.Optional(ATTR_DAYS): _DAYS,
}
_REVOKE: Final[VolDictType] = {
    probatio.Exclusive(ATTR_MAC, "which"): cv.string,
    probatio.Exclusive(ATTR_SERIAL, "which"): _SERIAL,
}
_BROKER: Final[VolDictType] = {
    probatio.Optional(CONF_BROKER_NAMES, default=list): NAMES,
    probatio.Optional(CONF_PORT, default=TLS_PORT): cv.port,
    probatio.Optional(ATTR_ADD_ON, default=False): cv.boolean,
    probatio.Optional(ATTR_USERS, default=list): NAMES,
    probatio.Optional(ATTR_PATH): cv.string,
    probatio.Optional(ATTR_PLUGIN): cv.string,
    probatio.Optional(ATTR_FOLDER): cv.string,
}
_OPEN: Final[VolDictType] = {
    probatio.Optional(ATTR_MINUTES): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=1_440)
    )
}
_CODE: Final[VolDictType] = {
    probatio.Optional(ATTR_MAC): cv.string,
    probatio.Optional(ATTR_DAYS, default=7): _DAYS,
}


async def _issue(hub: Hub, call: ServiceCall) -> JsonObject:
    """Make a device's certificate, and return where it can be fetched with its key."""
    link, service = _authority(hub)
    data, mac = call.data, bare_mac(call.data[ATTR_MAC])
    days = data.get(ATTR_DAYS)
    lifetime = timedelta(days=days) if days else None
    if request := data.get(ATTR_REQUEST):
        signed = await service.sign_request(mac, request, lifetime)
    else:
        signed = await service.issue_device(
            mac, key_type=data.get(CONF_KEY_TYPE), lifetime=lifetime
        )
    files = {f"{mac}.crt": signed.pem, CA: service.authority.pem}
    if signed.private_key:
        files[f"{mac}.key"] = signed.private_key
    return {
        "mac": mac,
        "serial": f"{signed.certificate.serial_number:x}",
        "expires_at": signed.expires_at.isoformat(),
        "certificate": signed.pem,
        # The key is only behind this address: answers of actions are kept in traces.
        "url": link.downloads.put(f"{mac}.zip", zipped(files)),
    }


async def _revoke(hub: Hub, call: ServiceCall) -> JsonObject:
    """Make certificates invalid; returns which."""
    _, service = _authority(hub)
    data = call.data
    mac, serial = data.get(ATTR_MAC), data.get(ATTR_SERIAL)
    if mac is None and serial is None:
        raise refusal("no_certificate_named")
    revoked = await service.revoke(
        mac=None if mac is None else bare_mac(mac),
        serial=None if serial is None else int(serial, 16),
    )
    return {
        "revoked": [
            {"serial": f"{issued.serial:x}", "name": issued.name} for issued in revoked
        ]
    }


async def _write_broker(hub: Hub, call: ServiceCall) -> JsonObject:
    """Make what a broker needs; returns where it can be fetched, or where it is."""
    link, service = _authority(hub)
    data, is_add_on = call.data, call.data[ATTR_ADD_ON]
    folder = data.get(ATTR_FOLDER)
    if folder is not None:
        _check_folder(call.hass, folder)
    path = data.get(ATTR_PATH) or folder or (ADD_ON_PATH if is_add_on else USUAL_PATH)
    broker = BrokerDeployment(
        BrokerLayout(
            folder=path,
            port=data[CONF_PORT],
            is_add_on=is_add_on,
            users=tuple(data[ATTR_USERS]),
            persistence_plugin=data.get(ATTR_PLUGIN),
        ),
        data[CONF_BROKER_NAMES] or link.data[CONF_BROKER_NAMES],
        folder=folder,
    )
    try:
        files = await broker.write(service, link.allowed_macs)
    except OSError as error:
        raise InvalidField(field=ATTR_FOLDER, reason=error.strerror) from error
    link.broker = broker
    link.changed()
    return {
        "files": list(files),
        "path": path,
        "expires_at": broker.expires_at.isoformat(),
        "url": link.downloads.put("mosquitto.zip", zipped(files)),
    }


async def _open(hub: Hub, call: ServiceCall) -> None:
    """Let devices ask for certificates for a while."""
    link, service = _authority(hub)
    minutes = call.data.get(ATTR_MINUTES)
    service.enrolment.open(timedelta(minutes=minutes) if minutes else link.window)
    hub.links.changed(link)


async def _new_code(hub: Hub, call: ServiceCall) -> JsonObject:
    """Return a code that lets one device in once."""
    link, service = _authority(hub)
    mac = call.data.get(ATTR_MAC)
    code = service.enrolment.new_code(
        timedelta(days=call.data[ATTR_DAYS]), None if mac is None else bare_mac(mac)
    )
    link.changed()
    return {"code": code}


def _authority(hub: Hub) -> tuple[AuthorityLink, CertificateService]:
    """Return the authority; raises ServiceValidationError where there is none."""
    link = hub.links.first(AuthorityLink)
    if link is None or link.service is None:
        raise refusal("no_authority")
    return link, link.service


def _check_folder(hass: HomeAssistant, folder: str) -> None:
    """Refuse a folder that we may not write into, or that is served to others; raises InvalidField."""
    path = PurePosixPath(folder)
    served = [hass.config.path("www"), *hass.config.media_dirs.values()]
    if any(path.is_relative_to(place) for place in served):
        raise InvalidField(
            field=ATTR_FOLDER, reason="is served to browsers: no place for private keys"
        )
    if ".." in path.parts or not (
        path.is_relative_to(SHARE) or hass.config.is_allowed_path(folder)
    ):
        raise InvalidField(
            field=ATTR_FOLDER,
            reason="must be below /share or one of allowlist_external_dirs",
        )


CERTIFICATE_ACTIONS: Final = (
    Action(
        name="issue_certificate",
        handler=_issue,
        fields=_ISSUE,
        needs=Needs.ADMIN,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="revoke_certificate",
        handler=_revoke,
        fields=_REVOKE,
        needs=Needs.ADMIN,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="write_broker_configuration",
        handler=_write_broker,
        fields=_BROKER,
        needs=Needs.ADMIN,
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="open_enrolment",
        handler=_open,
        fields=_OPEN,
        needs=Needs.ADMIN,
    ),
    Action(
        name="create_claiming_code",
        handler=_new_code,
        fields=_CODE,
        needs=Needs.ADMIN,
        response=SupportsResponse.ONLY,
    ),
)

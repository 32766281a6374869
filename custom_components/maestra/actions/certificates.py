"""Actions on certificates: giving them to devices, taking them back, and what a broker needs."""

from datetime import timedelta
from pathlib import Path, PurePosixPath
import re
from typing import Final

import probatio

from homeassistant.const import CONF_PORT
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType

from ..authority_link import AuthorityLink
from ..broker_hand_over import BrokerHandOver
from ..const import CONF_BROKER_NAMES, CONF_KEY_TYPE
from ..domain.errors import InvalidField
from ..domain.json_types import JsonObject
from ..pki.broker_files import CA, TLS_PORT, BrokerLayout, zipped
from ..pki.keys import KeyType
from ..pki.names import bare_mac
from ..pki.service import CertificateService
from ..runtime import MaestraRuntime
from ..targets import NAMES
from .action import Action, calling_user, refusal

ATTR_ADD_ON: Final = "add_on"
ATTR_DAYS: Final = "days"
ATTR_FOLDER: Final = "folder"
ATTR_MAC: Final = "mac"
ATTR_MINUTES: Final = "minutes"
ATTR_PATH: Final = "path"
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


async def _issue(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Make a device's certificate, and return where it can be fetched with its key."""
    link, service = await _authority(runtime, call)
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
        "url": link.hand_over.put(f"{mac}.zip", zipped(files)),
    }


async def _revoke(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Make certificates invalid; returns which."""
    _, service = await _authority(runtime, call)
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


async def _write_broker(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Make what a broker needs; returns where it can be fetched, or where it is."""
    link, service = await _authority(runtime, call)
    data, is_add_on = call.data, call.data[ATTR_ADD_ON]
    folder = data.get(ATTR_FOLDER)
    if folder is not None:
        _check_folder(call.hass, folder)
    path = data.get(ATTR_PATH) or folder or (ADD_ON_PATH if is_add_on else USUAL_PATH)
    broker = BrokerHandOver(
        BrokerLayout(
            folder=path,
            port=data[CONF_PORT],
            is_add_on=is_add_on,
            users=tuple(data[ATTR_USERS]),
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
        "url": link.hand_over.put("mosquitto.zip", zipped(files)),
    }


async def _open(runtime: MaestraRuntime, call: ServiceCall) -> None:
    """Let devices ask for certificates for a while."""
    link, service = await _authority(runtime, call)
    minutes = call.data.get(ATTR_MINUTES)
    service.enrolment.open(timedelta(minutes=minutes) if minutes else link.window)
    runtime.show.link_changed(link)


async def _new_code(runtime: MaestraRuntime, call: ServiceCall) -> JsonObject:
    """Return a code that lets one device in once."""
    link, service = await _authority(runtime, call)
    mac = call.data.get(ATTR_MAC)
    code = service.enrolment.new_code(
        timedelta(days=call.data[ATTR_DAYS]), None if mac is None else bare_mac(mac)
    )
    link.changed()
    return {"code": code}


async def _authority(
    runtime: MaestraRuntime, call: ServiceCall
) -> tuple[AuthorityLink, CertificateService]:
    """Return the authority, for administrators and automations."""
    user = await calling_user(call)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)
    link = runtime.authority
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
        response=SupportsResponse.ONLY,
    ),
    Action(
        name="revoke_certificate",
        handler=_revoke,
        fields=_REVOKE,
        response=SupportsResponse.OPTIONAL,
    ),
    Action(
        name="write_broker_configuration",
        handler=_write_broker,
        fields=_BROKER,
        response=SupportsResponse.ONLY,
    ),
    Action(name="open_enrolment", handler=_open, fields=_OPEN),
    Action(
        name="create_claiming_code",
        handler=_new_code,
        fields=_CODE,
        response=SupportsResponse.ONLY,
    ),
)

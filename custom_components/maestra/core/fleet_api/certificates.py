"""Certificates for devices: as the reference's service gives them, and for keys that a device made itself (f2.md §3).

These paths ask for no token: devices have none yet. The window, the list of devices and the
claiming codes say who is let in.
"""

from typing import Final

from aiohttp import web
import probatio

from ..domain.json_values import JsonValue
from ..domain.names import bare_mac, colon_mac
from .request import Api, CertificateIssuer, DeviceCertificate, HttpError, Request
from .routing import Route
from .schemas import Fields, body, text

TAG: Final = "Certificates"
PEM_TYPE: Final = "application/x-pem-file"
MAX_MAC: Final = 64
MAX_CODE: Final = 64
MAX_REQUEST: Final = 16_384

# What devices may ask for that know nothing but our address.
OPEN_PATHS: Final = frozenset({"/issue", "/enrol", "/ca.crt", "/ca.crl"})

_CODE: Final[Fields] = {
    probatio.Optional("code", default=None): probatio.Maybe(text(MAX_CODE))
}
_ISSUE: Final[Fields] = {probatio.Required("mac"): text(MAX_MAC), **_CODE}
_ENROL: Final[Fields] = {
    probatio.Required("mac"): text(MAX_MAC),
    probatio.Required("csr"): text(MAX_REQUEST),
    **_CODE,
}
ISSUED: Final = body(
    {
        probatio.Required("mac"): str,
        probatio.Required("client_cert"): str,
        probatio.Required("private_key"): str,
        probatio.Required("ca_cert"): str,
        probatio.Required("expires_at"): str,
    }
)
ENROLLED: Final = body(
    {
        probatio.Required("client_cert"): str,
        probatio.Required("ca_cert"): str,
        probatio.Required("expires_at"): str,
    }
)


async def _issue(api: Api, request: Request) -> JsonValue:
    issuer, given = _issuer(api), request.body
    mac = colon_mac(given["mac"])
    api.domain.devices.blocked.refuse(mac)
    certificate = await issuer.issue(mac, given["code"], request.address)
    return {
        "mac": given["mac"],
        "client_cert": certificate.pem,
        "private_key": certificate.private_key,
        "ca_cert": issuer.authority.pem,
        "expires_at": _expiry(certificate),
    }


async def _enrol(api: Api, request: Request) -> JsonValue:
    issuer, given = _issuer(api), request.body
    mac = bare_mac(given["mac"])
    api.domain.devices.blocked.refuse(mac)
    certificate = await issuer.enrol(mac, given["csr"], given["code"], request.address)
    return {
        "client_cert": certificate.pem,
        "ca_cert": issuer.authority.pem,
        "expires_at": _expiry(certificate),
    }


def _authority(api: Api, request: Request) -> web.Response:
    return web.Response(text=_issuer(api).authority.pem, content_type=PEM_TYPE)


def _revoked(api: Api, request: Request) -> web.Response:
    if (crl := _issuer(api).crl) is None:
        raise _unavailable()
    return web.Response(text=crl.pem, content_type=PEM_TYPE)


def _issuer(api: Api) -> CertificateIssuer:
    if (issuer := api.certificates()) is None:
        raise _unavailable()
    return issuer


def _unavailable() -> HttpError:
    return HttpError(503, "No certificate authority is set up", code="no_authority")


def _expiry(certificate: DeviceCertificate) -> str:
    return f"{certificate.expires_at.replace(tzinfo=None).isoformat()}Z"


ENROLMENT_ROUTES: Final = (
    Route(
        method="POST",
        path="/issue",
        handler=_issue,
        summary="Give a device a key and its certificate, as the reference does",
        tag=TAG,
        body=body(_ISSUE),
        answer=ISSUED,
        errors=(400, 403, 409, 429, 503),
    ),
    Route(
        method="POST",
        path="/enrol",
        handler=_enrol,
        summary="Give a device a certificate for its own key",
        tag=TAG,
        body=body(_ENROL),
        answer=ENROLLED,
        errors=(400, 403, 409, 429, 503),
    ),
    Route(
        method="GET",
        path="/ca.crt",
        handler=_authority,
        summary="Tell whom to trust",
        tag=TAG,
        errors=(503,),
    ),
    Route(
        method="GET",
        path="/ca.crl",
        handler=_revoked,
        summary="Tell which certificates are not valid any more",
        tag=TAG,
        errors=(503,),
    ),
)

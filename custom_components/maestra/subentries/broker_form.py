"""The form of a direct MQTT connection: its fields, what they become, and the trial before it is saved."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
import probatio

from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
)

from ..const import (
    CONF_BRIDGE,
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_CLIENT_KEY,
    CONF_DIALECTS,
    CONF_EVENT_SIZE_LIMIT,
    CONF_MQTT_CLIENT_ID,
    CONF_OWN_CERTIFICATE,
    CONF_TLS,
    CONF_TRANSPORT,
    DEFAULT_BRIDGE,
    DEFAULT_DIALECTS,
    DIALECT_F2,
    DIALECT_MAESTRA,
    DIALECT_QS,
    TRANSPORT_DIRECT,
)
from ..gateways.mqtt.codec import MAX_PAYLOAD_BYTES
from ..gateways.mqtt.errors import (
    BrokerError,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    TlsMaterialInvalid,
    TlsNameMismatch,
    TlsRejected,
    TlsUntrusted,
)
from ..gateways.mqtt.prove import prove
from ..gateways.mqtt.settings import BrokerSettings, TlsSettings
from .forms import (
    PASSWORD,
    PEM,
    SECTION_SECURITY,
    TEXT,
    USERNAME,
    FormData,
    Problem,
    credentials_from_form,
    filled,
    holds_certificates,
    normal_host,
    normal_pem,
    whole_number,
)

SECTION_ADVANCED: Final = "advanced"
PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883

# What keeps us from connecting -> where it shows in the form. The frontend marks a section as a whole.
CONNECTION_PROBLEMS: Final[Mapping[type[BrokerError], Problem]] = {
    BrokerUnreachable: Problem(CONF_HOST, "cannot_connect"),
    BrokerRefused: Problem(CONF_USERNAME, "invalid_auth"),
    BrokerTooOld: Problem("base", "broker_too_old"),
    TlsNameMismatch: Problem(SECTION_SECURITY, "tls_name"),
    TlsUntrusted: Problem(SECTION_SECURITY, "tls_untrusted"),
    TlsRejected: Problem(SECTION_SECURITY, "tls_failed"),
    TlsMaterialInvalid: Problem(SECTION_SECURITY, "invalid_certificate"),
}

CREDENTIALS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_USERNAME): USERNAME,
        probatio.Optional(CONF_PASSWORD): PASSWORD,
    }
)

SECURITY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TLS, default=False): BooleanSelector(),
        probatio.Optional(CONF_CA_CERTIFICATE): PEM,
        probatio.Optional(CONF_CLIENT_CERTIFICATE): PEM,
        probatio.Optional(CONF_CLIENT_KEY): PEM,
    }
)

_DIALECTS: Final = probatio.All(
    SelectSelector(
        SelectSelectorConfig(
            options=[DIALECT_MAESTRA, DIALECT_QS, DIALECT_F2],
            multiple=True,
            translation_key="dialect",
        )
    ),
    probatio.Length(min=1),
)
# A broker can let us in with a certificate of our own authority.
BROKER_SECURITY_SCHEMA: Final = probatio.Schema(
    {
        **SECURITY_SCHEMA.schema,
        probatio.Required(CONF_OWN_CERTIFICATE, default=False): BooleanSelector(),
    }
)

ADVANCED_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_DIALECTS, default=list(DEFAULT_DIALECTS)): _DIALECTS,
        probatio.Required(CONF_EVENT_SIZE_LIMIT, default=0): whole_number(
            0, MAX_PAYLOAD_BYTES, "B"
        ),
        probatio.Required(CONF_BRIDGE, default=DEFAULT_BRIDGE): BooleanSelector(),
    }
)


def direct_schema(*, tls_open: bool) -> probatio.Schema:
    """Return the form of a direct connection; `tls_open` unfolds the section on TLS."""
    return probatio.Schema(
        {
            probatio.Required(CONF_HOST): TEXT,
            probatio.Optional(CONF_PORT): whole_number(1, 65_535),
            **CREDENTIALS_SCHEMA.schema,
            probatio.Required(SECTION_SECURITY): section(
                BROKER_SECURITY_SCHEMA, {"collapsed": not tls_open}
            ),
            probatio.Required(SECTION_ADVANCED): section(
                ADVANCED_SCHEMA, {"collapsed": True}
            ),
        }
    )


def data_from_form(form: FormData, previous: FormData | None = None) -> dict[str, Any]:
    """Return the subentry's data.

    Of `previous` data a password and a private key stay when the form leaves them empty
    and still has the user name or certificate that they belong to.
    """
    known = previous or {}
    security = form[SECTION_SECURITY]
    data: dict[str, Any] = {
        CONF_TRANSPORT: TRANSPORT_DIRECT,
        CONF_HOST: normal_host(form[CONF_HOST]),
        CONF_PORT: form.get(CONF_PORT)
        or (TLS_PORT if security[CONF_TLS] else PLAIN_PORT),
        CONF_TLS: security[CONF_TLS],
        **form[SECTION_ADVANCED],
        CONF_MQTT_CLIENT_ID: known.get(CONF_MQTT_CLIENT_ID)
        or f"maestra-{uuid4().hex[:12]}",
        **credentials_from_form(form, known),
    }
    if data[CONF_TLS]:
        data |= certificates_from_form(security, known)
    return data


def certificates_from_form(security: FormData, known: FormData) -> dict[str, str]:
    """Return what was pasted into the section on TLS, without what is empty; a `known` key stays with its certificate."""
    pem = {
        key: normal_pem(security.get(key, ""))
        for key in (CONF_CA_CERTIFICATE, CONF_CLIENT_CERTIFICATE, CONF_CLIENT_KEY)
    }
    if pem[CONF_CLIENT_CERTIFICATE] and not pem[CONF_CLIENT_KEY]:
        pem[CONF_CLIENT_KEY] = known.get(CONF_CLIENT_KEY, "")
    return filled(pem)


def form_from_data(data: FormData) -> dict[str, Any]:
    """Return what a form shows of saved data: everything but the secrets."""
    security: tuple[str, ...] = (
        CONF_TLS,
        CONF_CA_CERTIFICATE,
        CONF_CLIENT_CERTIFICATE,
    )
    if data.get(CONF_OWN_CERTIFICATE):
        security = (CONF_TLS, CONF_OWN_CERTIFICATE)
    return {
        **{
            key: data[key]
            for key in (CONF_HOST, CONF_PORT, CONF_USERNAME)
            if key in data
        },
        SECTION_SECURITY: {key: data[key] for key in security if key in data},
        SECTION_ADVANCED: {
            CONF_DIALECTS: list(data.get(CONF_DIALECTS, DEFAULT_DIALECTS)),
            CONF_EVENT_SIZE_LIMIT: data[CONF_EVENT_SIZE_LIMIT],
            CONF_BRIDGE: data.get(CONF_BRIDGE, DEFAULT_BRIDGE),
        },
    }


def broker_settings(data: FormData) -> BrokerSettings:
    """Return how to reach the broker of a direct subentry."""
    tls = TlsSettings(
        ca=data.get(CONF_CA_CERTIFICATE),
        certificate=data.get(CONF_CLIENT_CERTIFICATE),
        private_key=data.get(CONF_CLIENT_KEY),
    )
    return BrokerSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        client_id=data[CONF_MQTT_CLIENT_ID],
        username=data.get(CONF_USERNAME),
        password=data.get(CONF_PASSWORD),
        tls=tls if data[CONF_TLS] else None,
    )


async def async_find_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check certificates and key, then connect once; None when all is well."""
    # Loading an RSA key checks its primes: too long for the event loop.
    if key := await hass.async_add_executor_job(certificate_problem, data):
        return Problem(SECTION_SECURITY, key)
    try:
        await prove(broker_settings(data))
    except BrokerError as error:
        return CONNECTION_PROBLEMS[type(error)]._replace(reason=error.reason)
    return None


def certificate_problem(data: FormData) -> str | None:
    """Return the key of the error in what was pasted, or None."""
    authority, certificate, key = (
        data.get(name, "").encode()
        for name in (CONF_CA_CERTIFICATE, CONF_CLIENT_CERTIFICATE, CONF_CLIENT_KEY)
    )
    if authority and not holds_certificates(authority):
        return "invalid_ca"
    if bool(certificate) != bool(key):
        return "incomplete_client_certificate"
    if not certificate:
        return None
    if not holds_certificates(certificate):
        return "invalid_client_certificate"
    return _key_problem(x509.load_pem_x509_certificates(certificate), key)


def _key_problem(chain: Iterable[x509.Certificate], pem: bytes) -> str | None:
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        return "encrypted_client_key"
    except ValueError, UnsupportedAlgorithm:
        return "invalid_client_key"
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # The client's own certificate comes first, those of its issuers follow.
    own = next(iter(chain)).public_key().public_bytes(*form)
    return None if own == key.public_key().public_bytes(*form) else "key_mismatch"

"""The `mqtt_broker` subentry: one connection to an MQTT broker, directly or through Home Assistant's."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final, override
from uuid import uuid4

import probatio

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigSubentryData, SubentryFlowResult
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_PROTOCOL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
)

from ...const import (
    CONF_BRIDGE,
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_DIALECTS,
    CONF_EVENT_SIZE_LIMIT,
    CONF_MQTT_CLIENT_ID,
    CONF_OWN_CERTIFICATE,
    CONF_TLS,
    CONF_TRANSPORT,
    DEFAULT_BRIDGE,
    DEFAULT_DIALECTS,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_DIRECT,
    TRANSPORT_HOME_ASSISTANT,
)
from ...core.mqtt.codec import MAX_PAYLOAD_BYTES
from ...core.mqtt.direct import prove
from ...core.mqtt.errors import (
    BrokerBusy,
    BrokerError,
    BrokerMoved,
    BrokerRefused,
    BrokerTooOld,
    BrokerUnreachable,
    ClientIdTaken,
    SubscriptionRefused,
    TlsMaterialInvalid,
    TlsNameMismatch,
    TlsRejected,
    TlsUntrusted,
)
from ...core.mqtt.session import BrokerSettings, ProtocolVersion
from ...core.pki.service import CertificateService
from ...core.transport.transport import Subscription
from ...hub.current import find_hub
from ...hub.flows import (
    PASSWORD,
    SECTION_SECURITY,
    SECURITY_SCHEMA,
    TEXT,
    USERNAME,
    FormData,
    Problem,
    ServiceForm,
    TriedServiceFlow,
    address,
    certificate_problem,
    certificates_from_form,
    credentials_from_form,
    server_from_form,
    tls_settings,
    whole_number,
)
from .own_certificate import own_certificate

SECTION_ADVANCED: Final = "advanced"
PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883

# What keeps us from connecting -> where it shows in the form. The frontend marks a section as a whole.
CONNECTION_PROBLEMS: Final[Mapping[type[BrokerError], Problem]] = {
    BrokerUnreachable: Problem(CONF_HOST, "cannot_connect"),
    BrokerRefused: Problem(CONF_USERNAME, "invalid_auth"),
    BrokerTooOld: Problem("base", "broker_too_old"),
    BrokerBusy: Problem(CONF_HOST, "cannot_connect"),
    BrokerMoved: Problem(CONF_HOST, "cannot_connect"),
    ClientIdTaken: Problem(CONF_HOST, "cannot_connect"),
    SubscriptionRefused: Problem(SECTION_ADVANCED, "subscription_refused"),
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

# A broker can let us in with a certificate of our own authority.
BROKER_SECURITY_SCHEMA: Final = probatio.Schema(
    {
        **SECURITY_SCHEMA.schema,
        probatio.Required(CONF_OWN_CERTIFICATE, default=False): BooleanSelector(),
    }
)

HOME_ASSISTANT_TITLE: Final = "Home Assistant's MQTT"
MQTT_TIMEOUT: Final = 10  # seconds

_PROTOCOL: Final = {
    probatio.Required(CONF_PROTOCOL, default=ProtocolVersion.AUTOMATIC): SelectSelector(
        SelectSelectorConfig(
            options=list(ProtocolVersion), translation_key="mqtt_protocol"
        )
    )
}


def advanced_schema(dialects: Sequence[str]) -> probatio.Schema:
    """Return what is asked of any connection, where a broker can carry these dialects."""
    return probatio.Schema(
        {
            probatio.Required(
                CONF_DIALECTS, default=list(DEFAULT_DIALECTS)
            ): probatio.All(
                SelectSelector(
                    SelectSelectorConfig(
                        options=list(dialects),
                        multiple=True,
                        translation_key="dialect",
                    )
                ),
                probatio.Length(min=1),
            ),
            probatio.Required(CONF_EVENT_SIZE_LIMIT, default=0): whole_number(
                0, MAX_PAYLOAD_BYTES, "B"
            ),
            probatio.Required(CONF_BRIDGE, default=DEFAULT_BRIDGE): BooleanSelector(),
        }
    )


def direct_form(
    dialects: Sequence[str],
    filters: Mapping[str, Callable[[FormData], Iterable[Subscription]]],
) -> ServiceForm:
    """Return the form of a direct connection to a broker that can carry these dialects, which have to hear `filters`."""
    return ServiceForm(
        schema=partial(_direct_schema, dialects),
        uses_tls=lambda security: security[CONF_TLS],
        data=data_from_form,
        shown=form_from_data,
        find_problem=partial(async_find_problem, filters=filters),
        unique_id=address,
    )


def _direct_schema(dialects: Sequence[str], tls_open: bool) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Required(CONF_HOST): TEXT,
            probatio.Optional(CONF_PORT): whole_number(1, 65_535),
            **CREDENTIALS_SCHEMA.schema,
            probatio.Required(SECTION_SECURITY): section(
                BROKER_SECURITY_SCHEMA, {"collapsed": not tls_open}
            ),
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema({**advanced_schema(dialects).schema, **_PROTOCOL}),
                {"collapsed": True},
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
        **server_from_form(form, TLS_PORT if security[CONF_TLS] else PLAIN_PORT),
        CONF_TLS: security[CONF_TLS],
        **form[SECTION_ADVANCED],
        CONF_MQTT_CLIENT_ID: known.get(CONF_MQTT_CLIENT_ID)
        or f"maestra-{uuid4().hex[:12]}",
        **credentials_from_form(form, known),
    }
    if data[CONF_TLS]:
        data |= certificates_from_form(security, known)
    return data


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
            CONF_PROTOCOL: data.get(CONF_PROTOCOL, ProtocolVersion.AUTOMATIC),
        },
    }


def broker_settings(data: FormData) -> BrokerSettings:
    """Return how to reach the broker of a direct subentry."""
    return BrokerSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        client_id=data[CONF_MQTT_CLIENT_ID],
        username=data.get(CONF_USERNAME),
        password=data.get(CONF_PASSWORD),
        tls=tls_settings(data),
        protocol=ProtocolVersion(data.get(CONF_PROTOCOL, ProtocolVersion.AUTOMATIC)),
    )


async def async_find_problem(
    hass: HomeAssistant,
    data: FormData,
    *,
    filters: Mapping[
        str, Callable[[FormData], Iterable[Subscription]]
    ] = MappingProxyType({}),
) -> Problem | None:
    """Check certificates and key, then connect once, and subscribe to what dialects have to hear; None when all is well."""
    # Loading an RSA key checks its primes: too long for the event loop.
    if key := await hass.async_add_executor_job(certificate_problem, data):
        return Problem(SECTION_SECURITY, key)
    try:
        await prove(
            broker_settings(data),
            [
                subscription
                for name in data.get(CONF_DIALECTS, DEFAULT_DIALECTS)
                if name in filters
                for subscription in filters[name](data)
            ],
        )
    except BrokerError as error:
        return CONNECTION_PROBLEMS[type(error)]._replace(reason=error.reason)
    return None


class MqttBrokerFlow(TriedServiceFlow):
    """Adds a broker, or changes one. A direct connection is tried out before it is saved."""

    add_step = "direct"

    def __init__(self) -> None:
        """Offer the dialects that there are."""
        self.form = direct_form(self.dialects, self.filters)

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which way to connect."""
        return self.async_show_menu(
            step_id="user", menu_options=[TRANSPORT_DIRECT, TRANSPORT_HOME_ASSISTANT]
        )

    async def async_step_direct(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a connection of our own."""
        return await self._async_ask(user_input)

    async def async_step_home_assistant(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add the connection that Home Assistant already has."""
        self._abort_if_taken(TRANSPORT_HOME_ASSISTANT)
        if not self.hass.config_entries.async_has_entries(
            mqtt.DOMAIN, include_ignore=False, include_disabled=False
        ):
            return self.async_abort(reason="mqtt_not_configured")
        errors = {}
        if user_input is not None:
            if await _async_mqtt_is_connected(self.hass):
                subentry = home_assistant_subentry(**user_input)
                return self.async_create_entry(
                    title=subentry["title"],
                    data=subentry["data"],
                    unique_id=subentry["unique_id"],
                )
            errors["base"] = "mqtt_not_connected"
        return self.async_show_form(
            step_id="home_assistant",
            data_schema=self.add_suggested_values_to_schema(
                advanced_schema(self.dialects), user_input
            ),
            errors=errors,
        )

    @override
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a connection; whether it is direct stays."""
        data = self._get_reconfigure_subentry().data
        if data[CONF_TRANSPORT] == TRANSPORT_HOME_ASSISTANT:
            return await self.async_step_reconfigure_home_assistant()
        return await super().async_step_reconfigure(user_input)

    async def async_step_reconfigure_home_assistant(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change how Home Assistant's connection is used."""
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            return self.async_update_and_abort(
                self._get_entry(), subentry, data_updates=user_input
            )
        return self.async_show_form(
            step_id="reconfigure_home_assistant",
            data_schema=self.add_suggested_values_to_schema(
                advanced_schema(self.dialects), subentry.data
            ),
        )

    @override
    async def _async_complete(
        self, data: dict[str, Any], form: FormData
    ) -> Problem | None:
        """Add a certificate of our own authority where it is asked for."""
        if not (data[CONF_TLS] and form[SECTION_SECURITY].get(CONF_OWN_CERTIFICATE)):
            return None
        # Nothing is signed while the hub is not loaded.
        hub = find_hub(self.hass)
        if hub is None or (service := hub.service(CertificateService)) is None:
            return Problem(SECTION_SECURITY, "no_authority")
        known = None if self._changed is None else self._changed.data
        data |= await own_certificate(service, known)
        return None


def home_assistant_subentry(
    *,
    event_size_limit: int = 0,
    bridge: bool = DEFAULT_BRIDGE,
    dialects: Iterable[str] = DEFAULT_DIALECTS,
) -> ConfigSubentryData:
    """Return the subentry that uses Home Assistant's own connection."""
    return ConfigSubentryData(
        data={
            CONF_TRANSPORT: TRANSPORT_HOME_ASSISTANT,
            CONF_EVENT_SIZE_LIMIT: event_size_limit,
            CONF_BRIDGE: bridge,
            CONF_DIALECTS: list(dialects),
        },
        subentry_type=SUBENTRY_MQTT_BROKER,
        title=HOME_ASSISTANT_TITLE,
        unique_id=TRANSPORT_HOME_ASSISTANT,
    )


async def _async_mqtt_is_connected(hass: HomeAssistant) -> bool:
    try:
        async with asyncio.timeout(MQTT_TIMEOUT):
            return await mqtt.async_wait_for_mqtt_client(hass) and mqtt.is_connected(
                hass
            )
    except TimeoutError:
        return False

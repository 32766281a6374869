"""The `nats_server` subentry: the form of one connection to a NATS server, and the trial before it is saved."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_TOKEN,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ...const import (
    CONF_AUTH,
    CONF_CA_CERTIFICATE,
    CONF_CLIENT_CERTIFICATE,
    CONF_NKEY_SEED,
    CONF_TLS,
)
from ...core.nats.client import NatsSettings
from ...core.nats.connection import prove
from ...core.nats.errors import (
    NatsError,
    NatsRefused,
    NatsSeedInvalid,
    NatsTlsFailed,
    NatsUnreachable,
)
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
    filled,
    is_host,
    server_from_form,
    tls_settings,
    whole_number,
)

STANDARD_PORT: Final = 4222
CONF_SECRET: Final = "secret"
AUTH_NONE: Final = "none"
AUTH_PASSWORD: Final = "password"
# What an account's secret is kept under, by the kind of account.
SECRETS: Final[Mapping[str, str]] = {
    AUTH_PASSWORD: CONF_PASSWORD,
    "token": CONF_TOKEN,
    "nkey": CONF_NKEY_SEED,
}
NO_URL: Final = frozenset("/@?#[] ")

# What keeps us from connecting -> where it shows in the form.
NATS_PROBLEMS: Final[Mapping[type[NatsError], Problem]] = {
    NatsUnreachable: Problem(CONF_HOST, "nats_unreachable"),
    NatsRefused: Problem(CONF_AUTH, "nats_refused"),
    NatsTlsFailed: Problem(SECTION_SECURITY, "nats_tls_failed"),
    NatsSeedInvalid: Problem(CONF_SECRET, "invalid_seed"),
}

ACCOUNT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_AUTH, default=AUTH_NONE): SelectSelector(
            SelectSelectorConfig(
                options=[AUTH_NONE, *SECRETS], translation_key="nats_auth"
            )
        ),
        probatio.Optional(CONF_USERNAME): USERNAME,
        probatio.Optional(CONF_SECRET): PASSWORD,
    }
)


def schema_of(tls_open: bool) -> probatio.Schema:
    """Return the form of a server, with the section on TLS unfolded or not."""
    return probatio.Schema(
        {
            probatio.Required(CONF_HOST): TEXT,
            probatio.Required(CONF_PORT, default=STANDARD_PORT): whole_number(
                1, 65_535
            ),
            **ACCOUNT_SCHEMA.schema,
            probatio.Required(SECTION_SECURITY): section(
                SECURITY_SCHEMA, {"collapsed": not tls_open}
            ),
        }
    )


def data_from_form(form: FormData, previous: FormData | None = None) -> dict[str, Any]:
    """Return the subentry's data. Of `previous` data secrets stay when the form leaves them empty."""
    known = previous or {}
    security = form[SECTION_SECURITY]
    data: dict[str, Any] = {
        **server_from_form(form),
        CONF_TLS: security[CONF_TLS],
        **_account_from_form(form, known),
    }
    if data[CONF_TLS]:
        data |= certificates_from_form(security, known)
    return data


def renewed_account(data: FormData, form: FormData) -> dict[str, Any]:
    """Return a server's data with the account that was filled in instead of its own."""
    account = {CONF_AUTH, CONF_USERNAME, *SECRETS.values()}
    kept = {key: value for key, value in data.items() if key not in account}
    return kept | _account_from_form(form, {})


def shown_account(data: FormData) -> dict[str, Any]:
    """Return what a form shows of an account: everything but its secret."""
    return {key: data[key] for key in (CONF_AUTH, CONF_USERNAME) if key in data}


def form_from_data(data: FormData) -> dict[str, Any]:
    """Return what a form shows of saved data: everything but the secrets."""
    security = (CONF_TLS, CONF_CA_CERTIFICATE, CONF_CLIENT_CERTIFICATE)
    return {
        CONF_HOST: data[CONF_HOST],
        CONF_PORT: data[CONF_PORT],
        **shown_account(data),
        SECTION_SECURITY: {key: data[key] for key in security if key in data},
    }


def nats_settings(
    data: FormData, others: tuple[tuple[str, int], ...] = ()
) -> NatsSettings:
    """Return how to reach the server of a subentry; `others` are of the same cluster."""
    return NatsSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        user=data.get(CONF_USERNAME),
        password=data.get(CONF_PASSWORD),
        token=data.get(CONF_TOKEN),
        seed=data.get(CONF_NKEY_SEED),
        tls=tls_settings(data),
        others=others,
    )


async def typed_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check what was typed of a server; None when there is nothing wrong with it."""
    host, auth = data[CONF_HOST], data[CONF_AUTH]
    if not host or not is_host(host) or not NO_URL.isdisjoint(host):
        return Problem(CONF_HOST, "invalid_host")
    if auth == AUTH_PASSWORD:
        if CONF_USERNAME not in data:
            return Problem(CONF_USERNAME, "account_incomplete")
    elif auth != AUTH_NONE and SECRETS[auth] not in data:
        return Problem(CONF_SECRET, "account_incomplete")
    # Loading an RSA key checks its primes: too long for the event loop.
    if key := await hass.async_add_executor_job(certificate_problem, data):
        return Problem(SECTION_SECURITY, key)
    return None


async def async_find_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check what was typed, then connect once; None when all is well."""
    if problem := await typed_problem(hass, data):
        return problem
    try:
        await prove(nats_settings(data))
    except NatsError as error:
        return NATS_PROBLEMS[type(error)]._replace(reason=error.reason)
    return None


def _account_from_form(form: FormData, known: FormData) -> dict[str, str]:
    auth = form[CONF_AUTH]
    if auth == AUTH_NONE:
        return {CONF_AUTH: auth}
    key = SECRETS[auth]
    # Tokens and seeds are pasted; a password may well begin with a blank.
    secret = form.get(CONF_SECRET, "")
    account = {
        key: (secret if auth == AUTH_PASSWORD else secret.strip()) or known.get(key)
    }
    if auth == AUTH_PASSWORD:
        account[CONF_USERNAME] = form.get(CONF_USERNAME, "").strip()
    return {CONF_AUTH: auth, **filled(account)}


class NatsServerFlow(TriedServiceFlow):
    """Adds a server, or changes one."""

    form = ServiceForm(
        schema=schema_of,
        uses_tls=lambda security: security[CONF_TLS],
        data=data_from_form,
        shown=form_from_data,
        find_problem=async_find_problem,
        unique_id=address,
    )

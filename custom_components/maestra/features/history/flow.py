"""The `timescale_store` subentry: the one database that everything is recorded in."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_HOST, CONF_PASSWORD, CONF_PORT, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig

from ...const import (
    CONF_CA_CERTIFICATE,
    CONF_DATABASE,
    CONF_TLS_MODE,
    DEFAULT_DATABASE,
    SUBENTRY_TIMESCALE_STORE,
)
from ...core.store.errors import (
    StoreDatabaseMissing,
    StoreError,
    StoreLoginRefused,
    StorePermissionMissing,
    StorePooled,
    StoreReadOnly,
    StoreSchemaTooNew,
    StoreTlsFailed,
    StoreTooOld,
    StoreUnreachable,
    StoreUnsuitable,
    StoreWriterTaken,
)
from ...core.store.settings import STANDARD_PORT, StoreSettings, TlsMode
from ...core.store.store import prove
from ...hub.current import find_hub
from ...hub.flows import (
    PASSWORD,
    PEM,
    SECTION_SECURITY,
    TEXT,
    USERNAME,
    FormData,
    Problem,
    Reauth,
    ServiceForm,
    TriedServiceFlow,
    address,
    credentials_from_form,
    filled,
    holds_certificates,
    is_host,
    normal_pem,
    server_from_form,
    whole_number,
)

# What keeps us from working there -> where it shows in the form.
STORE_PROBLEMS: Final[Mapping[type[StoreError], Problem]] = {
    StoreUnreachable: Problem(CONF_HOST, "store_unreachable"),
    StoreLoginRefused: Problem(CONF_USERNAME, "store_login_refused"),
    StoreDatabaseMissing: Problem(CONF_DATABASE, "store_database_missing"),
    StoreTlsFailed: Problem(SECTION_SECURITY, "store_tls_failed"),
    StorePermissionMissing: Problem(CONF_USERNAME, "store_permission_missing"),
    StoreReadOnly: Problem(CONF_DATABASE, "store_read_only"),
    StorePooled: Problem(CONF_HOST, "store_pooled"),
    StoreTooOld: Problem("base", "store_too_old"),
    StoreSchemaTooNew: Problem("base", "store_schema_too_new"),
    StoreUnsuitable: Problem("base", "store_unsuitable"),
    # Never said of a trial, which writes nothing.
    StoreWriterTaken: Problem("base", "store_failed"),
    StoreError: Problem("base", "store_failed"),
}

STORE_CREDENTIALS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_USERNAME): USERNAME,
        probatio.Optional(CONF_PASSWORD): PASSWORD,
    }
)

_SECURITY_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_TLS_MODE, default=TlsMode.OFF.value): SelectSelector(
            SelectSelectorConfig(
                options=[mode.value for mode in TlsMode], translation_key=CONF_TLS_MODE
            )
        ),
        probatio.Optional(CONF_CA_CERTIFICATE): PEM,
    }
)


def _schema(tls_open: bool) -> probatio.Schema:
    """Return the form of a database; `tls_open` unfolds the section on TLS."""
    return probatio.Schema(
        {
            probatio.Required(CONF_HOST): TEXT,
            probatio.Required(CONF_PORT, default=STANDARD_PORT): whole_number(
                1, 65_535
            ),
            probatio.Required(CONF_DATABASE, default=DEFAULT_DATABASE): TEXT,
            **STORE_CREDENTIALS_SCHEMA.schema,
            probatio.Required(SECTION_SECURITY): section(
                _SECURITY_SCHEMA, {"collapsed": not tls_open}
            ),
        }
    )


def data_from_form(form: FormData, previous: FormData | None = None) -> dict[str, Any]:
    """Return the subentry's data. The password of `previous` data stays when the form leaves it empty."""
    security = form[SECTION_SECURITY]
    data: dict[str, Any] = {
        **server_from_form(form),
        CONF_DATABASE: form[CONF_DATABASE].strip(),
        CONF_TLS_MODE: security[CONF_TLS_MODE],
        **credentials_from_form(form, previous or {}),
    }
    if data[CONF_TLS_MODE] == TlsMode.VERIFY:
        pem = normal_pem(security.get(CONF_CA_CERTIFICATE, ""))
        data |= filled({CONF_CA_CERTIFICATE: pem})
    return data


def form_from_data(data: FormData) -> dict[str, Any]:
    """Return what a form shows of saved data: everything but the password."""
    security = (CONF_TLS_MODE, CONF_CA_CERTIFICATE)
    return {
        **{
            key: data[key]
            for key in (CONF_HOST, CONF_PORT, CONF_DATABASE, CONF_USERNAME)
        },
        SECTION_SECURITY: {key: data[key] for key in security if key in data},
    }


def store_settings(data: FormData) -> StoreSettings:
    """Return how to reach the database of a subentry."""
    return StoreSettings(
        host=data[CONF_HOST],
        port=data[CONF_PORT],
        database=data[CONF_DATABASE],
        user=data[CONF_USERNAME],
        password=data.get(CONF_PASSWORD),
        tls=TlsMode(data[CONF_TLS_MODE]),
        ca=data.get(CONF_CA_CERTIFICATE),
    )


def store_unique_id(data: FormData) -> str:
    """Return what makes two subentries the same database."""
    return f"{address(data)}/{data[CONF_DATABASE]}"


async def async_find_problem(hass: HomeAssistant, data: FormData) -> Problem | None:
    """Check what was typed, then connect once and look whether we can work there; None when all is well."""
    # The driver would take something of its own for what is empty: another host, another database.
    for field in (CONF_HOST, CONF_DATABASE, CONF_USERNAME):
        if not data.get(field):
            return Problem(field, "incomplete")
    if not is_host(data[CONF_HOST]):
        return Problem(CONF_HOST, "invalid_host")
    # A bundle of authorities takes too long to read for the event loop.
    if key := await hass.async_add_executor_job(_certificate_problem, data):
        return Problem(SECTION_SECURITY, key)
    hub = find_hub(hass)
    try:
        await prove(store_settings(data), hub.records if hub else None)
    except StoreError as error:
        return STORE_PROBLEMS[type(error)]._replace(reason=error.reason)
    return None


def _certificate_problem(data: FormData) -> str | None:
    """Return the key of the error in what was pasted, or None."""
    authority = data.get(CONF_CA_CERTIFICATE, "").encode()
    return "invalid_ca" if authority and not holds_certificates(authority) else None


STORE_FORM: Final = ServiceForm(
    schema=_schema,
    uses_tls=lambda security: security[CONF_TLS_MODE] != TlsMode.OFF,
    data=data_from_form,
    shown=form_from_data,
    find_problem=async_find_problem,
    unique_id=store_unique_id,
)
STORE_REAUTH: Final = Reauth(
    step_id="reauth_store",
    schema=STORE_CREDENTIALS_SCHEMA,
    find_problem=async_find_problem,
)


class TimescaleStoreFlow(TriedServiceFlow):
    """Adds the database, or changes it. It is tried out before it is saved."""

    form = STORE_FORM

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add the database; there is one for all that the hub records."""
        # Asked again for what was filled in: another window may have added one meanwhile.
        if any(self._get_entry().get_subentries_of_type(SUBENTRY_TIMESCALE_STORE)):
            return self.async_abort(reason="already_configured")
        return await super().async_step_user(user_input)

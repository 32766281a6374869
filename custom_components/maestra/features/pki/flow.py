"""The `certificate_authority` subentry: the one authority that devices and brokers get their certificates from."""

from collections.abc import Mapping
from datetime import timedelta
import secrets
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
)

from ...const import (
    CONF_ALLOWED_MACS,
    CONF_AUTHORITY_ID,
    CONF_BROKER_DAYS,
    CONF_BROKER_NAMES,
    CONF_CRL_DAYS,
    CONF_DEVICE_DAYS,
    CONF_DEVICE_NAMES,
    CONF_KEY_TYPE,
    CONF_NEEDS_CODE,
    CONF_PASSPHRASE,
    CONF_WINDOW,
    SUBENTRY_CERTIFICATE_AUTHORITY,
)
from ...core.domain.errors import InvalidMac
from ...core.domain.names import F2_NAME_PREFIX, bare_mac
from ...core.pki.authority import Authority, create_authority, load_authority
from ...core.pki.errors import InvalidAuthority, InvalidName
from ...core.pki.extensions import general_name
from ...core.pki.keys import KeyType
from ...core.pki.service import IssuingRules
from ...hub.flows import (
    PASSWORD,
    PEM,
    TEXT,
    TEXTS,
    FormData,
    Problem,
    ServiceFlow,
    errors_of,
    normal_pem,
    whole_number,
)
from .storage import async_keep_authority

SECTION_ENROLMENT: Final = "enrolment"
SECTION_LIFETIMES: Final = "lifetimes"
CONF_CERTIFICATE: Final = "certificate"
CONF_PRIVATE_KEY: Final = "private_key"
CONF_YEARS: Final = "years"

# What stands before the MAC address in the names of certificates.
DEVICE_PREFIXES: Final = {"mac": "", "f2_mac": F2_NAME_PREFIX}
_DAYS: Final = whole_number(1, 7_300, UnitOfTime.DAYS)

_ENROLMENT: Final = probatio.Schema(
    {
        probatio.Required(CONF_WINDOW, default=10): whole_number(
            1, 1_440, UnitOfTime.MINUTES
        ),
        probatio.Required(CONF_NEEDS_CODE, default=False): BooleanSelector(),
        probatio.Optional(CONF_ALLOWED_MACS, default=list): TEXTS,
    }
)
_LIFETIMES: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE_DAYS, default=365): _DAYS,
        probatio.Required(CONF_BROKER_DAYS, default=825): _DAYS,
        probatio.Required(CONF_CRL_DAYS, default=365): _DAYS,
    }
)
SETTINGS: Final = {
    probatio.Required(CONF_BROKER_NAMES): TEXTS,
    probatio.Required(CONF_KEY_TYPE, default=KeyType.ECDSA_P256.value): SelectSelector(
        SelectSelectorConfig(
            options=[kind.value for kind in KeyType], translation_key=CONF_KEY_TYPE
        )
    ),
    probatio.Required(CONF_DEVICE_NAMES, default="mac"): SelectSelector(
        SelectSelectorConfig(
            options=list(DEVICE_PREFIXES), translation_key=CONF_DEVICE_NAMES
        )
    ),
    probatio.Required(SECTION_ENROLMENT): section(_ENROLMENT, {"collapsed": True}),
    probatio.Required(SECTION_LIFETIMES): section(_LIFETIMES, {"collapsed": True}),
}
CREATE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME, default="Maestra authority"): TEXT,
        probatio.Required(CONF_YEARS, default=10): whole_number(1, 30),
        **SETTINGS,
    }
)
IMPORT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_CERTIFICATE): PEM,
        probatio.Required(CONF_PRIVATE_KEY): PEM,
        probatio.Optional(CONF_PASSPHRASE): PASSWORD,
        **SETTINGS,
    }
)
CHANGE_SCHEMA: Final = probatio.Schema(SETTINGS)
_KEPT: Final = (
    CONF_BROKER_NAMES,
    CONF_KEY_TYPE,
    CONF_DEVICE_NAMES,
    SECTION_ENROLMENT,
    SECTION_LIFETIMES,
)

YEAR: Final = timedelta(days=365)
# How containers and this machine call a broker beside Home Assistant.
USUAL_NAMES: Final = ("core-mosquitto", "localhost", "127.0.0.1")


def settings_from_form(form: FormData) -> dict[str, Any]:
    """Return what the subentry keeps, names and addresses in the one way to write them; raises InvalidMac."""
    kept = {key: form[key] for key in _KEPT}
    kept[CONF_BROKER_NAMES] = [
        name for text in form[CONF_BROKER_NAMES] if (name := text.strip())
    ]
    enrolment = dict(form[SECTION_ENROLMENT])
    enrolment[CONF_ALLOWED_MACS] = [
        bare_mac(text) for text in enrolment[CONF_ALLOWED_MACS] if text.strip()
    ]
    kept[SECTION_ENROLMENT] = enrolment
    return kept


def find_problem(form: FormData) -> Problem | None:
    """Return what is wrong with names and addresses, None when all is well."""
    names = [text for text in form[CONF_BROKER_NAMES] if text.strip()]
    if not names:
        return Problem(CONF_BROKER_NAMES, "incomplete")
    try:
        for name in names:
            general_name(name)
        settings_from_form(form)
    except InvalidName as error:
        return Problem(CONF_BROKER_NAMES, "invalid_broker_name", str(error))
    except InvalidMac as error:
        return Problem(SECTION_ENROLMENT, "invalid_mac", str(error))
    return None


def issuing_rules(data: FormData) -> IssuingRules:
    """Return what certificates are like."""
    lifetimes = data[SECTION_LIFETIMES]
    return IssuingRules(
        key_type=KeyType(data[CONF_KEY_TYPE]),
        prefix=DEVICE_PREFIXES[data[CONF_DEVICE_NAMES]],
        device_lifetime=timedelta(days=lifetimes[CONF_DEVICE_DAYS]),
        broker_lifetime=timedelta(days=lifetimes[CONF_BROKER_DAYS]),
        crl_lifetime=timedelta(days=lifetimes[CONF_CRL_DAYS]),
    )


class CertificateAuthorityFlow(ServiceFlow):
    """Makes or imports the authority, or changes what it signs. Its key goes nowhere but into its own file."""

    _imported: Authority
    _form_filled: dict[str, Any]

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where the authority comes from; there is one for all."""
        if any(
            self._get_entry().get_subentries_of_type(SUBENTRY_CERTIFICATE_AUTHORITY)
        ):
            return self.async_abort(reason="already_configured")
        return self.async_show_menu(step_id="user", menu_options=["create", "import"])

    async def async_step_create(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Make a new one."""
        if user_input is None:
            return self._form("create", CREATE_SCHEMA, self._usual())
        if problem := find_problem(user_input):
            return self._form("create", CREATE_SCHEMA, user_input, problem)
        # An RSA key takes seconds.
        authority = await self.hass.async_add_executor_job(
            create_authority,
            user_input[CONF_NAME].strip() or "Maestra authority",
            KeyType(user_input[CONF_KEY_TYPE]),
            user_input[CONF_YEARS] * YEAR,
        )
        return await self._async_keep(authority, user_input)

    async def async_step_import(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take one over that exists."""
        if user_input is None:
            return self._form("import", IMPORT_SCHEMA, self._usual())
        if problem := find_problem(user_input):
            return self._form("import", IMPORT_SCHEMA, user_input, problem)
        try:
            authority = await self.hass.async_add_executor_job(
                load_authority,
                normal_pem(user_input[CONF_CERTIFICATE]),
                normal_pem(user_input[CONF_PRIVATE_KEY]),
                user_input.get(CONF_PASSPHRASE),
            )
        except InvalidAuthority as error:
            problem = Problem("base", "invalid_authority", str(error))
            return self._form("import", IMPORT_SCHEMA, user_input, problem)
        if authority.problems:
            self._imported, self._form_filled = authority, user_input
            return await self.async_step_confirm()
        return await self._async_keep(authority, user_input)

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Tell that strict clients refuse what this authority signs."""
        if user_input is not None:
            return await self._async_keep(self._imported, self._form_filled)
        return self.async_show_form(
            step_id="confirm",
            data_schema=probatio.Schema({}),
            description_placeholders={"problems": "; ".join(self._imported.problems)},
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change what is signed and who may ask; the authority itself stays."""
        changed = self._changed = self._get_reconfigure_subentry()
        if user_input is None:
            return self._form("reconfigure", CHANGE_SCHEMA, changed.data)
        if problem := find_problem(user_input):
            return self._form("reconfigure", CHANGE_SCHEMA, user_input, problem)
        return self.async_update_and_abort(
            self._get_entry(), changed, data_updates=settings_from_form(user_input)
        )

    @callback
    def _form(
        self,
        step_id: str,
        schema: probatio.Schema,
        shown: FormData,
        problem: Problem | None = None,
    ) -> SubentryFlowResult:
        # A key or passphrase that was typed in is not shown again.
        secret = (CONF_PRIVATE_KEY, CONF_PASSPHRASE)
        suggested = {key: value for key, value in shown.items() if key not in secret}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors_of(problem),
            description_placeholders={"reason": problem.said if problem else ""},
        )

    def _usual(self) -> FormData:
        return {CONF_BROKER_NAMES: [*_own_names(self.hass), *USUAL_NAMES]}

    async def _async_keep(
        self, authority: Authority, form: Mapping[str, Any]
    ) -> SubentryFlowResult:
        """Keep the key in its file, and the passphrase apart from it."""
        authority_id, passphrase = uuid4().hex, secrets.token_urlsafe(32)
        private_key = await self.hass.async_add_executor_job(
            authority.private_pem, passphrase
        )
        await async_keep_authority(self.hass, authority_id, authority.pem, private_key)
        return self.async_create_entry(
            title=authority.name,
            data={
                CONF_AUTHORITY_ID: authority_id,
                CONF_PASSPHRASE: passphrase,
                **settings_from_form(form),
            },
            unique_id=authority_id,
        )


def _own_names(hass: HomeAssistant) -> list[str]:
    """Return how this machine is called in its network, as far as Home Assistant knows."""
    try:
        url = get_url(hass, allow_external=False, allow_cloud=False)
    except NoURLAvailableError:
        return []
    host = urlsplit(url).hostname
    return [host] if host else []

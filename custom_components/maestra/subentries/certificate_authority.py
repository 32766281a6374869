"""The `certificate_authority` subentry: the one authority that devices and brokers get their certificates from."""

from collections.abc import Mapping
from datetime import timedelta
import secrets
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import probatio

from homeassistant.config_entries import SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ..const import (
    CONF_AUTHORITY_ID,
    CONF_BROKER_NAMES,
    CONF_KEY_TYPE,
    CONF_PASSPHRASE,
    SUBENTRY_CERTIFICATE_AUTHORITY,
)
from ..pki.authority import Authority, create_authority, load_authority
from ..pki.errors import InvalidAuthority
from ..pki.keys import KeyType
from ..pki_storage import async_keep_authority
from .authority_form import (
    CHANGE_SCHEMA,
    CONF_CERTIFICATE,
    CONF_PRIVATE_KEY,
    CONF_YEARS,
    CREATE_SCHEMA,
    IMPORT_SCHEMA,
    find_problem,
    settings_from_form,
)
from .forms import FormData, Problem, ServiceFlow, normal_pem

YEAR: Final = timedelta(days=365)
# How containers and this machine call a broker beside Home Assistant.
USUAL_NAMES: Final = ("core-mosquitto", "localhost", "127.0.0.1")


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
        return self.async_show_menu(menu_options=["create", "import"])

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
            errors={problem.field: problem.key} if problem else None,
            description_placeholders={"reason": problem.reason if problem else ""},
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

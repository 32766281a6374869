"""Setting up the hub, and renewing the credentials of a broker or the database."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple, override

import probatio

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    FlowType,
    OptionsFlow,
    SubentryFlowContext,
)
from homeassistant.const import CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .const import (
    CONF_SUBENTRY_ID,
    DOMAIN,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_TIMESCALE_STORE,
)
from .gateways.mqtt.codec import Malformed, decode
from .options_flow import MaestraOptionsFlow
from .subentries import broker_form, store_form
from .subentries.broker_form import CREDENTIALS_SCHEMA
from .subentries.forms import FormData, Problem, credentials_from_form
from .subentries.mqtt_broker import MqttBrokerFlow, home_assistant_subentry
from .subentries.store_form import STORE_CREDENTIALS_SCHEMA
from .subentries.timescale_store import TimescaleStoreFlow

TITLE: Final = "Maestra"


class Renewal(NamedTuple):
    """How the credentials of one kind of service are asked for and tried out."""

    step_id: str
    schema: probatio.Schema
    find_problem: Callable[[HomeAssistant, FormData], Awaitable[Problem | None]]


RENEWALS: Final[Mapping[str, Renewal]] = {
    SUBENTRY_MQTT_BROKER: Renewal(
        "reauth_confirm", CREDENTIALS_SCHEMA, broker_form.async_find_problem
    ),
    SUBENTRY_TIMESCALE_STORE: Renewal(
        "reauth_store", STORE_CREDENTIALS_SCHEMA, store_form.async_find_problem
    ),
}


class MaestraConfigFlow(ConfigFlow, domain=DOMAIN):
    """Creates the one hub."""

    VERSION = 1
    MINOR_VERSION = 1

    _service: ConfigSubentry

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes the hub's options."""
        return MaestraOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow of each kind of outside service."""
        return {
            SUBENTRY_MQTT_BROKER: MqttBrokerFlow,
            SUBENTRY_TIMESCALE_STORE: TimescaleStoreFlow,
        }

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set up the hub; a broker is asked for next."""
        # The hub has no address and no account: there is nothing to try out.
        await self.async_set_unique_id(DOMAIN, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        if user_input is None:
            return self.async_show_form(step_id="user")
        return self.async_create_entry(title=TITLE, data={})

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Lead a user on to the first broker."""
        if self.source == SOURCE_USER:
            broker = await self.hass.config_entries.subentries.async_init(
                (result["result"].entry_id, SUBENTRY_MQTT_BROKER),
                context=SubentryFlowContext(source=SOURCE_USER),
            )
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, broker["flow_id"])
        return result

    @override
    async def async_step_mqtt(
        self, discovery_info: MqttServiceInfo
    ) -> ConfigFlowResult:
        """Offer the hub: Home Assistant's MQTT sees a client that speaks our dialect."""
        payload = discovery_info.payload
        raw = payload.encode() if isinstance(payload, str) else bytes(payload)
        if isinstance(decode(discovery_info.topic, raw), Malformed):
            return self.async_abort(reason="not_maestra")
        await self.async_set_unique_id(DOMAIN)
        self._abort_if_unique_id_configured()
        return await self.async_step_mqtt_confirm()

    async def async_step_mqtt_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set up the hub together with Home Assistant's MQTT as its first broker."""
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(step_id="mqtt_confirm")
        return self.async_create_entry(
            title=TITLE, data={}, subentries=[home_assistant_subentry()]
        )

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """A service refuses the saved credentials."""
        services = self._get_reauth_entry().subentries
        if (service := services.get(entry_data[CONF_SUBENTRY_ID])) is None:
            return self.async_abort(reason="subentry_removed")
        self._service = service
        self.async_update_title_placeholders({"name": service.title})
        return await self._async_renew(None)

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of a broker."""
        return await self._async_renew(user_input)

    async def async_step_reauth_store(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of the database."""
        return await self._async_renew(user_input)

    async def _async_renew(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the credentials of one service and try them out."""
        entry, service = self._get_reauth_entry(), self._service
        renewal = RENEWALS[service.subentry_type]
        errors, reason = {}, ""
        if user_input is not None:
            if service.subentry_id not in entry.subentries:
                return self.async_abort(reason="subentry_removed")
            kept = {
                key: value
                for key, value in service.data.items()
                if key not in renewal.schema.schema
            }
            data = kept | credentials_from_form(user_input, {})
            if (problem := await renewal.find_problem(self.hass, data)) is None:
                self.hass.config_entries.async_update_subentry(
                    entry, service, data=data
                )
                return self.async_update_and_abort(entry)
            errors["base"], reason = problem.key, problem.reason
        return self.async_show_form(
            step_id=renewal.step_id,
            data_schema=self.add_suggested_values_to_schema(
                renewal.schema,
                user_input or {CONF_USERNAME: service.data.get(CONF_USERNAME)},
            ),
            errors=errors,
            description_placeholders={"service": service.title, "reason": reason},
        )

"""Setting up the hub, changing its options, and renewing a broker's credentials."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, override

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
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.selector import BooleanSelector, DurationSelector
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .const import (
    CONF_CREATE_UNKNOWN,
    CONF_OFFLINE_AFTER,
    CONF_STRICT,
    CONF_SUBENTRY_ID,
    DEFAULT_CREATE_UNKNOWN,
    DEFAULT_OFFLINE_AFTER,
    DEFAULT_STRICT,
    DOMAIN,
    SUBENTRY_MQTT_BROKER,
)
from .gateways.mqtt.codec import Malformed, decode
from .subentries.broker_form import (
    CREDENTIALS_SCHEMA,
    async_find_problem,
    credentials_from_form,
)
from .subentries.mqtt_broker import MqttBrokerFlow, home_assistant_subentry

TITLE: Final = "Maestra"
SECTION_ENTITIES: Final = "entities"
SECTION_DEVICES: Final = "devices"
# Below, a single lost heartbeat would do; above, the status says nothing.
OFFLINE_AFTER_RANGE: Final = (timedelta(seconds=5), timedelta(days=7))

OPTIONS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(SECTION_ENTITIES): section(
            probatio.Schema(
                {
                    probatio.Required(
                        CONF_CREATE_UNKNOWN, default=DEFAULT_CREATE_UNKNOWN
                    ): BooleanSelector(),
                    probatio.Required(
                        CONF_STRICT, default=DEFAULT_STRICT
                    ): BooleanSelector(),
                }
            )
        ),
        probatio.Required(SECTION_DEVICES): section(
            probatio.Schema({probatio.Required(CONF_OFFLINE_AFTER): DurationSelector()})
        ),
    }
)


class MaestraConfigFlow(ConfigFlow, domain=DOMAIN):
    """Creates the one hub."""

    VERSION = 1
    MINOR_VERSION = 1

    _broker: ConfigSubentry

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
        return {SUBENTRY_MQTT_BROKER: MqttBrokerFlow}

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
        """A broker refuses the saved credentials."""
        brokers = self._get_reauth_entry().subentries
        if (broker := brokers.get(entry_data[CONF_SUBENTRY_ID])) is None:
            return self.async_abort(reason="broker_removed")
        self._broker = broker
        self.async_update_title_placeholders({"name": broker.title})
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credentials of one broker and try them out."""
        entry, broker = self._get_reauth_entry(), self._broker
        errors, reason = {}, ""
        if user_input is not None:
            if broker.subentry_id not in entry.subentries:
                return self.async_abort(reason="broker_removed")
            kept = {
                key: value
                for key, value in broker.data.items()
                if key not in CREDENTIALS_SCHEMA.schema
            }
            data = kept | credentials_from_form(user_input, {})
            if (problem := await async_find_problem(self.hass, data)) is None:
                self.hass.config_entries.async_update_subentry(entry, broker, data=data)
                return self.async_update_and_abort(entry)
            errors["base"], reason = problem.key, problem.reason
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=self.add_suggested_values_to_schema(
                CREDENTIALS_SCHEMA,
                user_input or {CONF_USERNAME: broker.data.get(CONF_USERNAME)},
            ),
            errors=errors,
            description_placeholders={"broker": broker.title, "reason": reason},
        )


class MaestraOptionsFlow(OptionsFlow):
    """Changes what the hub does with entities and devices, while it runs."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for all options."""
        errors, shown = {}, user_input or self._form_from_options()
        if user_input is not None:
            silence = cv.time_period_dict(
                user_input[SECTION_DEVICES][CONF_OFFLINE_AFTER]
            )
            shortest, longest = OFFLINE_AFTER_RANGE
            if shortest <= silence <= longest:
                return self.async_create_entry(
                    data={
                        **user_input[SECTION_ENTITIES],
                        CONF_OFFLINE_AFTER: int(silence.total_seconds()),
                    }
                )
            errors[SECTION_DEVICES] = "offline_after_out_of_range"
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, shown),
            errors=errors,
        )

    def _form_from_options(self) -> dict[str, Any]:
        options = self.config_entry.options
        minutes, seconds = divmod(
            options.get(CONF_OFFLINE_AFTER, DEFAULT_OFFLINE_AFTER), 60
        )
        hours, minutes = divmod(minutes, 60)
        return {
            SECTION_ENTITIES: {
                CONF_CREATE_UNKNOWN: options.get(
                    CONF_CREATE_UNKNOWN, DEFAULT_CREATE_UNKNOWN
                ),
                CONF_STRICT: options.get(CONF_STRICT, DEFAULT_STRICT),
            },
            SECTION_DEVICES: {
                CONF_OFFLINE_AFTER: {
                    "hours": hours,
                    "minutes": minutes,
                    "seconds": seconds,
                }
            },
        }

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
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .const import (
    CONF_SUBENTRY_ID,
    DOMAIN,
    SUBENTRY_CERTIFICATE_AUTHORITY,
    SUBENTRY_DETECTOR,
    SUBENTRY_F2_CONTROLLER,
    SUBENTRY_ISS_TELEMETRY,
    SUBENTRY_MQTT_BROKER,
    SUBENTRY_NATS_SERVER,
    SUBENTRY_OSC_TARGET,
    SUBENTRY_TIMESCALE_STORE,
)
from .gateways.mdns.devices import describe
from .gateways.mqtt.codec import decode
from .gateways.state_command import Malformed
from .options_flow import MaestraOptionsFlow
from .subentries import broker_form, nats_form, store_form
from .subentries.broker_form import CREDENTIALS_SCHEMA
from .subentries.certificate_authority import CertificateAuthorityFlow
from .subentries.detector import DetectorFlow
from .subentries.f2_controller import F2ControllerFlow
from .subentries.forms import FormData, Problem, credentials_from_form
from .subentries.iss_telemetry import IssTelemetryFlow
from .subentries.mqtt_broker import MqttBrokerFlow, home_assistant_subentry
from .subentries.nats_server import NatsServerFlow
from .subentries.osc_target import OscTargetFlow
from .subentries.store_form import STORE_CREDENTIALS_SCHEMA
from .subentries.timescale_store import TimescaleStoreFlow

TITLE: Final = "Maestra"


def _shown_login(data: FormData) -> FormData:
    return {CONF_USERNAME: data.get(CONF_USERNAME)}


def _renewed_login(data: FormData, form: FormData) -> dict[str, Any]:
    login = (CONF_USERNAME, CONF_PASSWORD)
    kept = {key: value for key, value in data.items() if key not in login}
    return kept | credentials_from_form(form, {})


class Renewal(NamedTuple):
    """How the credentials of one kind of service are asked for and tried out."""

    step_id: str
    schema: probatio.Schema
    find_problem: Callable[[HomeAssistant, FormData], Awaitable[Problem | None]]
    shown: Callable[[FormData], FormData] = _shown_login
    """What the form shows of the saved data."""
    renewed: Callable[[FormData, FormData], dict[str, Any]] = _renewed_login
    """What the saved data become with what was filled in."""


RENEWALS: Final[Mapping[str, Renewal]] = {
    SUBENTRY_MQTT_BROKER: Renewal(
        "reauth_confirm", CREDENTIALS_SCHEMA, broker_form.async_find_problem
    ),
    SUBENTRY_NATS_SERVER: Renewal(
        "reauth_nats",
        nats_form.ACCOUNT_SCHEMA,
        nats_form.async_find_problem,
        nats_form.shown_account,
        nats_form.renewed_account,
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
    _device_name: str

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
            SUBENTRY_OSC_TARGET: OscTargetFlow,
            SUBENTRY_NATS_SERVER: NatsServerFlow,
            SUBENTRY_CERTIFICATE_AUTHORITY: CertificateAuthorityFlow,
            SUBENTRY_F2_CONTROLLER: F2ControllerFlow,
            SUBENTRY_ISS_TELEMETRY: IssTelemetryFlow,
            SUBENTRY_DETECTOR: DetectorFlow,
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

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Offer the hub: a device on the network looks for it. With a hub, the hub itself looks for devices."""
        device = describe(
            discovery_info.name, discovery_info.properties, [discovery_info.host]
        )
        if device is None:
            return self.async_abort(reason="not_maestra")
        await self.async_set_unique_id(DOMAIN)
        self._abort_if_unique_id_configured()
        self._device_name = str(device["name"])
        self.async_update_title_placeholders({"name": self._device_name})
        return await self.async_step_zeroconf_confirm()

    async def async_step_zeroconf_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set up the hub; the device asks it to be let in."""
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(
                step_id="zeroconf_confirm",
                description_placeholders={"device": self._device_name},
            )
        return self.async_create_entry(title=TITLE, data={})

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

    async def async_step_reauth_nats(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account at a NATS server."""
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
            data = renewal.renewed(service.data, user_input)
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
                user_input or renewal.shown(service.data),
            ),
            errors=errors,
            description_placeholders={"service": service.title, "reason": reason},
        )

"""Setting up the hub, renewing credentials, and the flows of subentries and options as features have them."""

from collections.abc import Mapping
from functools import partial
import logging
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    FlowType,
    OptionsFlow,
    SubentryFlowContext,
)
from homeassistant.core import callback
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2FlowHandler
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from . import features
from .const import CONF_SUBENTRY_ID, DOMAIN, SUBENTRY_MQTT_BROKER
from .core.bus import get_logger
from .hub.feature import Discovered
from .hub.issues import facts
from .hub.options import HubOptionsFlow
from .hub.registry import FeatureRegistry, registry_of

TITLE: Final = "Maestra"


class MaestraConfigFlow(AbstractOAuth2FlowHandler, domain=DOMAIN):
    """Creates the one hub, and links the accounts of its services."""

    DOMAIN = DOMAIN
    VERSION = 1
    MINOR_VERSION = 1

    _service: ConfigSubentry
    _discovered: Discovered

    def __init__(self) -> None:
        """Take the steps in which credentials are asked for again."""
        super().__init__()
        for reauth in _registry().reauth.values():
            setattr(
                self,
                f"async_step_{reauth.step_id}",
                partial(MaestraConfigFlow._async_renew, self),
            )

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that changes the hub's options."""
        return HubOptionsFlow(_registry().options)

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow of each kind of outside service."""
        return _registry().subentries

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
        return await self._async_discovered("mqtt", discovery_info)

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Offer the hub: a device on the network looks for it. With a hub, the hub itself looks for devices."""
        return await self._async_discovered("zeroconf", discovery_info)

    async def _async_discovered(self, source: str, info: Any) -> ConfigFlowResult:
        if (discovered := _registry().discovery[source](info)) is None:
            return self.async_abort(reason="not_maestra")
        await self.async_set_unique_id(DOMAIN)
        self._abort_if_unique_id_configured()
        self._discovered = discovered
        if discovered.name:
            self.async_update_title_placeholders({"name": discovered.name})
        return self._confirm(f"{source}_confirm", None)

    async def async_step_mqtt_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set up the hub together with Home Assistant's MQTT as its first broker."""
        return self._confirm("mqtt_confirm", user_input)

    async def async_step_zeroconf_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Set up the hub; the device asks it to be let in."""
        return self._confirm("zeroconf_confirm", user_input)

    @callback
    def _confirm(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        if user_input is None:
            self._set_confirm_only()
            return self.async_show_form(
                step_id=step_id,
                description_placeholders=facts(device=self._discovered.name),
            )
        return self.async_create_entry(
            title=TITLE, data={}, subentries=list(self._discovered.subentries)
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
        if service.subentry_type in _registry().consents:
            return await self.async_step_link_account()
        return await self._async_renew(None)

    async def async_step_link_account(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Lead the owner of an account to where consent is given."""
        if user_input is None:
            return self.async_show_form(
                step_id="link_account",
                description_placeholders=facts(service=self._service.title),
            )
        return await self.async_step_pick_implementation()

    @property
    @override
    def logger(self) -> logging.Logger:
        """What the steps of OAuth log to."""
        return get_logger(__name__)

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """What consent is asked for."""
        service = self._service
        scopes = _registry().consents[service.subentry_type].scopes(service.data)
        return {"scope": " ".join(scopes)}

    @override
    async def async_oauth_create_entry(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Keep the token that consent has given, with the service."""
        entry, service = self._get_reauth_entry(), self._service
        consent = _registry().consents[service.subentry_type]
        found = await consent.completed(self.hass, {**service.data, **data})
        if service.subentry_id not in entry.subentries:
            return self.async_abort(reason="subentry_removed")
        if isinstance(found, str):
            return self.async_abort(reason=found)
        self.hass.config_entries.async_update_subentry(entry, service, data=found)
        return self.async_update_and_abort(entry)

    async def _async_renew(self, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the credentials of one service and try them out."""
        entry, service = self._get_reauth_entry(), self._service
        reauth = _registry().reauth[service.subentry_type]
        errors, reason = {}, ""
        if user_input is not None:
            if service.subentry_id not in entry.subentries:
                return self.async_abort(reason="subentry_removed")
            data = reauth.renewed(service.data, user_input)
            if (problem := await reauth.find_problem(self.hass, data)) is None:
                self.hass.config_entries.async_update_subentry(
                    entry, service, data=data
                )
                return self.async_update_and_abort(entry)
            errors["base"], reason = problem.key, problem.said
        return self.async_show_form(
            step_id=reauth.step_id,
            data_schema=self.add_suggested_values_to_schema(
                reauth.schema,
                user_input or reauth.shown(service.data),
            ),
            errors=errors,
            description_placeholders=facts(service=service.title) | {"reason": reason},
        )


def _registry() -> FeatureRegistry:
    return registry_of(features.FEATURES)

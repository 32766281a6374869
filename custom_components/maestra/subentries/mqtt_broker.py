"""The `mqtt_broker` subentry: one connection to an MQTT broker, directly or through Home Assistant's."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigSubentryData, SubentryFlowResult
from homeassistant.core import HomeAssistant, callback

from ..const import (
    CONF_BRIDGE,
    CONF_DIALECTS,
    CONF_EVENT_SIZE_LIMIT,
    CONF_OWN_CERTIFICATE,
    CONF_TLS,
    CONF_TRANSPORT,
    DEFAULT_BRIDGE,
    DEFAULT_DIALECTS,
    SUBENTRY_MQTT_BROKER,
    TRANSPORT_DIRECT,
    TRANSPORT_HOME_ASSISTANT,
)
from ..own_certificate import own_certificate
from ..pki.service import CertificateService
from .broker_form import (
    ADVANCED_SCHEMA,
    async_find_problem,
    broker_settings,
    data_from_form,
    direct_schema,
    form_from_data,
)
from .forms import SECTION_SECURITY, ServiceFlow, address

__all__ = ["MqttBrokerFlow", "broker_settings", "home_assistant_subentry"]

HOME_ASSISTANT_TITLE: Final = "Home Assistant's MQTT"
MQTT_TIMEOUT: Final = 10  # seconds


class MqttBrokerFlow(ServiceFlow):
    """Adds a broker, or changes one. A direct connection is tried out before it is saved."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which way to connect."""
        return self.async_show_menu(
            menu_options=[TRANSPORT_DIRECT, TRANSPORT_HOME_ASSISTANT]
        )

    async def async_step_direct(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a connection of our own."""
        if user_input is None:
            return self._direct_form(None)
        return await self._async_try(user_input)

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
                ADVANCED_SCHEMA, user_input
            ),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a connection; whether it is direct stays."""
        self._changed = self._get_reconfigure_subentry()
        if self._changed.data[CONF_TRANSPORT] == TRANSPORT_HOME_ASSISTANT:
            return await self.async_step_reconfigure_home_assistant()
        if user_input is None:
            return self._direct_form(form_from_data(self._changed.data))
        return await self._async_try(user_input)

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
                ADVANCED_SCHEMA, subentry.data
            ),
        )

    @callback
    def _direct_form(
        self,
        shown: Mapping[str, Any] | None,
        errors: dict[str, str] | None = None,
        reason: str = "",
    ) -> SubentryFlowResult:
        uses_tls = shown is not None and shown[SECTION_SECURITY][CONF_TLS]
        schema = direct_schema(tls_open=uses_tls or SECTION_SECURITY in (errors or {}))
        return self.async_show_form(
            step_id="direct" if self._changed is None else "reconfigure",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def _async_try(self, form: dict[str, Any]) -> SubentryFlowResult:
        """Save what was filled in if it leads to a broker, else say what is wrong with it."""
        previous = None if self._changed is None else self._changed.data
        data = data_from_form(form, previous)
        unique_id = address(data)
        self._abort_if_taken(unique_id)
        if data[CONF_TLS] and form[SECTION_SECURITY].get(CONF_OWN_CERTIFICATE):
            if (service := self._authority()) is None:
                return self._direct_form(form, {SECTION_SECURITY: "no_authority"})
            data |= await own_certificate(service, previous)
        if problem := await async_find_problem(self.hass, data):
            return self._direct_form(form, {problem.field: problem.key}, problem.reason)
        return self._save(data, unique_id, _direct_title)

    def _authority(self) -> CertificateService | None:
        # Nothing is signed while the hub is not loaded.
        entry = self._get_entry()
        runtime = getattr(entry, "runtime_data", None)
        link = runtime.authority if runtime else None
        return link.service if link else None


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


def _direct_title(data: Mapping[str, Any]) -> str:
    return f"MQTT broker at {address(data)}"


async def _async_mqtt_is_connected(hass: HomeAssistant) -> bool:
    try:
        async with asyncio.timeout(MQTT_TIMEOUT):
            return await mqtt.async_wait_for_mqtt_client(hass) and mqtt.is_connected(
                hass
            )
    except TimeoutError:
        return False

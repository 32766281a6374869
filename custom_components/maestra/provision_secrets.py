"""What devices are given in secret, kept with the hub's other secrets and not in the file of what is known."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from .bus import Unsubscribe
from .const import CONF_ENV_VARS
from .domain import Domain
from .domain.events import ProvisionChanged

if TYPE_CHECKING:
    from .runtime import MaestraConfigEntry


class ProvisionSecrets:
    """The `env_vars` of devices, in the entry's data by device id."""

    def __init__(
        self, hass: HomeAssistant, entry: MaestraConfigEntry, domain: Domain
    ) -> None:
        """Touch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._provisioning = domain.provisioning
        self._bus = domain.bus

    @callback
    def load(self) -> None:
        """Give the devices that are known what they were given before."""
        for device_id, env_vars in self._entry.data.get(CONF_ENV_VARS, {}).items():
            self._provisioning.restore_env_vars(device_id, env_vars)

    @callback
    def start(self) -> Unsubscribe:
        """Save from now on, until the returned function is called."""
        return self._bus.subscribe(ProvisionChanged, self._save)

    @callback
    def _save(self, _event: ProvisionChanged) -> None:
        given = {
            provision.device_id: provision.env_vars
            for provision in self._provisioning
            if provision.env_vars
        }
        if given != self._entry.data.get(CONF_ENV_VARS, {}):
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_ENV_VARS: given}
            )

"""Saving the domain in Home Assistant's storage, and what devices are given in secret in the entry's data."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.storage import Store

from ...const import CONF_CLAIM_KEY, CONF_ENV_VARS, DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain import Domain
from ...core.domain.events import (
    CollectionChanged,
    ConfigurationApplied,
    ConfigurationPushed,
    DeviceAdded,
    DeviceDiscovered,
    DeviceRemoved,
    DeviceStatusChanged,
    DeviceUnblocked,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityTypeChanged,
    EntityTypeRemoved,
    EntityUpdated,
    GroupChanged,
    GroupRemoved,
    MetricReported,
    ProvisionChanged,
    StateChanged,
    StreamTypeAdded,
)
from ...core.domain.snapshot import restore, state_snapshot, structure_snapshot

STORAGE_VERSION: Final = 1
STRUCTURE_KEY: Final = f"{DOMAIN}.structure"
STATES_KEY: Final = f"{DOMAIN}.states"
STRUCTURE_DELAY: Final = 5  # seconds
SAVE_INTERVAL: Final = timedelta(seconds=60)
STRUCTURE_EVENTS: Final = (
    CollectionChanged,
    ConfigurationApplied,
    ConfigurationPushed,
    DeviceAdded,
    DeviceDiscovered,
    DeviceRemoved,
    DeviceUnblocked,
    DeviceUpdated,
    EntityCreated,
    EntityDeleted,
    EntityTypeChanged,
    EntityTypeRemoved,
    EntityUpdated,
    GroupChanged,
    GroupRemoved,
    ProvisionChanged,
    StreamTypeAdded,
)
# What devices do all the time: it waits for the next save.
DEVICE_EVENTS: Final = (DeviceStatusChanged, MetricReported)


class ProvisionSecrets:
    """The `env_vars` of devices by their id, and the key of claiming codes, in the entry's data."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], domain: Domain
    ) -> None:
        """Touch nothing yet."""
        self._hass = hass
        self._entry = entry
        self._provisioning = domain.provisioning
        self._bus = domain.bus

    @callback
    def load(self) -> None:
        """Give the devices that are known what they were given before."""
        if claim_key := self._entry.data.get(CONF_CLAIM_KEY):
            self._provisioning.claim_key = bytes.fromhex(claim_key)
        for device_id, env_vars in self._entry.data.get(CONF_ENV_VARS, {}).items():
            self._provisioning.restore_env_vars(device_id, env_vars)

    @callback
    def start(self) -> Unsubscribe:
        """Save from now on, until the returned function is called."""
        return together(
            self._bus.subscribe(ProvisionChanged, self._save),
            self._bus.subscribe(DeviceDiscovered, self._keep_claim_key),
        )

    @callback
    def _keep_claim_key(self, _event: DeviceDiscovered) -> None:
        if CONF_CLAIM_KEY not in self._entry.data:
            claim_key = self._provisioning.claim_key.hex()
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_CLAIM_KEY: claim_key}
            )

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


class Persistence:
    """Two files: the structure with the devices' latest values, saved soon after it changes, and the states, saved every minute.

    States of a running show change all the time: a delayed save would be put off for ever.
    """

    def __init__(self, hass: HomeAssistant, domain: Domain) -> None:
        """Touch nothing yet."""
        self._hass = hass
        self._domain = domain
        self._structure = _store(hass, STRUCTURE_KEY)
        self._states = _store(hass, STATES_KEY)
        self._structure_is_dirty = False
        self._states_are_dirty = False
        self._devices_are_dirty = False
        self._cancel_structure_timer: Callable[[], None] | None = None

    async def async_load(self) -> None:
        """Fill the domain with what was saved."""
        if structure := await self._structure.async_load():
            restore(self._domain, structure, await self._states.async_load() or {})

    @callback
    def async_start(self) -> Callable[[], None]:
        """Save from now on whenever something changes, until the returned function is called."""
        bus = self._domain.bus
        return together(
            self._cancel_timer,
            *(bus.subscribe(kind, self._mark_structure) for kind in STRUCTURE_EVENTS),
            bus.subscribe(StateChanged, self._mark_states),
            *(bus.subscribe(kind, self._mark_devices) for kind in DEVICE_EVENTS),
            async_track_time_interval(
                self._hass, self._async_interval, SAVE_INTERVAL, cancel_on_shutdown=True
            ),
            self._hass.bus.async_listen(
                EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_save_all
            ),
        )

    async def async_save(self) -> None:
        """Save what has changed, now."""
        self._cancel_timer()
        if self._structure_is_dirty or self._devices_are_dirty:
            self._structure_is_dirty = self._devices_are_dirty = False
            await self._structure.async_save(structure_snapshot(self._domain))
        await self._async_save_states()

    async def _async_save_states(self) -> None:
        if self._states_are_dirty:
            self._states_are_dirty = False
            await self._states.async_save(state_snapshot(self._domain))

    def _mark_structure(self, _event: object) -> None:
        self._structure_is_dirty = self._states_are_dirty = True
        # Only the first mark starts the timer: a save is at most this late, however busy it gets.
        if self._cancel_structure_timer is None:
            self._cancel_structure_timer = async_call_later(
                self._hass, STRUCTURE_DELAY, self._async_structure_timer
            )

    def _mark_states(self, _event: StateChanged) -> None:
        self._states_are_dirty = True

    def _mark_devices(self, _event: object) -> None:
        self._devices_are_dirty = True

    def _cancel_timer(self) -> None:
        if self._cancel_structure_timer is not None:
            self._cancel_structure_timer()
            self._cancel_structure_timer = None

    async def _async_structure_timer(self, _now: datetime) -> None:
        self._cancel_structure_timer = None
        await self.async_save()

    async def _async_interval(self, _now: datetime) -> None:
        # What devices report changes as often, but stands in the large file: it waits for the next save of that.
        await self._async_save_states()

    async def _async_save_all(self, _event: Event) -> None:
        await self.async_save()


async def async_remove_storage(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    for key in (STRUCTURE_KEY, STATES_KEY):
        await _store(hass, key).async_remove()


def _store(hass: HomeAssistant, key: str) -> Store[dict[str, Any]]:
    # A snapshot shares nothing that changes: the JSON is made in a thread.
    return Store(
        hass, STORAGE_VERSION, key, private=True, serialize_in_event_loop=False
    )

"""Keeping the domain in Home Assistant's storage folder, and what devices are given in secret in the entry's data."""

from pathlib import Path
import shutil
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store

from ...const import CONF_CLAIM_KEY, CONF_ENV_VARS, DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain import Domain
from ...core.domain.events import DeviceDiscovered, ProvisionChanged
from ...core.domain.json_values import JsonObject, is_same
from ...core.journal.journal import JournalLimits, StateJournal
from ...hub.errors import phrase
from ...hub.issues import LEARN_MORE_URL, facts

STORAGE_VERSION: Final = 1
STRUCTURE_KEY: Final = f"{DOMAIN}.structure"
STATES_KEY: Final = f"{DOMAIN}.states"
JOURNAL_FOLDER: Final = ".storage/maestra_journal"
STATE_NOT_SAVED: Final = "state_not_saved"


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
        saved = self._entry.data.get(CONF_ENV_VARS, {})
        if is_same({**given}, saved):
            return
        # Home Assistant takes 1 for true, and would change nothing.
        steps: list[JsonObject] = [{}, {**given}] if given == saved else [{**given}]
        for env_vars in steps:
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_ENV_VARS: env_vars}
            )


class Persistence:
    """The journal of what changes, and the two files of its snapshots: the structure with the devices, and the states."""

    limits: ClassVar = JournalLimits()

    def __init__(self, hass: HomeAssistant, domain: Domain) -> None:
        """Touch nothing yet."""
        self._hass = hass
        self.journal = StateJournal(
            domain,
            _folder(hass),
            _Snapshots(hass),
            limits=self.limits,
            on_trouble=self._show_trouble,
        )

    async def async_load(self) -> None:
        """Fill the domain with what was saved; raises ConfigEntryNotReady where the disk can't be read."""
        try:
            await self.journal.load()
        except OSError as error:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN,
                translation_key="journal_unreadable",
                translation_placeholders={"reason": phrase(str(error))},
            ) from error

    @callback
    def async_start(self) -> Unsubscribe:
        """Write down from now on whatever changes. The returned function is for the end: `async_stop` comes before it."""
        self.journal.start()
        return self._hass.bus.async_listen(
            EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write
        )

    async def async_stop(self) -> None:
        """Write what is left."""
        await self.journal.close()
        self._show_trouble(None)

    async def _async_final_write(self, _event: Event) -> None:
        await self.journal.save()

    @callback
    def _show_trouble(self, error: BaseException | None) -> None:
        if error is None:
            ir.async_delete_issue(self._hass, DOMAIN, STATE_NOT_SAVED)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            STATE_NOT_SAVED,
            is_fixable=False,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.ERROR,
            translation_key=STATE_NOT_SAVED,
            translation_placeholders=facts(200, reason=str(error)),
        )


class _Snapshots:
    """The two files, as Home Assistant keeps them."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._structure = _store(hass, STRUCTURE_KEY)
        self._states = _store(hass, STATES_KEY)

    async def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        structure = await self._structure.async_load()
        states = await self._states.async_load()
        return structure or {}, states or {}

    async def save(self, structure: dict[str, Any], states: dict[str, Any]) -> None:
        await self._structure.async_save_now(structure)
        await self._states.async_save_now(states)


class _SnapshotStore(Store[dict[str, Any]]):
    """A file that says whether it was written: Home Assistant's logs what fails, and puts off what comes while it stops."""

    _is_written = False

    async def async_save_now(self, data: dict[str, Any]) -> None:
        """Write the file; raises OSError where it is not on the disk then."""
        self._is_written = False
        await self.async_save(data)
        if not self._is_written:
            raise OSError(f"{self.path} was not written")

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        await super()._async_write_data(data)
        self._is_written = True


async def async_remove_storage(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    for key in (STRUCTURE_KEY, STATES_KEY):
        await _store(hass, key).async_remove()
    await hass.async_add_executor_job(_remove_journal, _folder(hass))


def _remove_journal(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(JOURNAL_FOLDER))


def _store(hass: HomeAssistant, key: str) -> _SnapshotStore:
    # A snapshot shares nothing that changes: the JSON is made in a thread.
    return _SnapshotStore(
        hass,
        STORAGE_VERSION,
        key,
        private=True,
        atomic_writes=True,
        serialize_in_event_loop=False,
    )

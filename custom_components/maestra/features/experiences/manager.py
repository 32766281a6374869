"""Experiences in Home Assistant: their devices and entities, and what outlives a restart."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast, override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from ...const import DOMAIN
from ...core.bus import Unsubscribe, together
from ...core.domain.json_values import JsonObject
from ...core.experiences.clients import ExperienceClients
from ...core.experiences.events import (
    DeploymentFailed,
    ExperienceChanged,
    ExperienceDeployed,
    RolledBack,
)
from ...core.experiences.experience import Experience
from ...core.experiences.experiences import Experiences
from ...hub.hub import Hub
from ...hub.manager import Manager
from ...hub.saver import Saver, SnapshotStore, snapshot_store
from .entities import MaestraExperienceEvent
from .presentation import (
    DEPLOYED,
    EVENT,
    EXPERIENCE_PRESENTATIONS,
    FAILED,
    MAX_FAILURES,
    ROLLED_BACK,
)
from .surroundings import HubSurroundings

STORAGE_VERSION: Final = 1
STORAGE_KEY: Final = f"{DOMAIN}.experiences"


class ExperiencesManager(Manager):
    """Shows experiences, and what becomes of their deployments."""

    experiences: Experiences

    def __init__(self, hub: Hub) -> None:
        """Deploy nothing yet."""
        self._hub = hub
        self._bus = hub.domain.bus
        self._saver = Saver(
            hub.hass, hub.entry, _store(hub.hass), lambda: self.experiences.snapshot()
        )
        self._names: dict[str, str] = {}
        self._saved: dict[str, Any] = {}

    @override
    async def async_load(self) -> None:
        """Bring back the experiences, and how far each is deployed."""
        self._saved = await self._saver.async_load()

    @override
    @callback
    def start(self) -> Unsubscribe:
        """Show experiences, and hear what devices say, until the returned function is called."""
        bus = self._bus
        self.experiences = Experiences(self._hub.domain, HubSurroundings(self._hub))
        stop = together(
            self.experiences.start(),
            self._hub.provide(ExperienceClients, ExperienceClients(self.experiences)),
            self._saver.start(),
            bus.subscribe(ExperienceChanged, self._changed),
            bus.subscribe(ExperienceDeployed, self._deployed),
            bus.subscribe(DeploymentFailed, self._failed),
            bus.subscribe(RolledBack, self._rolled_back),
        )
        self.experiences.restore(self._saved)
        self._saved = {}
        for experience in self.experiences:
            self._show(experience)
        return stop

    @override
    async def async_started(self) -> None:
        """Wait on for what devices had not said before the restart, now that they can."""
        self.experiences.resume()

    @override
    async def async_save(self) -> None:
        """Save what has changed."""
        await self._saver.async_save()

    @override
    async def async_stop(self) -> None:
        """Leave no task behind."""
        await self._saver.async_stop()

    @property
    @override
    def owners(self) -> Iterable[str]:
        """The ids of the experiences, which are those of their devices."""
        return [experience.id for experience in self.experiences]

    @override
    def diagnostics(self) -> Mapping[str, Any]:
        """Return how far experiences are; nothing of what they have."""
        return {
            "experiences": {
                experience.id: self._described(experience)
                for experience in self.experiences
            }
        }

    @override
    def device_diagnostics(self, owner_id: str) -> Mapping[str, Any] | None:
        """Return how far an experience is."""
        if (experience := self.experiences.get(owner_id)) is None:
            return None
        return {"experience": self._described(experience)}

    def _described(self, experience: Experience) -> JsonObject:
        deployments = self.experiences.deployments(experience.id)
        return {
            "status": experience.status,
            "versions": [version.number for version in experience.versions],
            "cue_lists": len(experience.draft.cue_lists),
            "automations": len(experience.draft.automations),
            "configurations": len(experience.draft.configurations),
            "groups": len(experience.draft.groups),
            "deployments": [deployment.to_wire() for deployment in deployments],
        }

    # What happens to experiences.

    def _changed(self, event: ExperienceChanged) -> None:
        self._saver.soon()
        experience = event.experience
        if event.is_gone:
            self._names.pop(experience.id, None)
            self._hub.presenter.withdraw(experience.id)
            self._hub.devices.remove(experience.id)
        else:
            self._show(experience)

    def _show(self, experience: Experience) -> None:
        hub, id_ = self._hub, experience.id
        if self._names.get(id_) != experience.name:
            self._names[id_] = experience.name
            hub.devices.put(
                id_, name=experience.name, model="Experience", is_service=True
            )
            hub.presenter.show(
                id_, (self.experiences, experience), EXPERIENCE_PRESENTATIONS
            )
        hub.writer.mark_all(hub.presenter.of(id_))

    def _deployed(self, event: ExperienceDeployed) -> None:
        self._fire(event, DEPLOYED, {"devices": len(event.deployment.targets)})

    def _failed(self, event: DeploymentFailed) -> None:
        failures = [
            {"name": name, "reason": reason}
            for name, reason in event.deployment.failures[:MAX_FAILURES]
        ]
        self._fire(event, FAILED, {"failures": failures})

    def _rolled_back(self, event: RolledBack) -> None:
        self._fire(event, ROLLED_BACK, {})

    def _fire(
        self,
        event: ExperienceDeployed | DeploymentFailed | RolledBack,
        kind: str,
        attributes: Mapping[str, Any],
    ) -> None:
        entity = self._hub.presenter.find(event.experience.id, Platform.EVENT, EVENT)
        if entity is not None:
            cast(MaestraExperienceEvent, entity).fire(
                kind, {"version": event.deployment.version, **attributes}
            )


async def async_remove_experiences(hass: HomeAssistant) -> None:
    """Delete what was saved."""
    await _store(hass).async_remove()


def _store(hass: HomeAssistant) -> SnapshotStore:
    return snapshot_store(hass, STORAGE_VERSION, STORAGE_KEY)

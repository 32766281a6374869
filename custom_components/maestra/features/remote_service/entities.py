"""Entities of processes: whether they run, and a button that restarts them."""

from typing import Any, override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.components.switch import SwitchEntity
from homeassistant.const import Platform

from ...const import PROCESSES_SUFFIX
from ...core.domain.json_values import JsonObject
from ...core.remote_service.connection import ProcessAction
from ...core.remote_service.processes import Process, ProcessState
from ...entity import MaestraEntity
from ...hub.errors import translated
from ...hub.hub import Hub
from ...hub.presentation import Presentation
from .link import RemoteServiceLink


class MaestraProcessEntity(MaestraEntity):
    """Something about a process. `owner` has the link's id in it: the link behind that may be replaced."""

    def __init__(self, hub: Hub, owner: str, presentation: Presentation) -> None:
        """Name the entity by its process."""
        super().__init__(hub, owner, presentation)
        self._link_id = owner.removesuffix(PROCESSES_SUFFIX)
        self._process_id, name = presentation.shows
        self._attr_translation_key = presentation.kind
        self._attr_translation_placeholders = {"process": name}

    @property
    def _link(self) -> RemoteServiceLink | None:
        link = self._hub.links.get(self._link_id)
        return link if isinstance(link, RemoteServiceLink) and link.connected else None

    @property
    def _process(self) -> Process | None:
        link = self._link
        return link.gateway.processes.get(self._process_id) if link else None

    @property
    @override
    def available(self) -> bool:
        """Whether it is there."""
        return self._process is not None

    @translated
    async def _async_ask(self, action: ProcessAction) -> None:
        link, process = self._link, self._process
        if link is not None and process is not None:
            await link.gateway.ask(process, action)


class MaestraProcessSwitch(MaestraProcessEntity, SwitchEntity):
    """Whether a process runs."""

    platform_domain = Platform.SWITCH

    @property
    @override
    def is_on(self) -> bool | None:
        """Whether it does; None where its manager does not know."""
        process = self._process
        if process is None or process.state is ProcessState.UNKNOWN:
            return None
        return process.state is ProcessState.RUNNING

    @property
    @override
    def extra_state_attributes(self) -> JsonObject:
        """What its manager says."""
        process = self._process
        return {"process_state": process.state} if process else {}

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Start it."""
        await self._async_ask(ProcessAction.START)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop it."""
        await self._async_ask(ProcessAction.STOP)


class MaestraProcessRestart(MaestraProcessEntity, ButtonEntity):
    """Restarts a process."""

    platform_domain = Platform.BUTTON
    _attr_device_class = ButtonDeviceClass.RESTART

    @override
    async def async_press(self) -> None:
        """Restart it."""
        await self._async_ask(ProcessAction.RESTART)

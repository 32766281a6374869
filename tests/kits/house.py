"""A Maestra in Home Assistant: its actions, and what is said to it without any wire."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.maestra.const import DOMAIN
from custom_components.maestra.domain import Domain
from custom_components.maestra.domain.device import Device
from custom_components.maestra.domain.source import Source
from custom_components.maestra.domain.stream import Stream, StreamSession
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, label_registry as lr

CLIENT = Source("touchdesigner")
TURNS = 12
"""Turns of the loop over which new entities are added: one for each platform and some more."""


class House:
    """Acts as Home Assistant's users do, and lets clients and devices speak as if a gateway had heard them."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self._hass = hass
        self.entry = entry

    @property
    def domain(self) -> Domain:
        """What the gateways speak to. It is another one after each reload."""
        domain: Domain = self.entry.runtime_data.domain
        return domain

    async def settled(self) -> None:
        """Wait until Home Assistant shows everything."""
        for _ in range(TURNS):
            await self._hass.async_block_till_done()

    async def act(
        self, action: str, context: Context | None = None, **data: Any
    ) -> None:
        """Run an action, and wait until Home Assistant shows what came of it."""
        await self._hass.services.async_call(
            DOMAIN, action, data, blocking=True, context=context
        )
        await self.settled()

    async def ask(self, action: str, **data: Any) -> Any:
        """Run an action that answers; returns the answer."""
        answer = await self._hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        await self.settled()
        return answer

    async def state(self, slug: str) -> Any:
        """Return an entity's state."""
        return (await self.ask("get_state", slug=slug))[slug]["state"]

    async def light(self, slug: str, **data: Any) -> str:
        """Create a light; returns the id of its Home Assistant device."""
        await self.act(
            "create_entity", name=slug, slug=slug, entity_type="light", **data
        )
        return self.device_id(self.domain.entities[slug].id)

    async def registers(self, hardware_id: str, **data: Any) -> Device:
        """Let a device register itself."""
        described = {"name": hardware_id, "device_type": "esp32", **data}
        device = self.domain.devices.register({"hardware_id": hardware_id, **described})
        await self.settled()
        return device

    async def discovers(self, hardware_id: str, **data: Any) -> Device:
        """Let a device ask to be let in."""
        described = {"name": hardware_id, "device_type": "esp32", **data}
        device = self.domain.devices.discover({"hardware_id": hardware_id, **described})
        await self.settled()
        return device

    async def hears(self, slug: str, **state: Any) -> None:
        """Let a client change an entity's state."""
        self.domain.entities.report(slug, state, source=CLIENT)
        await self.settled()

    async def beats(self, hardware_id: str, status: str = "online") -> None:
        """Let a device send its heartbeat."""
        self.domain.devices.heartbeat(hardware_id, status=status)
        await self.settled()

    async def advertises(self, name: str, **data: Any) -> Stream:
        """Let a client advertise a stream, or renew it."""
        described = {
            "publisher_id": "td-1",
            "stream_type": "video",
            "protocol": "srt",
            "address": "192.0.2.30",
            "port": 9000,
            **data,
        }
        stream = self.domain.streams.advertise(
            {"name": name, **described}, source=CLIENT
        )
        await self.settled()
        return stream

    async def withdraws(self, stream: Stream) -> None:
        """Let a client withdraw its stream."""
        self.domain.streams.withdraw(stream.id, source=CLIENT)
        await self.settled()

    async def requests(self, stream: Stream, consumer: str = "screen") -> StreamSession:
        """Let a client request a stream."""
        session = await self.domain.streams.request(
            stream.id,
            {"consumer_id": consumer, "consumer_address": "192.0.2.40"},
            source=CLIENT,
        )
        await self.settled()
        return session

    def told[E](self, kind: type[E]) -> list[E]:
        """Return a list that fills with what the gateways are told from now on."""
        heard: list[E] = []
        self.domain.bus.subscribe(kind, heard.append)
        return heard

    def device_id(self, key: str) -> str:
        """Return the id of the Home Assistant device of a Maestra id."""
        return dr.async_get_device_id_by_identifier(
            self._hass, (DOMAIN, key), config_entry_id=self.entry.entry_id
        )

    def device(self, device_id: str | None) -> dr.DeviceEntry:
        """Return a Home Assistant device."""
        device = dr.async_get(self._hass).async_get(device_id or "")
        assert isinstance(device, dr.DeviceEntry)
        return device

    def label_id(self, name: str) -> str:
        """Return the id of a label."""
        label = lr.async_get(self._hass).async_get_label_by_name(name)
        assert label
        return label.label_id

    def shown(self, entity_id: str) -> State:
        """Return what Home Assistant shows of an entity."""
        state = self._hass.states.get(entity_id)
        assert state
        return state

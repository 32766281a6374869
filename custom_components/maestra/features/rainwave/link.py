"""The running look at one station, and what it tells productions."""

import asyncio
from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ...const import CONF_ENABLED, CONF_PRODUCTION, CONF_STATION
from ...core.bus import Unsubscribe
from ...core.domain.clock import utcnow
from ...core.domain.json_values import JsonObject
from ...core.production.events import StreamReported
from ...core.production.stream_events import read_event
from ...core.rainwave.connection import RainwaveConnection
from ...core.rainwave.stations import NAMES, Playing, Station
from ...hub.hub import Hub
from ...hub.link import ServiceLink
from .flow import rainwave_settings


class RainwaveLink(ServiceLink):
    """One station: songs are told to its production."""

    issue = "rainwave_unreachable"
    subject = "station"
    model = "Rainwave"
    is_gateway = False

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but look at nothing."""
        super().__init__(hub.hass, hub.entry, subentry, hub.links.changed)
        self._bus = hub.domain.bus
        self._links = hub.links
        self.gateway = RainwaveConnection(
            async_get_clientsession(hub.hass), rainwave_settings(subentry.data)
        )

    @property
    @override
    def connected(self) -> bool:
        """Whether it answers."""
        return self.gateway.connected

    @property
    def is_enabled(self) -> bool:
        """Whether it is looked at at all."""
        return bool(self.data.get(CONF_ENABLED, True))

    @callback
    def change(self, settings: Mapping[str, Any]) -> None:
        """Take over other settings: a link of them takes the place of this one."""
        station, now = self.gateway.settings.station, settings.get(CONF_STATION)
        if now is not None and now != station:
            playing = self.gateway.playing
            self._report(
                "station_changed",
                {
                    "station_id": Station(now).number,
                    "station_name": NAMES[Station(now)],
                    "previous_station_id": station.number,
                    "listening": playing.is_heard if playing else False,
                },
            )
        if (subentry := self._entry.subentries.get(self.id)) is not None:
            self._hass.config_entries.async_update_subentry(
                self._entry, subentry, data={**subentry.data, **settings}
            )

    @property
    def song(self) -> str | None:
        """What is played, as people say it."""
        playing = self.gateway.playing
        if playing is None:
            return None
        return " - ".join(filter(None, (playing.artist, playing.title)))[:255]

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self.gateway.on_connection(self._connection_changed),
            self.gateway.on_change(self._changed),
        ]

    @override
    async def _serve(self) -> None:
        if not self.is_enabled:
            # Nobody misses it.
            self._heal()
            await asyncio.get_running_loop().create_future()
        await self.gateway.run()

    def _changed(self, before: Playing | None, now: Playing) -> None:
        self._links.changed(self)
        if before is None or before.song_id != now.song_id:
            self._tell("song_changed", now)
        was_heard = before is not None and before.is_heard
        if was_heard != now.is_heard:
            verb = "started" if now.is_heard else "stopped"
            self._tell(f"listening_{verb}", now)

    def _tell(self, kind: str, playing: Playing) -> None:
        self._report(kind, playing.fields(self.gateway.settings.station))

    def _report(self, kind: str, fields: JsonObject) -> None:
        raw = {"type": f"rainwave.{kind}", "source_id": self.id, **fields}
        event = read_event(raw, utcnow())
        self._bus.publish(StreamReported(event, self.data[CONF_PRODUCTION]))

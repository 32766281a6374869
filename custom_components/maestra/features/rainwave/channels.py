"""A station of Rainwave for clients of Phoenix channels: what it plays, and the commands that they know (stream-production.md §3)."""

from ...const import CONF_ENABLED, CONF_STATION
from ...core.domain.errors import InvalidField
from ...core.domain.json_values import JsonObject, JsonValue
from ...core.phoenix.channels import Channel, PhoenixParts
from ...core.phoenix.errors import NotAvailable
from ...core.rainwave.stations import NAMES, Station
from ...hub.hub import Hub
from .link import RainwaveLink


def rainwave_parts(hub: Hub) -> PhoenixParts:
    """Return what clients find of the first station: their topics name none."""

    def station() -> RainwaveLink:
        if (found := hub.links.first(RainwaveLink)) is None:
            raise NotAvailable(what="Rainwave")
        return found

    def status(_topic: str, _payload: JsonObject) -> JsonValue:
        link = station()
        playing, which = link.gateway.playing, link.gateway.settings.station
        return {
            "enabled": link.is_enabled,
            "connected": link.connected,
            "station_id": which.number,
            "station_name": NAMES[which],
            "current_song": playing.fields(which) if playing else None,
            "listening": playing.is_heard if playing else False,
            "stations": [{"id": each.number, "name": NAMES[each]} for each in Station],
        }

    def set_enabled(_topic: str, payload: JsonObject) -> JsonValue:
        wanted = payload.get("enabled")
        if not isinstance(wanted, bool):
            raise InvalidField(field="enabled", reason="must be true or false")
        station().change({CONF_ENABLED: wanted})
        return {"enabled": wanted}

    def set_station(_topic: str, payload: JsonObject) -> JsonValue:
        number = payload.get("station_id")
        found = next((each for each in Station if each.number == number), None)
        if found is None or isinstance(number, bool):
            raise InvalidField(
                field="station_id", reason=f"must be 1 to {len(Station)}"
            )
        station().change({CONF_STATION: found})
        return {"station_id": found.number, "station_name": NAMES[found]}

    return PhoenixParts(
        channels=(
            Channel(
                fits=lambda topic: topic.startswith("dashboard:"),
                commands={
                    "rainwave:get_status": status,
                    "rainwave:set_enabled": set_enabled,
                    "rainwave:set_station": set_station,
                },
            ),
            Channel(
                fits=lambda topic: topic.startswith("overlay:"),
                commands={"rainwave:status": status},
            ),
        )
    )

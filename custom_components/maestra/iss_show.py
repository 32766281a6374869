"""From the telemetry of the ISS to Home Assistant's devices and entities."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from homeassistant.const import Platform
from homeassistant.core import callback

from .bus import Unsubscribe, together
from .const import (
    CONF_CHANNELS,
    CONF_MIN_INTERVAL,
    CONF_POSITION,
    DEFAULT_MIN_INTERVAL,
    ISS_PREFIX,
)
from .domain.telemetry import ReadingTaken, SignalChanged
from .iss_link import IssLink
from .iss_throttle import Throttle
from .presentation import Kind, Presentation
from .sources.iss.catalogue import CATALOGUE, STATE_VECTOR, TEAMS

if TYPE_CHECKING:
    from .entity import MaestraBaseEntity
    from .link import Link
    from .runtime import MaestraRuntime

STATION: Final = "International Space Station"
POSITION: Final = "position"
POSITION_SENSORS: Final = ("latitude", "longitude", "altitude", "velocity", "track")
POSITION_PRESENTATIONS: Final = (
    Presentation(
        platform=Platform.DEVICE_TRACKER,
        kind=Kind.ISS_POSITION,
        key=POSITION,
        channels=STATE_VECTOR,
        is_main=True,
    ),
    *(
        Presentation(
            platform=Platform.SENSOR,
            kind=Kind.ISS_POSITION,
            key=key,
            channels=STATE_VECTOR,
        )
        for key in POSITION_SENSORS
    ),
)


class IssUnit(NamedTuple):
    """What a device of the ISS stands for: a team's channels on a link, or its position."""

    link_id: str
    part: str

    @property
    def id(self) -> str:
        """What names its device."""
        return f"{ISS_PREFIX}{self.link_id}:{self.part.lower()}"


class IssShow:
    """The feeds, and the devices of what they bring: one a discipline."""

    def __init__(self, runtime: MaestraRuntime) -> None:
        """Show nothing yet."""
        self.links: dict[str, IssLink] = {}
        self._runtime = runtime
        self._throttle = Throttle(runtime.writer)
        self._shown: dict[str, IssUnit] = {}
        # What shows a channel, and how often at most.
        self._showing: dict[str, tuple[tuple[MaestraBaseEntity, float], ...]] = {}

    @property
    def owners(self) -> list[str]:
        """The identifiers of the devices that are shown."""
        return list(self._shown)

    def link_of(self, owner_id: str) -> IssLink | None:
        """Return the feed behind a device that is shown, if it runs."""
        unit = self._shown.get(owner_id)
        return self.links.get(unit.link_id) if unit else None

    @callback
    def start(self) -> Unsubscribe:
        """Follow what the feeds bring until the returned function is called."""
        bus = self._runtime.domain.bus
        return together(
            self._throttle.stop,
            bus.subscribe(ReadingTaken, self._taken),
            bus.subscribe(SignalChanged, self._signal_changed),
        )

    @callback
    def apply(self) -> None:
        """Show exactly what is asked for."""
        self._throttle.stop()
        before, self._shown = self._shown, {}
        showing: defaultdict[str, list[tuple[MaestraBaseEntity, float]]] = defaultdict(
            list
        )
        for link in self.links.values():
            interval = link.data.get(CONF_MIN_INTERVAL, DEFAULT_MIN_INTERVAL)
            for unit, name, presentations in _units(link):
                self._shown[unit.id] = unit
                self._put(link, unit, name, presentations)
                for entity in self._runtime.presenter.of(unit.id):
                    for channel in entity.presentation.channels:
                        showing[channel].append((entity, interval))
        self._showing = {channel: tuple(found) for channel, found in showing.items()}
        for owner_id in before.keys() - self._shown.keys():
            self._runtime.presenter.withdraw(owner_id)
            self._runtime.devices.remove(owner_id)

    @callback
    def link_changed(self, link: Link) -> None:
        """Write how the connection is. What is heard over it goes with the signal."""
        for entity in self._runtime.presenter.of(link.id):
            self._runtime.writer.write_now(entity)

    def _put(
        self,
        link: IssLink,
        unit: IssUnit,
        name: str,
        presentations: tuple[Presentation, ...],
    ) -> None:
        self._runtime.devices.put_iss(unit.id, link, name)
        self._runtime.presenter.show(
            unit.id, unit, presentations, subentry_id=link.subentry_id
        )

    def _taken(self, reading: ReadingTaken) -> None:
        for entity, interval in self._showing.get(reading.channel, ()):
            self._throttle.mark(entity, interval)

    def _signal_changed(self, event: SignalChanged) -> None:
        presenter, writer = self._runtime.presenter, self._runtime.writer
        writer.mark_all(presenter.of(event.gateway))
        for owner_id, unit in self._shown.items():
            if unit.link_id == event.gateway:
                writer.mark_all(presenter.of(owner_id))


def _units(link: IssLink) -> list[tuple[IssUnit, str, tuple[Presentation, ...]]]:
    data: Any = link.data
    wanted = [CATALOGUE[key] for key in data[CONF_CHANNELS] if key in CATALOGUE]
    units = [
        (
            IssUnit(link.id, team),
            f"ISS {name[:1].lower()}{name[1:]}",
            tuple(
                Presentation(
                    platform=Platform.SENSOR,
                    kind=Kind.ISS_CHANNEL,
                    key=channel.id,
                    channels=(channel.id,),
                )
                for channel in wanted
                if channel.team == team
            ),
        )
        for team, name in TEAMS.items()
    ]
    if data[CONF_POSITION]:
        units.append((IssUnit(link.id, POSITION), STATION, POSITION_PRESENTATIONS))
    return [unit for unit in units if unit[2]]

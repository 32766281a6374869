"""Everything that Maestra knows, in one object."""

from collections.abc import Callable

from ..bus import Bus
from .blocking import Blocklist
from .collection import Collection
from .commands import SubjectCommands
from .configurations import DeviceConfigurations
from .devices import Devices
from .entities import Entities, EntityRules
from .entity_types import EntityTypes
from .groups import DeviceGroups
from .journal import Journal
from .newcomers import Newcomers
from .provisioning import Provisioning
from .streams import Streams

type LiveHandler = Callable[[bytes, str], None]
"""Gets the latest of something in the form of its dialect, and the id of the connection that it came over."""


class Domain:
    """The entity types, entities, devices, groups, configurations and streams, on one bus."""

    def __init__(self, bus: Bus, rules: EntityRules | None = None) -> None:
        """Start with the built-in entity types and nothing else."""
        self.bus = bus
        self.types = EntityTypes(bus)
        self.newcomers = Newcomers(bus)
        blocked = Blocklist(bus)
        self.entities = Entities(
            bus,
            self.types,
            rules or EntityRules(),
            self.newcomers,
            blocked=blocked,
        )
        self.devices = Devices(bus, self.newcomers, blocked=blocked)
        self.provisioning = Provisioning(bus, self.devices, self.entities)
        self.groups = DeviceGroups(bus)
        self.configurations = DeviceConfigurations(bus)
        self.collection = Collection(bus)
        self.streams = Streams(bus, self.newcomers, blocked=blocked)
        self.commands = SubjectCommands()
        self.live: dict[str, LiveHandler] = {}
        """Who takes, by dialect, the latest of what another one stores."""
        self.store_journal: Journal | None = None
        """What makes rows durable of what is published on the bus, if anything does."""
        self.state_journal: Journal | None = None
        """What makes this domain durable, if anything does; it asks the store's journal first."""

    @property
    def journal(self) -> Journal | None:
        """What makes durable all that a message changes, None where nothing does."""
        return self.state_journal or self.store_journal

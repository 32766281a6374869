"""Everything that Maestra knows, in one object."""

from ..bus import Bus
from .configurations import DeviceConfigurations
from .devices import Devices
from .entities import Entities
from .entity_types import EntityTypes
from .groups import DeviceGroups
from .journal import Journal
from .rules import EntityRules


class Domain:
    """The entity types, entities, devices, groups and configurations, on one bus."""

    def __init__(self, bus: Bus, rules: EntityRules | None = None) -> None:
        """Start with the built-in entity types and nothing else."""
        self.bus = bus
        self.types = EntityTypes()
        self.entities = Entities(bus, self.types, rules or EntityRules())
        self.devices = Devices(bus)
        self.groups = DeviceGroups(bus)
        self.configurations = DeviceConfigurations(bus)
        self.journal: Journal | None = None
        """What makes durable what is told on the bus, if anything does."""

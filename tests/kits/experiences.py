"""A house with devices, cue lists and automations, and experiences that are deployed to them."""

from collections.abc import Callable, Mapping
import json
from typing import Any

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.cues.cue_list import CueList
from custom_components.maestra.core.cues.cue_lists import CueLists
from custom_components.maestra.core.domain import Domain
from custom_components.maestra.core.domain.device import Device
from custom_components.maestra.core.domain.events import ConfigurationPushed
from custom_components.maestra.core.domain.json_values import JsonObject
from custom_components.maestra.core.experiences.deployment import DeploymentStatus
from custom_components.maestra.core.experiences.events import (
    DeploymentFailed,
    ExperienceDeployed,
    RolledBack,
)
from custom_components.maestra.core.experiences.experience import Content
from custom_components.maestra.core.experiences.experiences import Experiences


class House:
    """Cue lists and automations, as Home Assistant has them."""

    def __init__(self, domain: Domain) -> None:
        self.lists = CueLists(domain.bus, domain.entities)
        self.automations = {"automation.doors": False, "automation.rain": True}
        self.broken: dict[str, str] = {}
        self.turns: list[Callable[[], None]] = []

    def cue_list(self, key: str) -> JsonObject:
        return self.lists[key].cues.to_wire()

    def find_cue_list(self, name: str) -> JsonObject | None:
        found = self.lists.get(name)
        return found.cues.to_wire() if found else None

    def put_cue_list(self, cues: JsonObject) -> None:
        self.lists.put(CueList.from_wire(cues))

    def remove_cue_list(self, name: str) -> None:
        if self.lists.get(name):
            self.lists.remove(name)

    def is_on(self, name: str) -> bool | None:
        return self.automations.get(name)

    def turn(
        self, automations: Mapping[str, bool], done: Callable[[dict[str, str]], None]
    ) -> None:
        def turned() -> None:
            self.automations |= automations
            done(self.broken)

        self.turns.append(turned)

    def switches(self) -> None:
        """Let what was begun be done."""
        turns, self.turns = self.turns, []
        for turned in turns:
            turned()


class Theatre:
    """A house with three devices, two of them in a group."""

    def __init__(self) -> None:
        self.domain = Domain(Bus())
        self.devices = {name: self.device(name) for name in ("a", "b", "c")}
        self.domain.groups.put("stage", [self.id("a"), self.id("b")])
        self.house = House(self.domain)
        self.sent: list[tuple[str, int, JsonObject]] = []
        self.told: list[str] = []
        self.domain.bus.subscribe(ConfigurationPushed, self._sent)
        for kind in (ExperienceDeployed, DeploymentFailed, RolledBack):
            self.domain.bus.subscribe(kind, self._tell)
        self.begin()

    def begin(self, saved: str = "{}") -> None:
        """Begin with what was saved."""
        self.experiences = Experiences(self.domain, self.house)
        self.stop = self.experiences.start()
        self.experiences.restore(json.loads(saved))
        self.experiences.resume()

    def end(self) -> str:
        """End; returns what is saved."""
        self.stop()
        return json.dumps(self.experiences.snapshot())

    def device(self, name: str) -> Device:
        return self.domain.devices.register(
            {"hardware_id": name, "name": name, "device_type": "esp32"}
        )

    def id(self, name: str) -> str:
        return self.domain.devices[name].id

    def put(self, name: str = "Evening", **content: Any) -> None:
        self.experiences.put(name, Content.from_wire(content))

    def publishes(self, name: str = "Evening", **content: Any) -> None:
        self.put(name, **content)
        self.experiences.publish(name)

    def deploys(self, name: str = "Evening", **options: Any) -> None:
        self.experiences.deploy(name, **options)

    def applies(self, name: str, version: int) -> None:
        self.domain.configurations.applied(self.domain.devices[name], version)

    def refuses(self, name: str, version: int, reason: str = "too large") -> None:
        self.domain.configurations.refused(self.domain.devices[name], version, reason)

    def close(self) -> None:
        """End for good."""
        self.stop()
        self.house.lists.close()

    @property
    def statuses(self) -> dict[str, DeploymentStatus]:
        """How far the devices of the last deployment are, by hardware id."""
        deployment = self.experiences.last("Evening")
        assert deployment
        return {it.hardware_id: it.status for it in deployment.targets.values()}

    @property
    def status(self) -> DeploymentStatus:
        """How far the last deployment is."""
        deployment = self.experiences.last("Evening")
        assert deployment
        return deployment.status

    @property
    def reasons(self) -> list[tuple[str, str]]:
        deployment = self.experiences.last("Evening")
        assert deployment
        return deployment.failures

    def _sent(self, event: ConfigurationPushed) -> None:
        version = event.configuration
        self.sent.append(
            (event.device.hardware_id, version.version, version.configuration)
        )

    def _tell(self, event: object) -> None:
        self.told.append(type(event).__name__)

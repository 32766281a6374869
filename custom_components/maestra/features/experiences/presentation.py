"""What is shown of an experience, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...const import NONE
from ...core.domain.clock import wire_time
from ...core.domain.json_values import JsonObject
from ...core.domain.source import HOME_ASSISTANT
from ...core.experiences.deployment import DeploymentStatus
from ...core.experiences.experience import Experience, ExperienceStatus
from ...core.experiences.experiences import Experiences
from ...hub.presentation import Presentation

EXPERIENCE: Final = "experience"
VERSION: Final = "version"
EVENT: Final = "deployment_event"
DEPLOYED: Final = "deployed"
FAILED: Final = "failed"
ROLLED_BACK: Final = "rolled_back"
MAX_FAILURES: Final = 20
"""Of a deployment, in an attribute."""


@dataclass(frozen=True, kw_only=True)
class ExperienceButtonDescription(ButtonEntityDescription):
    """What a button does with an experience."""

    press_fn: Callable[[Experiences, str], object]


@dataclass(frozen=True, kw_only=True)
class ExperienceSensorDescription(SensorEntityDescription):
    """How something about an experience looks as a sensor."""

    device_class: SensorDeviceClass | None = SensorDeviceClass.ENUM
    options: list[str] | None = field(default_factory=list)
    value_fn: Callable[[Experiences, Experience], StateType]
    attributes_fn: Callable[[Experiences, Experience], JsonObject] = lambda *_: {}


def _deployment(experiences: Experiences, experience: Experience) -> str:
    last = experiences.last(experience.id)
    return last.status if last else NONE


def _devices(experiences: Experiences, experience: Experience) -> JsonObject:
    """Return how many devices are how far, and which failed."""
    if (last := experiences.last(experience.id)) is None:
        return {}
    return {
        "version": last.version,
        "deployed_at": wire_time(last.deployed_at),
        "devices": len(last.targets),
        **{status.value: last.count(status) for status in DeploymentStatus},
        "failures": [
            {"name": name, "reason": reason}
            for name, reason in last.failures[:MAX_FAILURES]
        ],
    }


EXPERIENCE_BUTTONS: Final[Mapping[str, ExperienceButtonDescription]] = {
    description.key: description
    for description in (
        ExperienceButtonDescription(
            key="deploy",
            press_fn=lambda experiences, id_: experiences.deploy(
                id_, deployed_by=HOME_ASSISTANT.name
            ),
        ),
        ExperienceButtonDescription(
            key="roll_back",
            press_fn=lambda experiences, id_: experiences.roll_back(id_),
        ),
    )
}
EXPERIENCE_SENSORS: Final[Mapping[str, ExperienceSensorDescription]] = {
    description.key: description
    for description in (
        ExperienceSensorDescription(
            key="experience_status",
            options=list(ExperienceStatus),
            value_fn=lambda _, experience: experience.status,
            attributes_fn=lambda _, experience: {"version": experience.number},
        ),
        ExperienceSensorDescription(
            key="deployment",
            options=[NONE, *DeploymentStatus],
            value_fn=_deployment,
            attributes_fn=_devices,
        ),
    )
}
EXPERIENCE_PRESENTATIONS: Final = (
    Presentation(platform=Platform.SELECT, kind=EXPERIENCE, key=VERSION),
    Presentation(platform=Platform.EVENT, kind=EXPERIENCE, key=EVENT),
    *(
        Presentation(platform=Platform.BUTTON, kind=EXPERIENCE, key=key)
        for key in EXPERIENCE_BUTTONS
    ),
    *(
        Presentation(platform=Platform.SENSOR, kind=EXPERIENCE, key=key)
        for key in EXPERIENCE_SENSORS
    ),
)

"""What is shown of a cue list, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.const import Platform
from homeassistant.helpers.typing import StateType

from ...const import NONE
from ...core.cues.player import CuePlayer
from ...core.domain.source import HOME_ASSISTANT
from ...hub.presentation import Presentation

CUE_LIST: Final = "cue_list"
CUE: Final = "cue"
RUNNING: Final = "running"
EVENT: Final = "cue_event"
STARTED: Final = "started"
ENDED: Final = "ended"
FAILED: Final = "failed"
PANIC: Final = "panic"
SCENE: Final = "scene"


@dataclass(frozen=True, kw_only=True)
class CueButtonDescription(ButtonEntityDescription):
    """What a button does with a list."""

    press_fn: Callable[[CuePlayer], object]


@dataclass(frozen=True, kw_only=True)
class CueSensorDescription(SensorEntityDescription):
    """How something about a list looks as a sensor."""

    value_fn: Callable[[CuePlayer], StateType | datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class CuePresentation(Presentation):
    """A cue as a scene."""

    number: str
    title: str


CUE_BUTTONS: Final[Mapping[str, CueButtonDescription]] = {
    description.key: description
    for description in (
        CueButtonDescription(key="go", press_fn=lambda player: player.go(HOME_ASSISTANT)),
        CueButtonDescription(key="back", press_fn=lambda player: player.back(HOME_ASSISTANT)),
        CueButtonDescription(key="stop", press_fn=lambda player: player.stop()),
        CueButtonDescription(key="panic", press_fn=lambda player: player.panic(HOME_ASSISTANT)),
    )
}  # fmt: skip
CUE_SENSORS: Final[Mapping[str, CueSensorDescription]] = {
    description.key: description
    for description in (
        CueSensorDescription(
            key="current_cue",
            value_fn=lambda player: player.current.title if player.current else NONE,
        ),
        CueSensorDescription(
            key="next_cue",
            value_fn=lambda player: player.next.title if player.next else NONE,
        ),
        CueSensorDescription(
            key="next_cue_due",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda player: player.due_at,
        ),
        CueSensorDescription(
            key="cue_started",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda player: player.started_at,
        ),
        CueSensorDescription(
            key="cue_complete",
            device_class=SensorDeviceClass.TIMESTAMP,
            value_fn=lambda player: player.ends_at,
        ),
    )
}


def presentations(player: CuePlayer) -> list[Presentation]:
    """Return what is shown of a list: itself, and each of its cues as a scene."""
    return [
        Presentation(platform=Platform.SELECT, kind=CUE_LIST, key=CUE),
        Presentation(platform=Platform.SWITCH, kind=CUE_LIST, key=RUNNING),
        Presentation(platform=Platform.EVENT, kind=CUE_LIST, key=EVENT),
        *(
            Presentation(platform=Platform.BUTTON, kind=CUE_LIST, key=key)
            for key in CUE_BUTTONS
        ),
        *(
            Presentation(platform=Platform.SENSOR, kind=CUE_LIST, key=key)
            for key in CUE_SENSORS
        ),
        *(
            CuePresentation(
                platform=Platform.SCENE,
                kind=CUE,
                key=f"{SCENE}_{cue.number}",
                number=cue.number,
                title=cue.title,
            )
            for cue in player.cues.cues
        ),
    ]

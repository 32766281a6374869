"""What is shown of an OBS, as data: what each entity reads of its state, and what it asks OBS for."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.select import SelectEntityDescription
from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    Platform,
    UnitOfDataRate,
    UnitOfInformation,
    UnitOfTime,
)
from homeassistant.helpers.typing import StateType

from ...core.domain.json_values import JsonObject
from ...core.obs.state import ObsState, Output, OutputState
from ...hub.link_sensors import CONNECTIVITY, LinkSensorDescription, link_sensors
from ...hub.presentation import Presentation

OBS: Final = "obs"
OBS_MUTE: Final = "obs_mute"
OBS_VOLUME: Final = "obs_volume"
OBS_ITEM: Final = "obs_item"
OBS_PAGE: Final = "obs_page"
MAX_SHOWN_ITEMS: Final = 100
"""Sources in scenes that have a switch: all can be shown and hidden by `maestra.obs_set_visibility`."""
TRANSITION_DURATION: Final = "transition_duration"

type Request = tuple[str, JsonObject | None]


@dataclass(frozen=True, kw_only=True)
class ObsSelectDescription(SelectEntityDescription):
    """A choice in OBS. Not available where `current_fn` says None."""

    options_fn: Callable[[ObsState], Sequence[str]]
    current_fn: Callable[[ObsState], str | None]
    request_fn: Callable[[str], Request]


@dataclass(frozen=True, kw_only=True)
class ObsSwitchDescription(SwitchEntityDescription):
    """Something in OBS that is on or off. Not available where `is_on_fn` says None."""

    is_on_fn: Callable[[ObsState], bool | None]
    turn_on: Request
    turn_off: Request


@dataclass(frozen=True, kw_only=True)
class ObsButtonDescription(ButtonEntityDescription):
    """Something that OBS can do."""

    request: Request
    is_available_fn: Callable[[ObsState], bool] = lambda state: True


def _scene(request: str) -> Callable[[str], Request]:
    return lambda option: (request, {"sceneName": option})


def _output(
    key: str, output: Output, name: str, category: EntityCategory | None = None
) -> ObsSwitchDescription:
    return ObsSwitchDescription(
        key=key,
        entity_category=category,
        is_on_fn=lambda state: state.is_on(output),
        turn_on=(f"Start{name}", None),
        turn_off=(f"Stop{name}", None),
    )


def _is_record_paused(state: ObsState) -> bool | None:
    if not state.is_on(Output.RECORD):
        return None
    return state.outputs[Output.RECORD] is OutputState.PAUSED


OBS_SELECTS: Final[Mapping[str, ObsSelectDescription]] = {
    description.key: description
    for description in (
        ObsSelectDescription(
            key="scene",
            options_fn=lambda state: state.scenes,
            current_fn=lambda state: state.program,
            request_fn=_scene("SetCurrentProgramScene"),
        ),
        ObsSelectDescription(
            key="preview",
            options_fn=lambda state: state.scenes,
            current_fn=lambda state: state.preview,
            request_fn=_scene("SetCurrentPreviewScene"),
        ),
        ObsSelectDescription(
            key="transition",
            entity_category=EntityCategory.CONFIG,
            options_fn=lambda state: state.transitions,
            current_fn=lambda state: state.transition,
            request_fn=lambda option: (
                "SetCurrentSceneTransition",
                {"transitionName": option},
            ),
        ),
    )
}
OBS_SWITCHES: Final[Mapping[str, ObsSwitchDescription]] = {
    description.key: description
    for description in (
        _output("stream", Output.STREAM, "Stream"),
        _output("record", Output.RECORD, "Record"),
        ObsSwitchDescription(
            key="record_paused",
            is_on_fn=_is_record_paused,
            turn_on=("PauseRecord", None),
            turn_off=("ResumeRecord", None),
        ),
        _output("replay_buffer", Output.REPLAY_BUFFER, "ReplayBuffer"),
        _output("virtual_camera", Output.VIRTUAL_CAMERA, "VirtualCam"),
        ObsSwitchDescription(
            key="studio_mode",
            is_on_fn=lambda state: state.is_studio_mode,
            turn_on=("SetStudioModeEnabled", {"studioModeEnabled": True}),
            turn_off=("SetStudioModeEnabled", {"studioModeEnabled": False}),
        ),
    )
}
OBS_BUTTONS: Final[Mapping[str, ObsButtonDescription]] = {
    description.key: description
    for description in (
        ObsButtonDescription(
            key="save_replay",
            request=("SaveReplayBuffer", None),
            is_available_fn=lambda state: bool(state.is_on(Output.REPLAY_BUFFER)),
        ),
        ObsButtonDescription(
            key="screenshot",
            # As by its hotkey: OBS chooses the name, and puts it where its recordings are.
            request=("TriggerHotkeyByName", {"hotkeyName": "OBSBasic.Screenshot"}),
        ),
        ObsButtonDescription(
            key="transit",
            request=("TriggerStudioModeTransition", None),
            is_available_fn=lambda state: state.is_studio_mode,
        ),
    )
}
PICTURE: Final = "picture"
RECONNECT: Final = "reconnect"


def _of_state(value_fn: Callable[[ObsState], Any]) -> Callable[[Any], StateType]:
    """Read the state of a link's OBS; nothing is known while it is away."""
    return lambda link: value_fn(link.gateway.state) if link.connected else None


def _figure(key: str, **described: Any) -> LinkSensorDescription:
    return LinkSensorDescription(
        key=f"obs_{key}",
        value_fn=_of_state(lambda state: getattr(state.figures, key)),
        **{"state_class": SensorStateClass.MEASUREMENT, **described},
    )


def _output_state(key: str, output: Output) -> LinkSensorDescription:
    return LinkSensorDescription(
        key=f"obs_{key}",
        device_class=SensorDeviceClass.ENUM,
        options=list(OutputState),
        entity_category=None,
        value_fn=_of_state(lambda state: state.outputs[output]),
    )


_DROPPED: Final = {"state_class": SensorStateClass.TOTAL_INCREASING}
_SECONDS: Final = {
    "device_class": SensorDeviceClass.DURATION,
    "native_unit_of_measurement": UnitOfTime.SECONDS,
    "entity_category": None,
    "suggested_display_precision": 0,
}
_MEGABYTES: Final = {
    "device_class": SensorDeviceClass.DATA_SIZE,
    "native_unit_of_measurement": UnitOfInformation.MEGABYTES,
    "suggested_display_precision": 0,
}
OBS_PRESENTATIONS: Final = (
    CONNECTIVITY,
    *(Presentation(platform=Platform.SELECT, kind=OBS, key=key) for key in OBS_SELECTS),
    *(
        Presentation(platform=Platform.SWITCH, kind=OBS, key=key)
        for key in OBS_SWITCHES
    ),
    *(
        Presentation(platform=Platform.BUTTON, kind=OBS, key=key)
        for key in (*OBS_BUTTONS, RECONNECT)
    ),
    Presentation(platform=Platform.NUMBER, kind=OBS, key=TRANSITION_DURATION),
    Presentation(platform=Platform.CAMERA, kind=OBS, key=PICTURE),
    *link_sensors(
        _output_state("stream", Output.STREAM),
        _output_state("record", Output.RECORD),
        _figure("stream_seconds", **_SECONDS),
        _figure("record_seconds", **_SECONDS),
        _figure(
            "bitrate",
            device_class=SensorDeviceClass.DATA_RATE,
            native_unit_of_measurement=UnitOfDataRate.KILOBITS_PER_SECOND,
            suggested_display_precision=0,
        ),
        _figure("network_dropped", **_DROPPED),
        _figure("output_dropped", **_DROPPED),
        _figure("render_dropped", **_DROPPED),
        _figure("fps", native_unit_of_measurement="fps", suggested_display_precision=1),
        _figure("cpu", native_unit_of_measurement=PERCENTAGE),
        _figure("memory", **_MEGABYTES),
        _figure("disk_free", **_MEGABYTES),
    ),
)


def audio_presentations(state: ObsState) -> Iterator[Presentation]:
    """Yield what is shown of inputs with sound, by their names."""
    for name in state.inputs:
        for platform, kind in (
            (Platform.SWITCH, OBS_MUTE),
            (Platform.NUMBER, OBS_VOLUME),
        ):
            yield Presentation(
                platform=platform, kind=kind, key=f"{kind}:{name}", shows=(name,)
            )


def scene_presentations(state: ObsState) -> Iterator[Presentation]:
    """Yield what is shown of sources: what is in scenes and groups, and web pages."""
    for scene, source, number in islice(_items(state), MAX_SHOWN_ITEMS):
        place = f"{len(scene)}:{scene}:{source}"
        yield Presentation(
            platform=Platform.SWITCH,
            kind=OBS_ITEM,
            key=f"{OBS_ITEM}:{place}"
            if number == 1
            else f"{OBS_ITEM}:{number}:{place}",
            shows=(scene, source, str(number)),
        )
    for name in state.pages:
        yield Presentation(
            platform=Platform.BUTTON,
            kind=OBS_PAGE,
            key=f"{OBS_PAGE}:{name}",
            shows=(name,),
        )


def _items(state: ObsState) -> Iterator[tuple[str, str, int]]:
    """Yield scene, source, and which of those of the same name it is, for all that is in scenes."""
    for scene, items in state.items.items():
        seen = Counter[str]()
        # Which is which does not change as they are moved.
        for _, item in sorted(items.items()):
            seen[item.source] += 1
            yield scene, item.source, seen[item.source]

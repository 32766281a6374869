"""What is known of one OBS: scenes and what is in them, outputs, inputs, statistics; read as a whole, and kept up to date by events."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from ..domain.json_values import JsonObject
from .protocol import ObsEvent, Response

MAX_NAMES: Final = 500
"""Scenes, inputs or transitions that are known."""
MAX_NAME_LENGTH: Final = 255
MAX_ITEMS: Final = 2_000
"""Sources in scenes that are known."""
MAX_IDLE: Final = 3
"""Times that an output which is said to start or stop may be seen doing nothing."""


class Output(StrEnum):
    """The outputs of OBS."""

    STREAM = "stream"
    RECORD = "record"
    REPLAY_BUFFER = "replay_buffer"
    VIRTUAL_CAMERA = "virtual_camera"


class OutputState(StrEnum):
    """What an output does. `outputActive` of events is not what it seems: it is false in between, and while paused."""

    STOPPED = "stopped"
    STARTING = "starting"
    STARTED = "started"
    PAUSED = "paused"
    RECONNECTING = "reconnecting"
    STOPPING = "stopping"


ON: Final = frozenset(
    {
        OutputState.STARTING,
        OutputState.STARTED,
        OutputState.PAUSED,
        OutputState.RECONNECTING,
    }
)
_STATES: Final[Mapping[str, OutputState]] = {
    "OBS_WEBSOCKET_OUTPUT_STARTING": OutputState.STARTING,
    "OBS_WEBSOCKET_OUTPUT_STARTED": OutputState.STARTED,
    "OBS_WEBSOCKET_OUTPUT_STOPPING": OutputState.STOPPING,
    "OBS_WEBSOCKET_OUTPUT_STOPPED": OutputState.STOPPED,
    "OBS_WEBSOCKET_OUTPUT_RECONNECTING": OutputState.RECONNECTING,
    "OBS_WEBSOCKET_OUTPUT_RECONNECTED": OutputState.STARTED,
    "OBS_WEBSOCKET_OUTPUT_PAUSED": OutputState.PAUSED,
    "OBS_WEBSOCKET_OUTPUT_RESUMED": OutputState.STARTED,
}
_OUTPUT_EVENTS: Final[Mapping[str, Output]] = {
    "StreamStateChanged": Output.STREAM,
    "RecordStateChanged": Output.RECORD,
    "ReplayBufferStateChanged": Output.REPLAY_BUFFER,
    "VirtualcamStateChanged": Output.VIRTUAL_CAMERA,
}
_STATUS_REQUESTS: Final[Mapping[str, Output]] = {
    "GetStreamStatus": Output.STREAM,
    "GetRecordStatus": Output.RECORD,
    "GetReplayBufferStatus": Output.REPLAY_BUFFER,
    "GetVirtualCamStatus": Output.VIRTUAL_CAMERA,
}
STATE_REQUESTS: Final = (
    "GetVersion",
    "GetSceneCollectionList",
    "GetSceneList",
    "GetStudioModeEnabled",
    "GetSceneTransitionList",
    "GetInputList",
    *_STATUS_REQUESTS,
    "GetStats",
)
"""What is asked for to know everything."""
FIGURE_REQUESTS: Final = ("GetStats", "GetStreamStatus", "GetRecordStatus")
"""What is asked for again and again: no event tells of it."""
BROWSER_SOURCE: Final = "browser_source"
RESYNC_EVENTS: Final = frozenset(
    {
        "CurrentSceneCollectionChanged",
        "SceneItemCreated",
        "SceneItemRemoved",
        "InputCreated",
        "InputRemoved",
        "InputNameChanged",
        "SceneNameChanged",
        "CurrentProfileChanged",
        "SceneTransitionListChanged",
        # Its duration is another one.
        "CurrentSceneTransitionChanged",
        # Which scene it prepares is told by no event.
        "StudioModeStateChanged",
    }
)
"""Events after which everything is read anew."""


@dataclass(slots=True)
class ObsInput:
    """A source of sound. `volume` is in dB, -100 for silence; None where it has none."""

    muted: bool | None = None
    volume: float | None = None


@dataclass(slots=True)
class ObsItem:
    """A source in a scene or in a group; the same source may be in it more than once."""

    source: str
    is_visible: bool
    is_group: bool = False


@dataclass(slots=True)
class ObsFigures:
    """Statistics: frames since the start of OBS (or of the stream), CPU in percent, memory and disk in megabytes."""

    fps: float | None = None
    cpu: float | None = None
    memory: float | None = None
    disk_free: float | None = None
    render_dropped: int | None = None
    output_dropped: int | None = None
    network_dropped: int | None = None
    congestion: float | None = None
    bitrate: float | None = None
    """Of the stream, in kbit/s: 0 while there is none, None until it was seen twice."""
    stream_seconds: float | None = None
    record_seconds: float | None = None


@dataclass(slots=True)
class ObsState:
    """One OBS. `on_change` is called when something of it is different."""

    on_change: Callable[[], None] = lambda: None
    version: str = ""
    collection: str = ""
    scenes: tuple[str, ...] = ()
    """From the top of OBS's list."""
    program: str | None = None
    preview: str | None = None
    """None while studio mode is off."""
    is_studio_mode: bool = False
    transitions: tuple[str, ...] = ()
    transition: str | None = None
    transition_duration: int | None = None
    """Milliseconds; None for one whose duration is fixed."""
    outputs: dict[Output, OutputState | None] = field(
        default_factory=lambda: dict.fromkeys(Output)
    )
    """None for what this OBS does not have."""
    inputs: dict[str, ObsInput] = field(default_factory=dict)
    pages: tuple[str, ...] = ()
    """Browser sources."""
    items: dict[str, dict[int, ObsItem]] = field(default_factory=dict)
    """What is in each scene and group, by OBS's number there; what is in front comes first."""
    figures: ObsFigures = field(default_factory=ObsFigures)
    _last_bytes: tuple[float, float] | None = None
    _idle: Counter[Output] = field(default_factory=Counter)

    def is_on(self, output: Output) -> bool | None:
        """Whether an output is on, or about to be; None for what this OBS does not have."""
        state = self.outputs[output]
        return None if state is None else state in ON

    def take_answers(self, answers: Iterable[Response]) -> None:
        """Take over the answers to `STATE_REQUESTS` or `FIGURE_REQUESTS`; what OBS refuses is not known."""
        for answer in answers:
            if output := _STATUS_REQUESTS.get(answer.request):
                self._take_status(output, answer)
            if answer.is_success and (read := _READ.get(answer.request)):
                read(self, answer.data)
        self.on_change()

    def take_inputs(self, answers: Iterable[tuple[str, Response]]) -> None:
        """Take over mute and volume of all inputs: of those that OBS refuses there is none, they have no sound."""
        inputs: dict[str, ObsInput] = {}
        for name, answer in answers:
            if answer.is_success and len(inputs) < MAX_NAMES:
                _take_sound(inputs.setdefault(name, ObsInput()), answer.data)
        self.inputs = inputs
        self.on_change()

    def take_items(self, items: dict[str, dict[int, ObsItem]]) -> None:
        """Take over what is in scenes and groups, by their names."""
        self.items = items
        self.on_change()

    def take_event(self, event: ObsEvent) -> None:
        """Take over what an event tells."""
        data = event.data
        if (output := _OUTPUT_EVENTS.get(event.type)) is not None:
            state = _STATES.get(str(data.get("outputState")))
            if state is None:
                return
            self.outputs[output] = state
            self._idle[output] = 0
            if output is Output.STREAM and state not in ON:
                self._last_bytes, self.figures.bitrate = None, 0.0
        elif (read := _EVENTS.get(event.type)) is not None:
            read(self, data)
        else:
            return
        self.on_change()

    def _take_status(self, output: Output, answer: Response) -> None:
        if not answer.is_success:
            self.outputs[output] = None
            return
        data = answer.data
        if not data.get("outputActive"):
            # While it starts or stops it says the same, and the event that comes next tells more. But a stream without a
            # server starts for ever.
            self._idle[output] += 1
            if (
                self.outputs[output] not in (OutputState.STARTING, OutputState.STOPPING)
                or self._idle[output] >= MAX_IDLE
            ):
                self.outputs[output] = OutputState.STOPPED
        elif data.get("outputReconnecting"):
            self.outputs[output] = OutputState.RECONNECTING
        elif data.get("outputPaused"):
            self.outputs[output] = OutputState.PAUSED
        elif self.outputs[output] is not OutputState.STOPPING:
            self.outputs[output] = OutputState.STARTED

    def _read_stream(self, data: JsonObject) -> None:
        figures = self.figures
        seconds = _number(data.get("outputDuration"), 0.001)
        sent = _number(data.get("outputBytes"))
        figures.stream_seconds = seconds
        figures.network_dropped = _count(data.get("outputSkippedFrames"))
        figures.congestion = _number(data.get("outputCongestion"))
        active = data.get("outputActive") and seconds is not None and sent is not None
        figures.bitrate = None if active else 0.0
        if active and self._last_bytes and seconds is not None and sent is not None:
            last_seconds, last_sent = self._last_bytes
            # A stream that begins anew counts from zero.
            if seconds > last_seconds and sent >= last_sent:
                kilobits = (sent - last_sent) * 8 / 1_000
                figures.bitrate = round(kilobits / (seconds - last_seconds), 1)
        self._last_bytes = (seconds or 0.0, sent or 0.0) if active else None

    def _read_record(self, data: JsonObject) -> None:
        self.figures.record_seconds = _number(data.get("outputDuration"), 0.001)

    def _read_stats(self, data: JsonObject) -> None:
        figures = self.figures
        figures.fps = _number(data.get("activeFps"), digits=2)
        figures.cpu = _number(data.get("cpuUsage"), digits=1)
        figures.memory = _number(data.get("memoryUsage"), digits=1)
        figures.disk_free = _number(data.get("availableDiskSpace"), digits=0)
        figures.render_dropped = _count(data.get("renderSkippedFrames"))
        figures.output_dropped = _count(data.get("outputSkippedFrames"))

    def _read_version(self, data: JsonObject) -> None:
        self.version = _text(data.get("obsVersion")) or ""

    def _read_collections(self, data: JsonObject) -> None:
        self.collection = _text(data.get("currentSceneCollectionName")) or ""

    def _read_scenes(self, data: JsonObject) -> None:
        self.scenes = _scene_names(data)
        if "currentProgramSceneName" in data:
            self.program = _text(data["currentProgramSceneName"])
        if "currentPreviewSceneName" in data:
            self.preview = _text(data["currentPreviewSceneName"])

    def _read_program(self, data: JsonObject) -> None:
        self.program = _text(data.get("sceneName"))

    def _read_preview(self, data: JsonObject) -> None:
        self.preview = _text(data.get("sceneName"))

    def _read_studio_mode(self, data: JsonObject) -> None:
        self.is_studio_mode = data.get("studioModeEnabled") is True
        if not self.is_studio_mode:
            self.preview = None

    def _read_transitions(self, data: JsonObject) -> None:
        self.transitions = _names(data.get("transitions"), "transitionName")
        self.transition = _text(data.get("currentSceneTransitionName"))

    def _read_transition(self, data: JsonObject) -> None:
        self.transition = _text(data.get("transitionName"))
        self.transition_duration = _count(data.get("transitionDuration"))

    def _read_duration(self, data: JsonObject) -> None:
        self.transition_duration = _count(data.get("transitionDuration"))

    def _read_current_transition(self, data: JsonObject) -> None:
        self.transition = _text(data.get("transitionName"))

    def _read_inputs(self, data: JsonObject) -> None:
        rows = data.get("inputs")
        pages = [
            row
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and row.get("inputKind") == BROWSER_SOURCE
        ]
        self.pages = _names(pages, "inputName")

    def _read_item(self, data: JsonObject) -> None:
        items = self.items.get(str(data.get("sceneName")), {})
        number, is_visible = data.get("sceneItemId"), data.get("sceneItemEnabled")
        if isinstance(number, int) and isinstance(is_visible, bool):
            if (item := items.get(number)) is not None:
                item.is_visible = is_visible

    def _read_sound(self, data: JsonObject) -> None:
        if (found := self.inputs.get(str(data.get("inputName")))) is not None:
            _take_sound(found, data)


type _Read = Callable[[ObsState, JsonObject], None]

_READ: Final[Mapping[str, _Read]] = {
    "GetVersion": ObsState._read_version,  # noqa: SLF001
    "GetSceneCollectionList": ObsState._read_collections,  # noqa: SLF001
    "GetSceneList": ObsState._read_scenes,  # noqa: SLF001
    "GetStudioModeEnabled": ObsState._read_studio_mode,  # noqa: SLF001
    "GetSceneTransitionList": ObsState._read_transitions,  # noqa: SLF001
    "GetCurrentSceneTransition": ObsState._read_transition,  # noqa: SLF001
    "GetInputList": ObsState._read_inputs,  # noqa: SLF001
    "GetStreamStatus": ObsState._read_stream,  # noqa: SLF001
    "GetRecordStatus": ObsState._read_record,  # noqa: SLF001
    "GetStats": ObsState._read_stats,  # noqa: SLF001
}
_EVENTS: Final[Mapping[str, _Read]] = {
    "CurrentProgramSceneChanged": ObsState._read_program,  # noqa: SLF001
    "CurrentPreviewSceneChanged": ObsState._read_preview,  # noqa: SLF001
    "SceneListChanged": ObsState._read_scenes,  # noqa: SLF001
    "StudioModeStateChanged": ObsState._read_studio_mode,  # noqa: SLF001
    "CurrentSceneTransitionChanged": ObsState._read_current_transition,  # noqa: SLF001
    "CurrentSceneTransitionDurationChanged": ObsState._read_duration,  # noqa: SLF001
    "SceneItemEnableStateChanged": ObsState._read_item,  # noqa: SLF001
    "InputMuteStateChanged": ObsState._read_sound,  # noqa: SLF001
    "InputVolumeChanged": ObsState._read_sound,  # noqa: SLF001
}


def input_names(answers: Iterable[Response]) -> tuple[str, ...]:
    """Return the names of all inputs, of those with sound and of the others."""
    for answer in answers:
        if answer.request == "GetInputList":
            return _names(answer.data.get("inputs"), "inputName")
    return ()


def scene_names(answers: Iterable[Response]) -> tuple[str, ...]:
    """Return the names of all scenes, as OBS lists them: from the top."""
    for answer in answers:
        if answer.request == "GetSceneList":
            return _scene_names(answer.data)
    return ()


def scene_items(answer: Response) -> dict[int, ObsItem]:
    """Return what is in a scene or a group, by its number there; what is in front comes first."""
    rows = answer.data.get("sceneItems")
    found: dict[int, ObsItem] = {}
    # OBS lists them from the back.
    for row in reversed(rows if isinstance(rows, list) else []):
        if not isinstance(row, dict) or (name := _text(row.get("sourceName"))) is None:
            continue
        number, is_visible = row.get("sceneItemId"), row.get("sceneItemEnabled")
        if isinstance(number, int) and isinstance(is_visible, bool):
            found[number] = ObsItem(name, is_visible, row.get("isGroup") is True)
    return found


def _take_sound(found: ObsInput, data: JsonObject) -> None:
    if isinstance(muted := data.get("inputMuted"), bool):
        found.muted = muted
    if (volume := _number(data.get("inputVolumeDb"), digits=1)) is not None:
        found.volume = max(volume, -100.0)


def _scene_names(data: JsonObject) -> tuple[str, ...]:
    # OBS lists them from the bottom.
    return tuple(reversed(_names(data.get("scenes"), "sceneName")))


def _names(value: Any, key: str) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else []
    names = (_text(row.get(key)) for row in rows if isinstance(row, dict))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_NAMES]


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value or len(value) > MAX_NAME_LENGTH:
        return None
    return value


def _number(value: Any, factor: float = 1, digits: int | None = None) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = value * factor
    return number if digits is None else round(number, digits)


def _count(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)

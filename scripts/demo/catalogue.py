"""What is on stage, as data: every entity of the demo show, parents first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

type Json = Any
type Variable = Mapping[str, Json]

HAZER_BOARD: Final = "A0:B7:65:4C:12:01"
FOYER_BOARD: Final = "A0:B7:65:4C:12:02"
MISBEHAVER: Final = "misbehaver"
"""A client that does everything wrong; it plays only when that is asked for."""
MOODY_BOARD: Final = "moody/board #1"
"""A hardware id that has to be percent-encoded in a topic."""

STREAM: Final[Mapping[str, Json]] = {
    "name": "Stage microphone",
    "stream_type": "audio",
    "publisher_id": "stage-microphone",
    "protocol": "udp",
    "address": "192.0.2.31",
    "port": 5004,
}
"""What the microphone advertises (maestra.md §2.1)."""


@dataclass(frozen=True, kw_only=True)
class Prop:
    """One entity: how it is created in Home Assistant, and which client plays it (None: it only holds others).

    `variables` are declarations in the protocol's form (maestra.md §1.7), `device` is the
    hardware id of the board behind it.
    """

    name: str
    slug: str
    entity_type: str
    parent: str | None = None
    client: str | None = None
    variables: tuple[Variable, ...] = ()
    state: Mapping[str, Json]
    tags: tuple[str, ...] = ()
    device: str | None = None

    @property
    def inputs(self) -> dict[str, Json]:
        """The state keys that others may set, with their initial values."""
        names = [it["name"] for it in self.variables if it["direction"] == "input"]
        return {name: self.state[name] for name in names}


def _input(name: str, kind: str, **config: Json) -> Variable:
    return {"name": name, "type": kind, "direction": "input", "config": config}


def _output(name: str, kind: str, **config: Json) -> Variable:
    return {"name": name, "type": kind, "direction": "output", "config": config}


def _place(name: str, slug: str, entity_type: str, parent: str | None = None) -> Prop:
    return Prop(name=name, slug=slug, entity_type=entity_type, parent=parent, state={})


def _light(name: str, slug: str, parent: str, color: str) -> Prop:
    return Prop(
        name=name,
        slug=slug,
        entity_type="light",
        parent=parent,
        client="lighting_desk",
        variables=(
            _input("on", "boolean"),
            _input("brightness", "range"),
            _input("color", "color"),
            _output("output", "number", min=0, max=100, unit="%"),
            _output("control", "enum", options=["Chase", "Hand"]),
        ),
        state={
            "on": True,
            "brightness": 60,
            "color": color,
            "output": 60,
            "control": "Chase",
        },
        tags=("dmx",),
    )


def _sensor(
    name: str, slug: str, parent: str, *variables: Variable, **state: Json
) -> Prop:
    return Prop(
        name=name,
        slug=slug,
        entity_type="sensor",
        parent=parent,
        client="building",
        variables=variables,
        state=state,
        tags=("building",),
    )


_TEMPERATURE: Final = _output("temperature", "number", unit="°C")
_HUMIDITY: Final = _output("humidity", "number", unit="%")
_CO2: Final = _output("co2", "number", unit="ppm")
_PRESENCE: Final = _output("presence", "boolean")
_SOUND_LEVEL: Final = _output("sound_level", "number", unit="dB")

CATALOGUE: Final = (
    _place("Theatre", "theatre", "space"),
    _place("Stage", "stage", "room", "theatre"),
    _place("Washes", "washes", "group", "stage"),
    _place("Spots", "spots", "group", "stage"),
    _place("Auditorium", "auditorium", "room", "theatre"),
    _place("Foyer", "foyer", "room", "theatre"),
    _light("Wash 1", "wash-1", "washes", "#ff2040"),
    _light("Wash 2", "wash-2", "washes", "#ff8000"),
    _light("Wash 3", "wash-3", "washes", "#00c060"),
    _light("Wash 4", "wash-4", "washes", "#2040ff"),
    _light("Spot 1", "spot-1", "spots", "#fff0d0"),
    _light("Spot 2", "spot-2", "spots", "#fff0d0"),
    _light("Spot 3", "spot-3", "spots", "#fff0d0"),
    _light("Spot 4", "spot-4", "spots", "#fff0d0"),
    Prop(
        name="Projector",
        slug="projector",
        entity_type="projector",
        parent="stage",
        client="projector",
        variables=(
            _input("on", "boolean"),
            _input("source", "enum", options=["HDMI 1", "HDMI 2", "SDI", "NDI"]),
            _input("brightness", "range", unit="%"),
            _output("lamp_temperature", "number", unit="°C"),
        ),
        state={
            "on": True,
            "source": "SDI",
            "brightness": 80,
            "lamp_temperature": 24.0,
        },
        tags=("video",),
    ),
    Prop(
        name="Media server",
        slug="media-server",
        entity_type="media",
        parent="stage",
        client="media_server",
        variables=(
            _input("playing", "boolean"),
            _input("scene", "enum", options=["Prelude", "Storm", "Sunrise", "Finale"]),
            _output("fps", "number", unit="fps"),
            _output("position", "vector3"),
        ),
        state={
            "playing": True,
            "scene": "Prelude",
            "fps": 60.0,
            "position": {"x": 0.0, "y": 1.6, "z": 4.0},
        },
        tags=("video", "touchdesigner"),
    ),
    Prop(
        name="Hazer",
        slug="hazer",
        entity_type="actuator",
        parent="stage",
        client="hazer_board",
        variables=(
            _input("active", "boolean"),
            _input("level", "range", unit="%"),
            _output("fluid", "number", min=0, max=100, unit="%"),
        ),
        state={"active": False, "level": 30, "fluid": 100.0},
        tags=("effects",),
        device=HAZER_BOARD,
    ),
    _sensor(
        "Climate",
        "stage-climate",
        "stage",
        _TEMPERATURE,
        _HUMIDITY,
        temperature=23.0,
        humidity=45.0,
    ),
    _sensor(
        "Climate",
        "auditorium-climate",
        "auditorium",
        _TEMPERATURE,
        _HUMIDITY,
        _CO2,
        temperature=21.0,
        humidity=50.0,
        co2=600,
    ),
    _sensor(
        "Microphone",
        "auditorium-sound",
        "auditorium",
        _SOUND_LEVEL,
        sound_level=40.0,
    ),
    _sensor(
        "Presence",
        "auditorium-presence",
        "auditorium",
        _PRESENCE,
        presence=False,
    ),
    _sensor(
        "Climate",
        "foyer-climate",
        "foyer",
        _TEMPERATURE,
        _HUMIDITY,
        _CO2,
        temperature=20.0,
        humidity=48.0,
        co2=500,
    ),
    _sensor("Presence", "foyer-presence", "foyer", _PRESENCE, presence=False),
    Prop(
        name="Moody fader (misbehaves on purpose)",
        slug="moody-fader",
        entity_type="controller",
        parent="foyer",
        client=MISBEHAVER,
        variables=(
            _output("level", "range"),
            _output("armed", "boolean"),
            _output("mode", "enum", options=["Calm", "Upset"]),
        ),
        state={"level": 50, "armed": False, "mode": "Calm"},
        device=MOODY_BOARD,
    ),
)


def played_by(client: str) -> dict[str, Prop]:
    """Return the entities that a client plays, by slug."""
    return {prop.slug: prop for prop in CATALOGUE if prop.client == client}


def cast(*, faults: bool) -> tuple[Prop, ...]:
    """Return what is on stage, with what misbehaves or without."""
    return tuple(prop for prop in CATALOGUE if faults or prop.client != MISBEHAVER)

"""What is shown of an F2 controller: the mapping table, as data."""

from collections.abc import Iterator, Mapping
from typing import Final

from homeassistant.const import Platform

from .presentation import Kind, Presentation
from .sources.f2.grammar import Kind as F2Kind
from .sources.f2.templates import SensorTemplate
from .sources.f2.wiring import Wired

# What hangs on a connector -> its entities, each with what its key ends in.
SHOWN: Final[Mapping[F2Kind, tuple[tuple[Platform, str], ...]]] = {
    F2Kind.STRIKE: ((Platform.LOCK, "lock"), (Platform.SWITCH, "power")),
    F2Kind.DOOR_SENSOR: ((Platform.BINARY_SENSOR, "door"),),
    F2Kind.EXIT_BUTTON: ((Platform.EVENT, "button"),),
    F2Kind.READER: ((Platform.EVENT, "reader"),),
    F2Kind.SIREN: ((Platform.SIREN, "siren"),),
    F2Kind.MOTION_SENSOR: ((Platform.BINARY_SENSOR, "motion"),),
    F2Kind.SENSOR: ((Platform.BINARY_SENSOR, "checksum"),),
}
CONTROLLER_PRESENTATIONS: Final = (
    Presentation(
        platform=Platform.BINARY_SENSOR, kind=Kind.F2_CONTROLLER, key="connectivity"
    ),
    Presentation(platform=Platform.SENSOR, kind=Kind.F2_CONTROLLER, key="last_seen"),
    Presentation(platform=Platform.SENSOR, kind=Kind.F2_CONTROLLER, key="clock_drift"),
)


def present_component(wired: Wired) -> Iterator[Presentation]:
    """Return what is shown of one component, without a sensor's values."""
    for platform, part in SHOWN[wired.path.kind]:
        yield Presentation(
            platform=platform,
            kind=Kind.F2_COMPONENT,
            key=f"{wired.path.component}.{part}",
            name=wired.name,
        )


def present_sensor(
    wired: Wired, template: SensorTemplate | None
) -> Iterator[Presentation]:
    """Return what is shown of a sensor: each value of its template, and whether its checksums are right."""
    yield from present_component(wired)
    for datapoint in template.datapoints if template else ():
        yield Presentation(
            platform=Platform.SENSOR,
            kind=Kind.F2_COMPONENT,
            key=f"{wired.path.component}.value.{datapoint.id}",
            name=datapoint.label,
            datapoint=datapoint,
        )

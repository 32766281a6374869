"""Frames of RS-485 sensors: their values by templates (f2.md §6), and the readings of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
import math
import struct
from typing import Final

from .events import F2Reading
from .fleet import Component, Controller
from .numbers import Numbers
from .payloads import Frame
from .templates import Datapoint, Encoding, SensorTemplate, SensorTemplates

_CRC_BYTES: Final = 2
_HEADER_BYTES: Final = 3


@dataclass(frozen=True, kw_only=True)
class F2Settings:
    """`zone` is that of controllers' clocks unless theirs is said; `salt` keeps credentials' hashes ours alone.

    `templates` and `numbers` are one for all: every F2 source has the same. `salt` is a secret
    of 16 bytes or more that stays the same for as long as hashes are to be compared.
    """

    salt: bytes = field(repr=False)
    zone: tzinfo = UTC
    templates: SensorTemplates = field(default_factory=SensorTemplates, repr=False)
    numbers: Numbers = field(default_factory=Numbers, repr=False)
    confirm_timeout: timedelta = timedelta(seconds=5)
    """How long a strike or siren has to say what it does."""
    max_clock_error: timedelta = timedelta(minutes=10)
    """Readings whose device time is further away from ours are stored with ours."""
    max_discovered: int = 200
    """Controllers that nobody has set up and are remembered; the one silent longest goes."""


def _signed(limit: int) -> Callable[[bytes], float]:
    # Subtracted once, whatever the length is: so the reference has it (f2.md §6.5).
    def read(part: bytes) -> float:
        value = int.from_bytes(part)
        return value - 2 * limit if value >= limit else value

    return read


def _float32(part: bytes) -> float:
    value: float = struct.unpack(">f", part)[0]
    return value


_READERS: Final[Mapping[Encoding, Callable[[bytes], float]]] = {
    Encoding.INT16: _signed(0x8000),
    Encoding.UINT16: int.from_bytes,
    Encoding.INT8: _signed(0x80),
    Encoding.UINT8: int.from_bytes,
    Encoding.INT32: _signed(0x8000_0000),
    Encoding.UINT32: int.from_bytes,
    Encoding.FLOAT32: _float32,
    Encoding.UNSIGNED: int.from_bytes,
}


def decode(frame: bytes, datapoint: Datapoint) -> float | None:
    """Return the value of a datapoint; None where the frame is too short, or has no finite number there."""
    part = frame[datapoint.offset : datapoint.offset + datapoint.length]
    if len(part) < datapoint.length:
        return None
    value = _READERS[datapoint.encoding](part)
    if datapoint.decimals > 0:
        return value / 10**datapoint.decimals if math.isfinite(value) else None
    return float(value) if math.isfinite(value) else None


def crc16(data: bytes) -> int:
    """Return Modbus' checksum."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def crc_valid(frame: bytes) -> bool | None:
    """Tell whether the checksum is right, for people to look at; None for what is too short to have one.

    It stands behind the bytes that the frame counts, or at its end where these are not all there.
    """
    if len(frame) < _HEADER_BYTES + _CRC_BYTES:
        return None
    end = min(_HEADER_BYTES + frame[2], len(frame) - _CRC_BYTES)
    # The lower byte comes first, unlike those of the values.
    return crc16(frame[:end]) == int.from_bytes(frame[end : end + _CRC_BYTES], "little")


type Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a sensor is decoded: the number of its rows, and its datapoints with theirs."""

    template: SensorTemplate
    sensor: int
    datapoints: tuple[tuple[int, Datapoint], ...]


class ReadingDecoder:
    """Turns frames into readings. Numbers and templates are looked up once, and again when a template changes."""

    def __init__(self, gateway: str, settings: F2Settings) -> None:
        """`gateway` is the id of the connection."""
        self._gateway = gateway
        self._settings = settings
        self._most_wrong: Final = settings.max_clock_error.total_seconds()
        self._plans: dict[Place, _Plan] = {}

    def reading(
        self, controller: Controller, component: Component, frame: Frame, now: datetime
    ) -> F2Reading:
        """Return what a sensor says; without a template, or with one that is gone, it has no values."""
        plan = self._plan(controller, component)
        values: dict[str, float | None] = {}
        rows: tuple[tuple[int, int, float | None], ...] = ()
        if plan is not None:
            # A bare number can only be the first of them (f2.md §6.3, §6.4).
            datapoints = plan.datapoints if frame.raw else plan.datapoints[:1]
            found = [
                (
                    number,
                    each.id,
                    decode(frame.raw, each) if frame.raw else frame.number,
                )
                for number, each in datapoints
            ]
            values = {name: value for _, name, value in found}
            rows = tuple((plan.sensor, number, value) for number, _, value in found)
        measured_at = frame.measured_at
        is_credible = (
            measured_at is not None
            and abs((now - measured_at).total_seconds()) <= self._most_wrong
        )
        return F2Reading(
            gateway=self._gateway,
            controller=controller.mac,
            path=str(component.path),
            measured_at=measured_at,
            received_at=now,
            template=plan.template.id if plan else None,
            values=values,
            rows=rows,
            raw=frame.raw,
            crc_valid=crc_valid(frame.raw),
            time=measured_at if measured_at is not None and is_credible else now,
        )

    def _plan(self, controller: Controller, component: Component) -> _Plan | None:
        template = self._settings.templates.get(component.template)
        if template is None:
            return None
        place = controller.mac, str(component.path)
        plan = self._plans.get(place)
        if plan is None or plan.template is not template:
            numbers = self._settings.numbers
            plan = self._plans[place] = _Plan(
                template,
                numbers.sensor(*place),
                tuple(
                    (numbers.datapoint(template.id, each.id), each)
                    for each in template.datapoints
                ),
            )
        return plan

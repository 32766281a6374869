"""Readings of sensors, by the templates that people have said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ...domain.telemetry import F2Reading
from .decoding import crc_valid, decode
from .model import Component, Controller
from .payloads import Frame
from .settings import F2Settings
from .templates import Datapoint, SensorTemplate

type Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a sensor is decoded: the number of its rows, and its datapoints with theirs."""

    template: SensorTemplate
    sensor: int
    datapoints: tuple[tuple[int, Datapoint], ...]


class Sensing:
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

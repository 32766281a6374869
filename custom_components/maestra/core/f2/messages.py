"""What controllers say, as news on the bus."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..bus import Bus, Counters
from ..transport.transport import Message
from .decoding import F2Settings, ReadingDecoder
from .events import F2CardRead, F2ExitButton, F2StateChanged, credential_hash
from .fleet import Controller, Fleet
from .grammar import ComponentPath, F2Malformed, Kind, Topic
from .payloads import Card, Frame, States, credential_text, read

type OnState = Callable[[str, ComponentPath, bool], None]


class MessageReader:
    """Brings messages into the fleet. `on_state` is told each state that a controller says, changed or not."""

    def __init__(
        self,
        gateway: str,
        bus: Bus,
        settings: F2Settings,
        fleet: Fleet,
        counters: Counters,
        on_state: OnState,
    ) -> None:
        """`gateway` is the id of the connection."""
        self._gateway = gateway
        self._bus = bus
        self._settings = settings
        self._fleet = fleet
        self._counters = counters
        self._on_state = on_state
        self._decoder = ReadingDecoder(gateway, settings)

    def read_message(self, topic: Topic, message: Message, now: datetime) -> None:
        """Take over what a message says; raises F2Malformed."""
        controller = self._fleet.controllers.get(topic.mac)
        zone = (controller and controller.zone) or self._settings.zone
        try:
            content = read(topic, message.payload, zone, now)
        except F2Malformed as error:
            raise F2Malformed(str(error), topic.client) from None
        if message.retain:
            # Kept by the broker: nobody holds this card now, and this is not what is measured now.
            if controller is None or not isinstance(content, States):
                self._counters.add("stale")
                return
        else:
            controller = self._fleet.hear(topic.mac, now)
            if content.measured_at is not None:
                controller.drift = (now - content.measured_at).total_seconds()
        match content:
            case States():
                for number, state in content.by_number.items():
                    path = topic.path(number)
                    self._state(controller, path, state, content, now, message.retain)
            case Card():
                self._card(controller, topic, content, now)
            case Frame():
                self._frame(controller, topic, content, now)

    def _state(
        self,
        controller: Controller,
        path: ComponentPath,
        state: bool,
        content: States,
        now: datetime,
        is_kept: bool,
    ) -> None:
        component = self._fleet.hear_component(controller, path, now)
        facts: dict[str, Any] = {
            "gateway": self._gateway,
            "controller": controller.mac,
            "path": str(path),
            "measured_at": content.measured_at,
            "received_at": now,
        }
        previous = component.is_on
        if state is not previous:
            component.is_on, component.changed_at = state, now
            self._bus.publish(F2StateChanged(**facts, previous=previous, current=state))
        if is_kept:
            return
        # Told after the change: whoever waits finds it done.
        self._on_state(controller.mac, path, state)
        if path.kind is Kind.EXIT_BUTTON and state is not (previous or False):
            self._bus.publish(F2ExitButton(**facts, is_pressed=state))

    def _card(
        self, controller: Controller, topic: Topic, card: Card, now: datetime
    ) -> None:
        path = topic.path(topic.number or 0)
        self._fleet.hear_component(controller, path, now)
        if card.is_echo:
            self._counters.add("echoes")
            return
        self._bus.publish(
            F2CardRead(
                gateway=self._gateway,
                controller=controller.mac,
                path=str(path),
                measured_at=card.measured_at,
                received_at=now,
                credential=card.credential,
                text=credential_text(card.credential),
                credential_hash=credential_hash(self._settings.salt, card.credential),
            )
        )

    def _frame(
        self, controller: Controller, topic: Topic, frame: Frame, now: datetime
    ) -> None:
        component = self._fleet.hear_component(
            controller, topic.path(topic.number or 0), now
        )
        reading = self._decoder.reading(controller, component, frame, now)
        component.reading = reading
        if reading.measured_at is not None and reading.time is not reading.measured_at:
            self._counters.add("clocks_wrong")
        self._bus.publish(reading)

"""F2 controllers on one broker: their messages become readings and states, and commands go to them."""

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe, together
from ..domain import Domain
from ..domain.clock import utcnow
from ..domain.errors import InvalidField, MaestraError
from ..transport.access import RejectionLog
from ..transport.transport import (
    Message,
    Subscription,
    Taken,
    Transport,
    handle_durably,
)
from .commands import Commands
from .decoding import F2Settings
from .events import F2ControllerChanged, F2ControllerDiscovered
from .fleet import Controller, Fleet
from .grammar import (
    FILTERS,
    MEASURED,
    ComponentPath,
    F2Malformed,
    Kind,
    UnknownF2Controller,
    command_topic,
    parse,
    parse_mac,
)
from .messages import MessageReader
from .payloads import Feedback, Power, feedback_payload, siren_payload, strike_payload
from .wiring import Wiring


def subscriptions(*, measures_only: bool = False) -> list[Subscription]:
    """Return what the dialect has to hear; with `measures_only` what sensors measure, alone."""
    filters = MEASURED if measures_only else FILTERS
    return [Subscription(*each) for each in filters.items()]


class F2Source:
    """Takes what controllers say into the domain's bus, and commands to them.

    `key` is the id of the connection. Events are those of `events.py`; nothing is published of
    what the broker has kept (retained), except states.
    """

    def __init__(
        self,
        key: str,
        transport: Transport,
        domain: Domain,
        settings: F2Settings,
        *,
        measures_only: bool = False,
    ) -> None:
        """Wire nothing yet. With `measures_only` another one has the doors: nothing but sensors is heard, and nobody asked."""
        self.key = key
        self.settings = settings
        self.counters = Counters()
        self.latency = Latency()
        self._traffic = TrafficMeter(self.counters, self.latency, domain.bus, key)
        self._transport = transport
        self._domain = domain
        self._fleet = Fleet(settings.max_discovered, self._discovered, self._changed)
        timeout = settings.confirm_timeout.total_seconds()
        self._commands = Commands(transport, self.counters, timeout)
        self._reader = MessageReader(
            key,
            domain.bus,
            settings,
            self._fleet,
            self.counters,
            self._commands.heard,
        )
        self._rejections = RejectionLog("F2", self.counters)
        self._measures_only = measures_only
        self._is_started = False

    # What is known.

    @property
    def controllers(self) -> Mapping[str, Controller]:
        """All controllers by MAC (twelve lower-case digits), those that nobody has set up included."""
        return self._fleet.controllers

    def set_wiring(
        self, mac: str, wiring: Wiring, name: str = "", zone: tzinfo | None = None
    ) -> Controller:
        """Set up a controller, or anew; raises InvalidField for what is no MAC. Its strikes and sirens are asked.

        `zone` None: that of the settings. What was heard before stays known.
        """
        controller = self._fleet.set_wiring(_checked_mac(mac), wiring, name, zone)
        if self._is_started and not self._measures_only:
            self._commands.ask(controller)
        return controller

    def forget(self, mac: str) -> None:
        """Know nothing more of a controller; one that still speaks is discovered again."""
        self._fleet.forget(_checked_mac(mac))

    # Life.

    def start(self) -> Unsubscribe:
        """Listen until the returned function is called; asks strikes and sirens for their state now and at each reconnect."""
        stop = together(
            self._stop,
            self._transport.on_connection(self._connection_changed),
            self._transport.subscribe(
                subscriptions(measures_only=self._measures_only), self._take
            ),
        )
        self._is_started = True
        self._commands.open()
        self._ask_all()
        return stop

    def _stop(self) -> None:
        self._is_started = False
        self._commands.close()
        self._rejections.close()

    # Commands.

    async def strike(
        self,
        mac: str,
        connector: str,
        number: int,
        *,
        on: bool | None = None,
        period: int | None = None,
    ) -> None:
        """Power a strike or not (`on`), or switch it over for `period` seconds (1 to 255) and back.

        Exactly one of them says what to do. Returns once the controller confirms; raises F2NotConfirmed,
        UnknownF2Controller, InvalidField, NotConnected, OutgoingFull.
        """
        if (on is None) == (period is None):
            raise InvalidField(field="period", reason="give either it or on")
        controller, path = self._target(mac, connector, Kind.STRIKE, number)
        if on is not None:
            payload = strike_payload(Power(on), None)
            async with self._commands.turn(controller.mac, path):
                await self._commands.confirmed(controller.mac, path, payload, on)
            return
        await self._switch_over(controller, path, period)

    async def release(
        self, mac: str, connector: str, number: int, *, powered: bool, period: int
    ) -> None:
        """Have a strike powered, or not, for `period` seconds (1 to 255); nothing is done where it is so already.

        Otherwise as `strike`: switched over while somebody else has just done so, the door would be closed again.
        """
        controller, path = self._target(mac, connector, Kind.STRIKE, number)
        await self._switch_over(controller, path, period, powered)

    async def _switch_over(
        self,
        controller: Controller,
        path: ComponentPath,
        period: int | None,
        powered: bool | None = None,
    ) -> None:
        payload = strike_payload(Power.TOGGLE, period)
        async with self._commands.turn(controller.mac, path):
            component = controller.component(path)
            was_on = component.is_on if component else None
            if was_on is None:
                was_on = await self._commands.state(controller.mac, path)
            if was_on is not None and was_on is powered:
                return
            wanted = None if was_on is None else not was_on
            await self._commands.confirmed(controller.mac, path, payload, wanted)

    def ask(self, mac: str) -> None:
        """Ask the strikes and sirens of a controller how they are; nothing happens where there is none, or no connection."""
        if controller := self._fleet.controllers.get(_checked_mac(mac)):
            self._commands.ask(controller)

    async def siren(self, mac: str, connector: str, number: int, on: bool) -> None:
        """Turn a siren on or off; returns and raises as `strike` does."""
        controller, path = self._target(mac, connector, Kind.SIREN, number)
        async with self._commands.turn(controller.mac, path):
            # It never says of itself what it does (f2.md §2).
            await self._commands.confirmed(
                controller.mac, path, siren_payload(on), on, is_asked_at_once=True
            )

    def feedback(
        self, mac: str, connector: str, reader: int, kind: Feedback | int
    ) -> None:
        """Let a reader's lights and buzzer say something; nothing confirms it.

        Raises UnknownF2Controller, InvalidField, NotConnected, OutgoingFull.
        """
        payload = feedback_payload(kind)
        controller, path = self._target(mac, connector, Kind.READER, reader)
        self._commands.publish(
            command_topic(controller.mac, path, is_feedback=True), payload
        )

    def _target(
        self, mac: str, connector: str, kind: Kind, number: int
    ) -> tuple[Controller, ComponentPath]:
        mac = _checked_mac(mac)
        if (controller := self._fleet.controllers.get(mac)) is None:
            raise UnknownF2Controller(controller=mac)
        try:
            return controller, ComponentPath(connector, kind, number)
        except F2Malformed as error:
            raise InvalidField(field="component", reason=str(error)) from None

    def _connection_changed(self, is_up: bool, _: MaestraError | None) -> None:
        if is_up:
            self._ask_all()

    def _ask_all(self) -> None:
        if self._measures_only:
            return
        for controller in self._fleet.controllers.values():
            self._commands.ask(controller)

    # What controllers say.

    def _take(self, message: Message) -> Taken:
        return handle_durably(
            message, self.key, self._domain.journal, partial(self._handle, message)
        )

    def _handle(self, message: Message) -> None:
        with self._traffic.message(message.topic, message.payload):
            try:
                topic = parse(message.topic)
                self._domain.devices.blocked.refuse(topic.mac)
                self._reader.read_message(topic, message, utcnow())
            except F2Malformed as error:
                self._rejections.note(
                    error.client, "malformed", str(error), message.topic
                )
            except MaestraError as error:
                self._rejections.note(
                    topic.client, error.code, str(error), message.topic
                )
            else:
                self.counters.add("accepted")

    def _discovered(self, mac: str) -> None:
        self._domain.bus.publish(
            F2ControllerDiscovered(gateway=self.key, controller=mac)
        )

    def _changed(self, mac: str) -> None:
        self._domain.bus.publish(F2ControllerChanged(gateway=self.key, controller=mac))


def _checked_mac(mac: str) -> str:
    try:
        return parse_mac(mac)
    except F2Malformed as error:
        raise InvalidField(field="mac", reason=str(error)) from None

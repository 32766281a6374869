"""One program or device that is told of changes over OSC."""

import asyncio
from collections.abc import Callable, Iterable
import contextlib
import logging
from math import inf
from typing import Final, NoReturn

from ...bus import Counters, Latency, together
from ...domain import Domain
from ...domain.errors import InvalidField, MaestraError
from ...domain.events import Relayed, StateChanged
from ...domain.json_types import JsonValue
from ...domain.source import Source
from ..announcements import Announcer
from ..endurance import Backoff, ConnectionListener, Endurance
from ..refusals import Refusals
from .channels import Channel
from .codec import OscMessage, encode
from .connect import open_channel
from .errors import OscTargetError, OscTargetSilent, OscTargetUnreachable
from .inbound import AUTHORIZE, Inbound, address_map
from .outbound import TO_OSC, read_to_osc, render
from .outbox import Outbox
from .receiver import Receiver
from .settings import OscMap, OscTargetSettings

_LOGGER = logging.getLogger(__name__)

REOPEN_AFTER: Final = 60.0
"""Seconds of being silent after which its name is looked up again."""


class OscTarget:
    """Tells one OSC peer what changes, and takes what it answers into the domain.

    Under load the latest message of each address is kept until there is room. `key` is the gateway part of
    every Source that comes in here.
    """

    def __init__(
        self,
        key: str,
        domain: Domain,
        announcer: Announcer,
        settings: OscTargetSettings,
        *,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Make a target that `run` brings to life."""
        self.key = key
        self.settings = settings
        self.counters = Counters()
        self.latency = Latency()
        self._domain = domain
        self._announcer = announcer
        self._endurance = Endurance(f"OSC target {self.name}", backoff)
        self._inbound = Inbound(key, domain, settings.maps)
        self._refusals = Refusals(f"OSC target {self.name}", self.counters)
        self._receiver = Receiver[Channel](
            self._take, self._refuse, lambda _: True, self.counters, self.latency
        )
        self._outbox = Outbox(self.name, self.counters)
        self._heard_at = -inf
        self._lost: str | None = None
        self._wake = asyncio.Event()

    @property
    def name(self) -> str:
        """How people know it."""
        return self.settings.name or f"{self.settings.host}:{self.settings.port}"

    @property
    def connected(self) -> bool:
        """Whether there is a socket; where replies are expected, whether one came lately."""
        return self._endurance.connected

    @property
    def clients(self) -> int:
        """How many it is now."""
        return int(self.connected)

    def set_maps(self, maps: Iterable[OscMap]) -> None:
        """Let its messages set something else from now on."""
        self._inbound.maps = address_map(maps)

    def on_connection(self, listener: ConnectionListener) -> Callable[[], None]:
        """Tell `listener` whenever the connection, or the reason why there is none, changes; returns what ends it."""
        return self._endurance.on_connection(listener)

    def send(self, address: str, values: Iterable[JsonValue] = ()) -> None:
        """Send one message now; values as for `encode`. Raises InvalidField, ."""
        self._outbox.send(encode(address, values))

    def is_meant(self, target: str) -> bool:
        """Tell whether `host`, `host:port` or a name means this target."""
        host, port = self.settings.host, self.settings.port
        own = {self.key, self.name, host, f"{host}:{port}"}
        if channel := self._outbox.channel:
            own |= {channel.host, channel.peer}
        return target in own

    async def run(self) -> None:
        """Keep a socket to the target, and tell it what changes, until cancelled."""
        bus = self._domain.bus
        unsubscribe = together(
            bus.subscribe(StateChanged, self._tell),
            bus.subscribe(Relayed, self._relay),
        )
        try:
            await self._endurance.keep(self._stay_open)
        finally:
            unsubscribe()
            self._receiver.stop()
            self._endurance.closed()

    async def _stay_open(self) -> NoReturn:
        """Hold one socket until it is lost, or nothing was heard for long; raises OscTargetError then."""
        self._lost = None
        channel = await open_channel(self.settings, self._receive, self._note_loss)
        self._outbox.open(channel)
        try:
            await self._serve()
        finally:
            self._outbox.close()

    async def _serve(self) -> NoReturn:
        """Keep the target alive, and judge whether it is there."""
        settings, loop = self.settings, asyncio.get_running_loop()
        opened, next_sign = loop.time(), 0.0 if settings.keep_alive else inf
        silence = settings.silence.total_seconds()
        if settings.expects_replies:
            self._heard_at = -inf
        else:
            self._endurance.came_up()
        while True:
            now = loop.time()
            if settings.keep_alive and now >= next_sign:
                next_sign = now + settings.keep_alive.interval.total_seconds()
                self._stay_known()
            ends = max(self._heard_at, opened) + silence
            if settings.expects_replies:
                if now < self._heard_at + silence:
                    self._endurance.came_up()
                elif now >= ends:
                    silent = self._error(OscTargetSilent, "nothing was heard")
                    self._endurance.went_down(silent)
                    ends += REOPEN_AFTER
                    if now >= ends:
                        raise silent
            else:
                ends = inf
            self._wake.clear()
            if self._lost is not None:
                raise self._error(OscTargetUnreachable, self._lost)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends, next_sign)):
                    await self._wake.wait()

    def _stay_known(self) -> None:
        sign = self.settings.keep_alive
        assert sign is not None
        try:
            self.send(sign.address, sign.arguments)
        except MaestraError:
            self.counters.add("unsent")

    def _receive(self, channel: Channel, packet: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if not self.connected:
            self._wake.set()
        self._receiver.receive(packet, channel, channel.longest)

    def _take(self, message: OscMessage, channel: Channel) -> None:
        if message.address == AUTHORIZE:
            return
        is_accepted = self._inbound.take(
            message,
            channel.peer,
            lambda address, code, detail: self._refuse(channel, address, code, detail),
        )
        self.counters.add("accepted", is_accepted)

    def _refuse(self, channel: Channel, address: str, code: str, detail: str) -> None:
        # Never answered: two of us would answer each other's answers.
        self._refusals.note(channel.peer, code, detail, address)

    def _tell(self, change: StateChanged) -> None:
        channel = self._outbox.channel
        if channel is None or self._is_own(change.source, channel):
            return
        settings = self.settings
        for message in render(
            change, settings.output, settings.filter, self._announcer
        ):
            try:
                packet = encode(message.address, message.arguments)
            except InvalidField:
                self.counters.add("unsent")
            else:
                self._outbox.offer(message.address, packet)

    def _is_own(self, source: Source, channel: Channel) -> bool:
        """Whether the target has said this itself: here, or to our listener."""
        if source.gateway == self.key:
            return True
        if source.peer is None or not self.settings.skips_own_host:
            return False
        host = source.peer.rpartition(":")[0]
        is_local = host == "::1" or host.startswith("127.")
        return source.peer == channel.peer or (host == channel.host and not is_local)

    def _relay(self, relayed: Relayed) -> None:
        if relayed.source.gateway == self.key or not relayed.subject.startswith(TO_OSC):
            return
        try:
            wanted = read_to_osc(relayed)
            if wanted and (wanted.target is None or self.is_meant(wanted.target)):
                self._outbox.send(wanted.packet)
        except InvalidField as error:
            self._refusals.note(
                relayed.source.name, error.code, str(error), relayed.subject
            )
        except MaestraError:
            self.counters.add("unsent")

    def _note_loss(self, channel: Channel, reason: str) -> None:
        if channel is self._outbox.channel:
            self._lost = reason
            self._wake.set()

    def _error(self, kind: type[OscTargetError], reason: str) -> OscTargetError:
        return kind(host=self.settings.host, port=self.settings.port, reason=reason)

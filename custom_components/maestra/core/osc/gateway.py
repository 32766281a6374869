"""The gateway between OSC clients and the domain (maestra.md §3)."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

import orjson

from ..bus import Counters, Latency, TrafficMeter, Unsubscribe
from ..domain import Domain
from ..domain.errors import InvalidField, MaestraError
from ..domain.events import Relayed
from ..domain.json_values import JsonValue
from ..transport.access import AccessControl
from ..transport.event_encoder import EventEncoder
from .codec import OscMessage, encode
from .inbound import AUTHORIZE, Inbound, address_map
from .listener import OscListener, Peer
from .oscquery import OscQuery
from .outbound import TO_OSC, read_to_osc, split_target
from .receiver import Receiver
from .settings import OUT_PORT, OscMap, OscSettings
from .target import OscTarget

KEY: Final = "osc"
QUERY: Final = "/maestra/query/entity/"
ERROR: Final = "/error"
AUTHORIZED_FOR: Final = 3_600.0
"""Seconds that a token counts for the address that sent it."""
MAX_AUTHORIZED: Final = 4_096


class OscGateway:
    """Takes OSC messages into the domain, and answers to the port they came from.

    `targets` are those that tell their peers themselves.
    """

    def __init__(
        self,
        domain: Domain,
        encoder: EventEncoder,
        settings: OscSettings,
        *,
        targets: Callable[[], Iterable[OscTarget]] = tuple,
    ) -> None:
        """Listen to nothing yet."""
        self.key = KEY
        self.settings = settings
        self.targets = targets
        self.counters = Counters()
        self.latency = Latency()
        traffic = TrafficMeter(self.counters, self.latency, domain.bus, KEY)
        self._domain = domain
        self._access_control = AccessControl("OSC", settings.access, self.counters)
        self._inbound = Inbound(KEY, domain, settings.maps)
        self._receiver = Receiver[Peer](
            self._take, self._reject, self._within_rate, traffic
        )
        self._listener = OscListener(
            settings,
            self._access_control,
            traffic,
            lambda data, peer: self._receiver.receive(data, peer, peer.longest),
        )
        self._query = OscQuery(
            domain, self._access_control, settings, lambda: self.port
        )
        self._authorized: OrderedDict[str, float] = OrderedDict()
        self._unsubscribe: Unsubscribe = lambda: None

    @property
    def port(self) -> int:
        """The UDP port that is listened on; 0 while there is none."""
        return self._listener.port

    @property
    def tcp_port(self) -> int:
        """The TCP port that is listened on; 0 while there is none."""
        return self._listener.tcp_port

    @property
    def oscquery_port(self) -> int:
        """The HTTP port of OSCQuery; 0 while there is none."""
        return self._query.port

    @property
    def clients(self) -> int:
        """How many connections there are, and UDP clients that were heard in the last minute."""
        return self._listener.clients

    async def start(self) -> None:
        """Listen; raises ListenFailed."""
        try:
            await self._listener.start()
            await self._query.start()
        except BaseException:
            await self.stop()
            raise
        self._unsubscribe = self._domain.bus.subscribe(Relayed, self._relay)

    async def stop(self) -> None:
        """Close everything, and forget what waits for its time."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        self._receiver.stop()
        await self._listener.stop()
        await self._query.stop()
        self._access_control.rejections.close()
        self._authorized.clear()

    def set_maps(self, maps: Iterable[OscMap]) -> None:
        """Let addresses outside ours set something else from now on."""
        self._inbound.maps = address_map(maps)

    def _within_rate(self, peer: Peer) -> bool:
        return self._access_control.within_rate(peer.host)

    def _take(self, message: OscMessage, peer: Peer) -> None:
        if message.address == AUTHORIZE:
            self._authorize(message, peer)
        elif not self._is_authorized(peer):
            self._access_control.reject(peer.host, "unauthorized", "no token was sent")
        elif message.address.startswith(QUERY):
            self._answer_query(message.address, peer)
        elif self._inbound.take(
            message,
            peer.name,
            lambda address, code, detail: self._reject(peer, address, code, detail),
        ):
            self.counters.add("accepted")

    def _authorize(self, message: OscMessage, peer: Peer) -> None:
        offered = message.arguments[0] if message.arguments else None
        if not self._access_control.access.accepts_token(
            offered if isinstance(offered, str) else None
        ):
            self._access_control.reject(peer.host, "unauthorized", "the token is wrong")
            return
        self._authorized[peer.host] = asyncio.get_running_loop().time() + AUTHORIZED_FOR
        self._authorized.move_to_end(peer.host)
        if len(self._authorized) > MAX_AUTHORIZED:
            self._authorized.popitem(last=False)
        self._reply(peer, AUTHORIZE, 1)

    def _is_authorized(self, peer: Peer) -> bool:
        return (
            self._access_control.access.token is None
            or self._authorized.get(peer.host, 0.0) > asyncio.get_running_loop().time()
        )

    def _answer_query(self, address: str, peer: Peer) -> None:
        try:
            entity = self._domain.entities[address.removeprefix(QUERY)]
        except MaestraError as error:
            self._reject(peer, address, error.code, str(error))
            return
        self.counters.add("accepted")
        self._reply(
            peer,
            f"/entity/state/{entity.type.name}/{entity.slug}",
            orjson.dumps(entity.state).decode(),
        )

    def _reject(self, peer: Peer, address: str, code: str, detail: str) -> None:
        # An unreadable packet may come from whoever has no token.
        rejection = self._access_control.rejections.note(
            peer.host, code, detail, address
        )
        if (
            rejection.is_answered
            and self.settings.answers_errors
            and self._is_authorized(peer)
        ):
            self._reply(peer, ERROR, address, code, rejection.detail)

    def _reply(self, peer: Peer, address: str, *values: JsonValue) -> None:
        packet = encode(address, values)
        if len(packet) > peer.longest:
            self.counters.add("unsent")
        else:
            peer.send(packet)

    def _relay(self, relayed: Relayed) -> None:
        """Send what is for a peer that is no target of its own (maestra.md §3.2)."""
        if relayed.source.gateway == self.key or not relayed.subject.startswith(TO_OSC):
            return
        try:
            wanted = read_to_osc(relayed)
            if (
                wanted is None
                or wanted.target is None
                or any(target.is_meant(wanted.target) for target in self.targets())
            ):
                return
            self._listener.send(wanted.packet, self._allowed(wanted.target))
        except InvalidField as error:
            self._access_control.rejections.note(
                relayed.source.name, error.code, str(error), relayed.subject
            )

    def _allowed(self, target: str) -> tuple[str, int]:
        """Return the address of a peer that may be sent to; raises InvalidField."""
        address = split_target(target, OUT_PORT)
        # A name would have to be looked up: what is none of our targets has to be an address.
        if address is None or not self._access_control.access.admits(address[0]):
            raise InvalidField(
                field="target", reason="is neither a target nor on the allow-list"
            )
        return address

"""The Maestra integration inside Home Assistant, set up as a user would."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from scripts.stack.context import Context
from scripts.stack.flows import (
    CONFIG_FLOW,
    OPTIONS_FLOW,
    SUBENTRY_FLOW,
    Answers,
    run_flow,
)
from scripts.stack.hass_api import ApiError, Json
from scripts.stack.ports import LOOPBACK
from scripts.stack.subentries import DOMAIN, Subentry, hub_entry, set_up
from scripts.stack.terminal import say

from .f2 import ALARM_MAC, MACS
from .lightstreamer import feed_url
from .postgresql import NAME as DATABASE_NAME

LOAD_TIMEOUT_S: Final = 20
POLL_INTERVAL_S: Final = 0.05
HUB_ANSWERS: Final[Answers] = {"user": {}}
RECORDING: Final[Answers] = {
    "init": {"next_step_id": "recording"},
    "recording": {"all": True},
}
LISTENERS: Final = ("fleet_api", "websocket", "osc")
FROM_HERE: Final = {"networks": ["127.0.0.0/8"]}
NO_LIMITS: Final = {"max_clients": 1_000, "rate": 0}


def _direct_broker(context: Context) -> Answers:
    """Our own broker, without Home Assistant's MQTT integration."""
    address: dict[str, Json] = {
        "host": LOOPBACK,
        "port": context.ports.mqtt,
        "advanced": {"dialects": ["maestra", "qs"]},
    }
    return {
        "user": {"next_step_id": "direct"},
        "direct": address,
        "reconfigure": address,
    }


def _database(context: Context) -> Answers:
    """Our own PostgreSQL."""
    login = {
        "host": LOOPBACK,
        "port": context.ports.postgresql,
        "database": DATABASE_NAME,
        "username": DATABASE_NAME,
        "password": context.memory.database_password,
    }
    return {"user": login, "reconfigure": login}


def _nats(context: Context) -> Answers:
    """Our own NATS server, which lets everybody in."""
    address = {"host": LOOPBACK, "port": context.ports.nats}
    return {"user": address, "reconfigure": address}


def _authority(_: Context) -> Answers:
    """An authority for our broker with TLS, which gives certificates to our own controllers only."""
    settings: dict[str, Json] = {
        "broker_names": ["localhost", LOOPBACK],
        "device_names": "f2_mac",
        "enrolment": {"allowed_macs": [*MACS, ALARM_MAC]},
    }
    return {
        "user": {"next_step_id": "create"},
        "create": settings,
        "reconfigure": settings,
    }


def _f2_controller(_: Context) -> Answers:
    """The first of the simulated F2 controllers, with all that it has."""
    first: dict[str, Json] = {
        "name": "Gate",
        "connectors": {
            "j1": "access-control-mode",
            "j2": "alarm-mode",
            "j3": "sensor-mode",
            "j4": "sensor-mode",
        },
    }
    environmental = {f"sensor_{number}": "environmental_sensor" for number in (1, 2)}
    return {
        "user": {"mac": MACS[0], **first},
        "reconfigure": first,
        "wiring": {
            "j1": {
                "components": ["strike-1", "door-sensor-1", "exit-button-1", "reader-1"]
            },
            "j2": {"components": ["siren-1", "motion-sensor-1"]},
            "j3": environmental,
            "j4": environmental,
        },
    }


def _detector(_: Context) -> Answers:
    """PeeBot, on the station's urine tank."""
    return {"user": {"kind": "peebot"}, "settings": {"name": "PeeBot"}}


def _iss_telemetry(context: Context) -> Answers:
    """The feed of the ISS, with the channels that the form suggests."""
    feed = {"url": feed_url(context)}
    return {"user": feed, "reconfigure": feed, "channels": {}}


BROKER: Final = Subentry(kind="mqtt_broker", answers=_direct_broker)
DATABASE: Final = Subentry(kind="timescale_store", answers=_database)
NATS: Final = Subentry(kind="nats_server", answers=_nats)
SUBENTRIES: Final = (
    BROKER,
    DATABASE,
    NATS,
    Subentry(kind="iss_telemetry", answers=_iss_telemetry),
    Subentry(kind="certificate_authority", answers=_authority),
    Subentry(kind="f2_controller", answers=_f2_controller),
    Subentry(kind="detector", answers=_detector),
)


def _options(context: Context) -> list[Answers]:
    """What the hub is told once it is there: to record every entity of Home Assistant, and to listen, on loopback only."""
    return [RECORDING, *(_listener(context, name) for name in LISTENERS)]


def _listener(context: Context, name: str) -> Answers:
    is_web = name != "osc"
    others: dict[str, Json] = {} if is_web else {"tcp_port": 0, "oscquery_port": 0}
    # A page of any origin may try it.
    access: dict[str, Json] = FROM_HERE | ({"origins": ["*"]} if is_web else {})
    answer: dict[str, Json] = {
        "enabled": True,
        "host": LOOPBACK,
        "port": getattr(context.ports, name),
        "access": access,
        "limits": NO_LIMITS,
        **others,
    }
    return {"init": {"next_step_id": name}, name: answer}


class Integration:
    """The hub and its subentries, each made only if it is not there yet."""

    def __init__(self, subentries: Sequence[Subentry] = SUBENTRIES) -> None:
        """Take what Maestra is told about."""
        self._subentries = subentries

    async def start(self, context: Context) -> None:
        """Set up what is missing; returns when the integration is loaded."""
        entry_id = await self._hub(context)
        await set_up(context, entry_id, *self._subentries)
        await self._options(context, entry_id)
        await self.loaded(context)

    def facts(self, context: Context) -> Mapping[str, object]:
        """Where clients other than MQTT's are served."""
        ports = context.ports
        return {
            "fleet_api": f"http://{LOOPBACK}:{ports.fleet_api}",
            "websocket": f"ws://{LOOPBACK}:{ports.websocket}",
            "osc_port": ports.osc,
        }

    async def _hub(self, context: Context) -> str:
        if entry := await hub_entry(context):
            return str(entry["entry_id"])
        say("adding the Maestra integration")
        result = await run_flow(
            context.api, CONFIG_FLOW, {"handler": DOMAIN}, HUB_ANSWERS
        )
        if next_flow := result.get("next_flow"):
            # A user is led on to the first broker; ours come from the table.
            await context.api.delete(f"{SUBENTRY_FLOW}/{next_flow[1]}")
        entry = await hub_entry(context)
        assert entry
        return str(entry["entry_id"])

    async def _options(self, context: Context, entry_id: str) -> None:
        wanted = _options(context)
        if context.memory.options == wanted:
            return
        for answers in wanted:
            await run_flow(context.api, OPTIONS_FLOW, {"handler": entry_id}, answers)
        context.memory.options = wanted
        context.save_memory()

    async def loaded(self, context: Context) -> None:
        """Wait until the hub is loaded."""
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                while (entry := await hub_entry(context)) is None or entry[
                    "state"
                ] != "loaded":
                    await asyncio.sleep(POLL_INTERVAL_S)
        except TimeoutError as err:
            entry = await hub_entry(context)
            raise ApiError(f"the Maestra integration is not loaded: {entry}") from err

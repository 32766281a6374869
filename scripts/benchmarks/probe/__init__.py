"""Inside Home Assistant: sets up what is measured, and counts. Linked into its custom_components."""

from array import array
import asyncio
from collections.abc import Callable
import contextlib
from datetime import UTC, datetime
import gc
import os
from pathlib import Path
import time
from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.typing import ConfigType

from .control import serve
from .stalls import Stalls

DOMAIN: Final = "maestra_bench"
SOCKET: Final = "MAESTRA_BENCH_SOCKET"
POLL: Final = 0.005  # seconds
PATIENCE: Final = 120  # seconds
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
SERIES: Final = 100
MOST_AT_ONCE: Final = 500
"""Readings in one turn of the event loop: after a stall the load must not make the next one."""


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Listen for the benchmark."""
    probe = Probe(hass)
    server = await serve(
        os.environ[SOCKET],
        {
            "add": probe.add,
            "again": probe.again,
            "connected": probe.connected,
            "counts": probe.counts,
            "expect": probe.expect,
            "entity": probe.entity,
            "tell_states": probe.tell_states,
            "watch": probe.watch,
            "watched": probe.watched,
            "memory": probe.memory,
            "gateway": probe.gateway,
            "act": probe.act,
            "shown": probe.shown,
            "change": probe.change,
            "whole": probe.whole,
            "ingest": probe.ingest,
        },
    )
    hass.data[DOMAIN] = server
    return True


class Probe:
    """What the benchmark can ask for."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Count state writes from now on."""
        self._hass = hass
        self._entry: ConfigEntry[Any] | None = None
        self._writes = 0
        self._stalls = Stalls()
        # Number of the entity, value shown, time at which it is shown.
        self._log: array[float] | None = None
        self._restore: Callable[[], None] | None = None
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._state_changed)

    async def add(
        self,
        domain: str,
        version: int,
        data: dict[str, Any],
        subentries: list[Any],
        shown: int,
        options: dict[str, Any] | None = None,
    ) -> dict[str, float]:
        """Add a config entry; returns how long its set-up took, until `shown` states were there."""
        entry: ConfigEntry[Any] = ConfigEntry(
            data=data,
            discovery_keys=MappingProxyType({}),
            domain=domain,
            minor_version=1,
            options=options or {},
            source="user",
            subentries_data=subentries,
            title=domain,
            unique_id=None,
            version=version,
        )
        self._entry = entry
        async with asyncio.timeout(PATIENCE):
            while not self._hass.is_running:
                await asyncio.sleep(POLL)
        return await self._timed(
            lambda: self._hass.config_entries.async_add(entry), shown
        )

    async def again(self, shown: int) -> dict[str, float]:
        """Unload the entry and set it up anew, as a restart does: everything is in the registries."""
        assert self._entry
        await self._hass.config_entries.async_unload(self._entry.entry_id)
        entry_id = self._entry.entry_id
        return await self._timed(
            lambda: self._hass.config_entries.async_setup(entry_id), shown
        )

    async def _timed(self, set_up: Callable[[], Any], shown: int) -> dict[str, float]:
        assert self._entry
        self._stalls.start()
        cpu, begin = time.process_time(), time.monotonic()
        await set_up()
        loaded = time.monotonic() - begin
        if self._entry.state is not ConfigEntryState.LOADED:
            raise RuntimeError(
                f"{self._entry.domain}: {self._entry.state} {self._entry.reason}"
            )
        async with asyncio.timeout(PATIENCE):
            while self._living() < shown:
                await asyncio.sleep(POLL)
        return {
            "loaded": loaded,
            "shown": time.monotonic() - begin,
            "cpu": time.process_time() - cpu,
            "states": self._living(),
            **self._stalls.stop(),
        }

    def _living(self) -> int:
        """Return how many states there are that somebody writes; unload leaves the registry's behind."""
        return sum(
            "restored" not in state.attributes
            for state in self._hass.states.async_all()
        )

    async def connected(self) -> None:
        """Wait until Maestra has its broker."""
        async with asyncio.timeout(PATIENCE):
            while not all(link.connected for link in self._maestra.links):
                await asyncio.sleep(POLL)

    def counts(self) -> dict[str, float]:
        """Return CPU seconds and what passed since the start."""
        links = self._links()
        return {
            "cpu": time.process_time(),
            "now": time.monotonic(),
            "writes": self._writes,
            "taken": (
                sum(link.transport.counters.received for link in links)
                if links
                else self._writes
            ),
            "refused": sum(link.gateway.counters["refused"] for link in links),
            "unsent": sum(link.gateway.counters["unsent"] for link in links),
            "told": sum(link.transport.counters.published for link in links),
            "pending": sum(
                getattr(link.transport, "unacknowledged", 0) for link in links
            ),
        }

    async def expect(self, taken: float, patience: float) -> dict[str, float]:
        """Wait until so much was taken over since the start, and all that is told of it; returns the counts then."""
        end = time.monotonic() + patience
        while (counts := self.counts())["now"] < end:
            if counts["taken"] >= taken and not counts["pending"]:
                break
            await asyncio.sleep(POLL)
        return counts

    def entity(self, domain: str, of: str) -> str:
        """Return the id of an entity by how it ends."""
        return next(
            each
            for each in self._hass.states.async_entity_ids(domain)
            if each.endswith(of)
        )

    async def shown(self, entity: str, value: float) -> None:
        """Wait until a state is a number."""
        async with asyncio.timeout(PATIENCE):
            while (state := self._hass.states.get(entity)) is None or (
                state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
                or float(state.state) != value
            ):
                await asyncio.sleep(POLL)

    def gateway(self, key: str) -> dict[str, float]:
        """Return CPU seconds and what a listener has counted since the start."""
        assert self._entry
        link = self._entry.runtime_data.links.get(key)
        return {
            "cpu": time.process_time(),
            "now": time.monotonic(),
            "clients": link.gateway.clients,
            **link.gateway.counters.as_dict(),
        }

    async def act(
        self, domain: str, action: str, data: dict[str, Any]
    ) -> dict[str, Any]:
        """Run an action, once its entity has told what it is; returns when it began, when it was done, and the state."""
        entity = data["entity_id"]
        async with asyncio.timeout(PATIENCE):
            while (state := self._hass.states.get(entity)) is None or (
                state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN)
            ):
                await asyncio.sleep(POLL)
        begin = time.monotonic()
        await self._hass.services.async_call(domain, action, data, blocking=True)
        end, state = time.monotonic(), self._hass.states.get(entity)
        return {"begin": begin, "end": end, "state": state and state.state}

    async def change(self, entity: str, rate: float, seconds: float) -> None:
        """Change an entity evenly, from inside."""
        assert self._entry
        entities = self._entry.runtime_data.domain.entities
        begin, turn, last = time.monotonic(), 0, rate * seconds
        while turn < last:
            while turn < min(last, (time.monotonic() - begin) * rate):
                entities.update(entity, {"value": turn + 0.5})
                turn += 1
            await asyncio.sleep(1 / rate)

    def tell_states(self, on: bool) -> None:
        """Switch the three state events of a change off or on again. The product has no such switch."""
        if self._restore:
            self._restore()
            self._restore = None
        if not on:
            assert self._entry
            listeners = self._entry.runtime_data.domain.bus._listeners  # noqa: SLF001
            kind = next(kind for kind in listeners if kind.__name__ == "StateChanged")
            known = listeners[kind]
            listeners[kind] = tuple(
                it for it in known if getattr(it, "__name__", "") != "_announce"
            )
            self._restore = lambda: listeners.update({kind: known})

    def watch(self) -> None:
        """Watch for stalls and note what is shown when."""
        self._log = array("d")
        self._stalls.start()

    def watched(self, log: str | None = None) -> dict[str, float]:
        """Stop watching; writes what was shown when, where it is wanted, and returns the longest stall."""
        stalls = self._stalls.stop()
        assert self._log is not None
        if log:
            Path(log).write_bytes(self._log.tobytes())
        self._log = None
        return stalls

    def memory(self) -> dict[str, float]:
        """Return the resident memory in bytes, after a garbage collection."""
        gc.collect()
        return {"resident": _resident()}

    def whole(self) -> dict[str, float]:
        """Return CPU seconds, the resident memory in bytes, and what was written and spared since the start."""
        hub = self._maestra
        return {
            "cpu": time.process_time(),
            "loop": time.thread_time(),
            "resident": _resident(),
            "written": hub.writer.counters["written"],
            "spared": hub.writer.counters["spared"],
            "unsent": sum(link.gateway.counters["unsent"] for link in self._links()),
            "spooled": self._store.counters["rows_spooled"],
        }

    async def ingest(
        self, table: str, device: str, rate: float, seconds: float
    ) -> dict[str, float]:
        """Record readings evenly (time, device, series, value); returns how many, in how many seconds."""
        store, into = self._store, self._maestra.records.tables[table]
        number, total, begin = 0, int(rate * seconds), time.monotonic()
        while number < total:
            due = int((time.monotonic() - begin) * rate)
            due = min(total, due, number + MOST_AT_ONCE)
            for turn in range(number, due):
                store.record(into, (datetime.now(UTC), device, turn % SERIES, turn / 7))
            number = due
            await asyncio.sleep(POLL)
        took = time.monotonic() - begin
        await store.flush()
        return {"sent": number, "seconds": took}

    @property
    def _maestra(self) -> Any:
        """Return the loaded hub, whoever has set it up."""
        (entry,) = self._hass.config_entries.async_loaded_entries("maestra")
        return entry.runtime_data

    @property
    def _store(self) -> Any:
        kind = "timescale_store"
        return next(link for link in self._maestra.links if link.kind == kind).store

    def _links(self) -> list[Any]:
        if not self._hass.config_entries.async_loaded_entries("maestra"):
            return []
        return [link for link in self._maestra.links if link.kind == "mqtt_broker"]

    @callback
    def _state_changed(self, event: Event[EventStateChangedData]) -> None:
        self._writes += 1
        if self._log is None or (state := event.data["new_state"]) is None:
            return
        # sensor.room_0_bench_00012, as the main variable has its entity's name, or sensor.bench_00012_value
        domain, _, name = state.entity_id.partition(".")
        number, _, variable = name.partition("bench_")[2].partition("_")
        if domain == "sensor" and number and variable in ("", "value"):
            with contextlib.suppress(ValueError):
                self._log.extend((float(number), float(state.state), time.monotonic()))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE

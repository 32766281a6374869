"""The running connection to a cluster: the latest values that its workers tell, and how it and they are."""

import asyncio
from dataclasses import asdict
from functools import partial
import time
from typing import Any, Final, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback

from ...const import (
    CONF_BUCKET,
    CONF_MISMATCH,
    CONF_PARTITIONS,
    CONF_QS,
    CONF_STREAM,
    CONF_WORKERS,
    CONF_ZONE,
    DEFAULT_STREAM,
    DEFAULT_ZONE,
)
from ...core.bus import Unsubscribe
from ...core.domain.json_values import JsonObject
from ...core.nats.cluster import ClusterState, ClusterWatch
from ...core.nats.live import LiveReader
from ...core.nats.partition import StreamSettings
from ...core.qs.registry import Mismatch
from ...core.store.store import Store
from ...core.worker.settings import SettingsInvalid
from ...core.worker.shared import SharedSettings, shared_settings
from ...hub.hub import Hub
from ...hub.issues import async_set_link_issue
from .cluster_flow import cluster_settings
from .link import NatsConnectionLink

CLUSTER_UNREACHABLE: Final = "cluster_unreachable"
NO_WORKERS: Final = "cluster_without_workers"
COPIES_MISSING: Final = "cluster_copies_missing"
STREAM_MISSING: Final = "cluster_stream_unreadable"
SETTINGS_MISSING: Final = "cluster_settings_unwritten"
TELL_AFTER: Final = 60.0
"""Seconds that something is wrong before it is told: a worker or a server may be restarted."""


class ClusterLink(NatsConnectionLink):
    """One cluster. Its id is the gateway of all that comes in here."""

    issue = CLUSTER_UNREACHABLE
    subject = "cluster"
    model = "NATS JetStream cluster"

    def __init__(self, hub: Hub, subentry: ConfigSubentry) -> None:
        """Build, but connect nothing."""
        super().__init__(hub, subentry, cluster_settings(subentry.data))
        self._hub = hub
        self.gateway = LiveReader(self.connection, self._heard)
        self._watch = ClusterWatch(
            self.connection,
            subentry.data[CONF_STREAM],
            StreamSettings().durable,
            self._looked,
        )
        bucket = subentry.data[CONF_BUCKET]
        self._settings = (
            SharedSettings(self.connection, bucket, self._wanted) if bucket else None
        )
        self._wrong_since: dict[str, float] = {}

    @property
    def state(self) -> ClusterState | None:
        """How the cluster is, None while that is not known."""
        return self._watch.state if self.connected else None

    @property
    def workers(self) -> int | None:
        """How many workers say that they are there."""
        return self._watch.workers if self.connected else None

    @override
    def diagnostics(self) -> dict[str, Any]:
        """Add how the cluster and its workers are."""
        state = self.state
        return {
            **super().diagnostics(),
            "workers": self.workers,
            "cluster": None if state is None else asdict(state),
            "stream_error": self._watch.error,
            "live_error": self.gateway.error,
            "settings_error": self._settings and self._settings.error,
        }

    @override
    def _begin(self) -> list[Unsubscribe]:
        return [
            self._watch.start(),
            self.connection.on_connection(self._connection_changed),
        ]

    @override
    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.connection.run())
            tasks.create_task(self.gateway.run())
            tasks.create_task(self._watch.run())
            if self._settings is not None:
                tasks.create_task(self._settings.run())

    @override
    async def stop(self) -> None:
        """Disconnect, and take back what was told."""
        try:
            await super().stop()
        finally:
            for kind in (NO_WORKERS, COPIES_MISSING, STREAM_MISSING, SETTINGS_MISSING):
                self._tell(kind, is_wrong=False)

    def _heard(self, dialect: str, payload: bytes) -> None:
        if take := self._hub.domain.live.get(dialect):
            take(payload, self.id)

    @callback
    def _looked(self) -> None:
        """Tell what is wrong for a while."""
        state, is_up = self.state, self.connected
        tell = partial(self._tell, stream=self.data[CONF_STREAM])
        tell(
            STREAM_MISSING,
            is_wrong=is_up and state is None,
            reason=self._watch.error or "-",
        )
        tell(
            NO_WORKERS,
            is_wrong=state is not None
            and (not self.workers or (state.idle > 0 and state.waiting > 0)),
            waiting=str(state.waiting if state else 0),
            idle=str(state.idle if state else 0),
        )
        tell(
            COPIES_MISSING,
            is_wrong=state is not None and state.behind > 0,
            behind=str(state.behind if state else 0),
            copies=str(state.copies if state else 0),
        )
        reason = None if self._settings is None else self._settings.error
        tell(
            SETTINGS_MISSING,
            is_wrong=is_up and reason is not None,
            reason=reason or "-",
        )

    def _wanted(self) -> JsonObject:
        """Return what all workers are to know; raises SettingsInvalid."""
        if (store := self._hub.service(Store)) is None:
            raise SettingsInvalid("there is no database")
        data, qs = self.data, self._entry.options.get(CONF_QS, {})
        stream = {
            key: data[key] for key in (CONF_STREAM, CONF_PARTITIONS, CONF_WORKERS)
        }
        if data[CONF_STREAM] != DEFAULT_STREAM:
            # What came over NATS has no more than the topic.
            stream["prefix"] = ""
        return shared_settings(
            store.settings,
            stream=stream,
            qs={
                "zone": qs.get(CONF_ZONE, DEFAULT_ZONE),
                "mismatch": qs.get(CONF_MISMATCH, Mismatch.WARN.value),
            },
            reports={},
        )

    def _tell(self, kind: str, *, is_wrong: bool, **said: str) -> None:
        if not is_wrong:
            self._wrong_since.pop(kind, None)
            async_set_link_issue(self._hass, kind, self, is_there=False)
            return
        since = self._wrong_since.setdefault(kind, time.monotonic())
        if time.monotonic() - since >= TELL_AFTER:
            async_set_link_issue(self._hass, kind, self, is_there=True, **said)

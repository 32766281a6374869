"""With a paho that we do not know from the inside: its public parts do, if more slowly."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
import logging
from pathlib import Path

import pytest

from custom_components.maestra.core.mqtt import tuning
from custom_components.maestra.core.transport import libraries
from tests.kits.broker import Broker
from tests.kits.process import PATIENCE

from . import test_direct as direct

BEHAVIOURS: tuple[Callable[[Broker], Awaitable[None]], ...] = (
    direct.test_message_reaches_the_handler_and_is_acknowledged,
    direct.test_large_and_many_messages_arrive_whole_and_in_order,
    direct.test_published_messages_arrive,
    direct.test_backlog_beyond_the_window_is_sent_in_order,
    direct.test_unacknowledged_message_survives_a_restart_of_the_broker,
    direct.test_broker_waits_when_nothing_is_acknowledged,
    direct.test_messages_sent_while_away_are_kept_for_us,
    direct.test_handlers_come_and_go_while_connected,
    direct.test_publication_without_acknowledgement_is_sent_again,
    direct.test_idle_connection_is_kept_alive,
    direct.test_second_client_of_the_same_id_is_the_reason,
    direct.test_outgoing_backlog_is_bounded_in_messages,
    direct.test_cancelling_leaves_nothing,
)


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "IS_TUNED", False)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncGenerator[Broker]:
    async with Broker(tmp_path / "broker", persistent=True) as broker:
        yield broker


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda each: each.__name__[5:])
async def test_it_is_the_same(
    broker: Broker, behaviour: Callable[[Broker], Awaitable[None]]
) -> None:
    await behaviour(broker)


async def test_a_refused_message_does_not_end_every_connection(tmp_path: Path) -> None:
    """Paho can't read the refusal, which ends the connection: twice, and not for ever."""
    async with (
        Broker(tmp_path, lines=["message_size_limit 1500"]) as broker,
        direct.connected(direct.settings_for(broker)) as run,
        broker.peer() as peer,
    ):
        run.transport.publish("out/1", b"x" * 2_000, qos=1)
        async with asyncio.timeout(PATIENCE):
            while run.transport.unacknowledged:
                await asyncio.sleep(0.01)
        await run.listener.is_told(True, times=2)
        run.transport.publish("out/1", b"next", qos=1)
        assert (await peer.receives("out/1")).payload == b"next"

        assert run.transport.counters.refused == 1


async def test_fewer_in_flight_are_sent_from_the_second_connection_on(
    tmp_path: Path,
) -> None:
    async with (
        Broker(tmp_path, lines=["max_inflight_messages 5"]) as broker,
        direct.connected(direct.settings_for(broker)) as run,
    ):
        await broker.restart()
        await run.listener.is_told(True, times=2)
        assert run.transport.window == 5
        assert run.transport._session is not None
        assert run.transport._session._client.max_inflight_messages == 5


@pytest.mark.parametrize("distribution", libraries.TESTED)
def test_the_installed_version_is_the_tested_one(distribution: str) -> None:
    """Another one has to be looked at from the inside before it is named there."""
    assert libraries.is_tested(distribution)


@pytest.mark.parametrize("distribution", libraries.TESTED)
def test_another_version_is_told(
    distribution: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(libraries, "version", lambda _: "99.0")

    assert not libraries.is_tested(distribution)

    assert f"{distribution} is installed as 99.0" in caplog.text

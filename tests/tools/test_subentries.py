"""Services are set up once, changed where they are told otherwise, and people's own are left alone."""

from pathlib import Path
from typing import Any, cast

import pytest

from scripts.stack.context import Context, Memory
from scripts.stack.hass_api import HassApi
from scripts.stack.ports import Ports
from scripts.stack.subentries import Subentry, set_up
from scripts.stack.supervisor import Supervisor

KIND = "mqtt_broker"


class Hub:
    """Has subentries, and notes what flows were started on them."""

    def __init__(self, *present: str) -> None:
        self.present = list(present)
        self.flows: list[str | None] = []

    async def command(self, kind: str, entry_id: str) -> list[dict[str, str]]:
        others = [{"subentry_id": "store", "subentry_type": "timescale_store"}]
        ours = [{"subentry_id": it, "subentry_type": KIND} for it in self.present]
        return others + ours

    async def post(self, path: str, body: Any) -> dict[str, str]:
        found = body.get("subentry_id")
        self.flows.append(found)
        self.present += [f"new-{len(self.present)}"] * (found is None)
        return {"type": "create_entry"}


@pytest.fixture
def memory() -> Memory:
    """Nothing was set up before."""
    return Memory()


async def tell(hub: Hub, memory: Memory, folder: Path, **more: Any) -> None:
    """Set a broker up."""
    context = Context(
        config=folder,
        data=folder,
        ports=Ports.from_base(None),
        memory=memory,
        api=cast(HassApi, hub),
        supervisor=cast(Supervisor, None),
    )
    subentry = Subentry(
        kind=KIND,
        answers=lambda _: {"direct": {"port": more.get("port", 1)}},
        second=more.get("second"),
    )
    await set_up(context, "hub", subentry)


async def test_each_of_a_kind_is_set_up_once(memory: Memory, tmp_path: Path) -> None:
    hub = Hub()
    for _ in range(2):
        await tell(hub, memory, tmp_path)
        await tell(hub, memory, tmp_path, second="other")
    assert hub.flows == [None, None]
    assert memory.subentry_ids == {KIND: "new-0", "other": "new-1"}


async def test_what_is_told_otherwise_is_changed(
    memory: Memory, tmp_path: Path
) -> None:
    hub = Hub()
    for port in (1, 2):
        await tell(hub, memory, tmp_path, port=port)
        await tell(hub, memory, tmp_path, port=port, second="other")
    assert hub.flows == [None, None, "new-0", "new-1"]


async def test_the_first_is_taken_over_and_a_second_added(
    memory: Memory, tmp_path: Path
) -> None:
    """Of an earlier version there is no id of the first; a second is never a person's own."""
    hub = Hub("old", "own")
    await tell(hub, memory, tmp_path)
    await tell(hub, memory, tmp_path, second="other")
    assert memory.subentry_ids == {KIND: "old", "other": "new-2"}


async def test_what_was_deleted_comes_back(memory: Memory, tmp_path: Path) -> None:
    hub = Hub()
    await tell(hub, memory, tmp_path, second="other")
    hub.present.clear()
    await tell(hub, memory, tmp_path, second="other")
    assert hub.flows == [None, None]

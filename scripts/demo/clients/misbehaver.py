"""A device that does everything wrong, gently: what Maestra makes of it is seen in its error topic and counters."""

from collections.abc import Coroutine, Iterable
from random import Random
from typing import Any, Final, override

from scripts.demo.board import Board, board_topic
from scripts.demo.catalogue import MOODY_BOARD, Json
from scripts.demo.client import main
from scripts.demo.motion import ticks

SEED: Final = 20261121
MISDEED_S: Final = 3
HEARTBEAT_S: Final = 10
TOO_DEEP: Final = 40
REFUSAL: Final = "not in the mood"

UPDATE: Final = "maestra/entity/state/update"
FADER: Final = f"{UPDATE}/moody-fader"
STRANGER: Final = f"{UPDATE}/moody-stranger"
"""An entity that is in no catalogue: Maestra makes it of what it hears."""


def _nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


# Topic and payload; bytes go out as they are.
MISDEEDS: Final[tuple[tuple[str, Json], ...]] = (
    (FADER, b'{"level": 12, "armed"'),
    (FADER, b"\xff\xfe level = 12"),
    (FADER, b'{"level": NaN}'),
    (FADER, [1, 2, 3]),
    (FADER, 42),
    (FADER, _nested(TOO_DEEP)),
    (FADER, {"level": 900}),
    (FADER, {"level": "loud", "armed": "perhaps", "mode": "furious"}),
    (FADER, {"level": 50, "armed": True, "mode": "upset"}),
    (STRANGER, {"value": 12}),
    (STRANGER, {"value": "twelve"}),
    (STRANGER, {"value": True}),
    (UPDATE, {"level": 1}),
    (f"{UPDATE}/No Such Slug!", {"level": 1}),
    ("maestra/device/heartbeat/ghost", {}),
    ("maestra/device/register", {"name": "Nameless"}),
)


class Misbehaver(Board):
    """Plays the moody fader of the catalogue, and is the board behind it."""

    name = "misbehaver"
    hardware_id = MOODY_BOARD
    introduction = {
        "name": "Moody board (misbehaves on purpose)",
        "device_type": "arduino",
    }

    topics = (board_topic("device/configuration", MOODY_BOARD),)

    def __init__(self) -> None:
        """Begin as every time: the order of the misdeeds is always the same."""
        super().__init__()
        self._random = Random(SEED)

    @override
    def acts(self) -> Iterable[Coroutine[Any, Any, None]]:
        return self._live(), self._misbehave()

    @override
    async def on_message(self, message: dict[str, Json]) -> None:
        """Take over no configuration that has anything in it."""
        match message:
            case {
                "type": "device_configuration",
                "version": int(version),
                "configuration": configuration,
            }:
                await self.applied(version, REFUSAL if configuration else None)
            case _:
                await super().on_message(message)

    async def _live(self) -> None:
        async for _ in ticks(HEARTBEAT_S):
            await self.heartbeat()

    async def _misbehave(self) -> None:
        async for _ in ticks(MISDEED_S):
            topic, body = self._random.choice(MISDEEDS)
            await self.publish(topic, body)


if __name__ == "__main__":
    main(Misbehaver())

"""Fades: values that move to where they shall be over a time, many at once, each attribute by one hand alone."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import floor, inf, isclose
from typing import Final

from ..bus import Bus, get_logger, together
from ..domain.clock import utcnow
from ..domain.entities import Entities
from ..domain.errors import MaestraError, TooMany, UnknownEntity
from ..domain.events import EntityDeleted, StateChanged
from ..domain.json_values import JsonObject, JsonValue, is_same
from ..domain.source import Source
from ..domain.variables import is_number
from .at import RECHECK
from .changes import ChangeSet, States, new_correlation_id
from .curves import WAYS, Curve
from .events import ScheduleChanged
from .interpolation import Path, path
from .stage import Movable, Outside, Stage, is_outside

_LOGGER = get_logger(__name__)

STEP: Final = 1 / 40
"""Seconds between two steps, at least: as lighting consoles do."""
SLICE: Final = 0.005
"""Seconds after which a step lets others have their turn of the loop."""
EARLY: Final = 0.001
"""Seconds that a timer may be early."""
LATEST: Final = 60.0
"""Seconds after a restart in which what is outside may join a fade that goes on."""
MAX_WAITING: Final = 1_000
MAX_MOVES: Final = 10_000
# A client may say again what it was told in the last seconds: that is no hand on the fader.
_ECHOES: Final = 80
_ACCURACY: Final = 1e-6

type _Attribute = tuple[str, str]
"""Id of an entity, and the key in its state."""


@dataclass(slots=True, kw_only=True, eq=False)
class Fade:
    """A change over a time: `states` are where it ends, `over` the seconds that it takes, `delay` those until it begins.

    Of two on one attribute the later goes on, unless the earlier has a higher `priority`. `change` has what was there before.
    `correlation_id` is what all its changes are told with. `group` is what it is held, resumed and cancelled with: by default it is alone. One with a time, `at`, begins then, and outlives a restart. `began` is the fader's time at which it was taken.
    One that `goes_on` after a restart waits for what is not there yet.
    """

    states: States
    source: Source
    over: float = 0
    delay: float = 0
    curve: Curve = Curve.LINEAR
    priority: int = 0
    change: ChangeSet = field(default_factory=ChangeSet)
    correlation_id: str = field(default_factory=new_correlation_id)
    at: datetime | None = None
    group: object = None
    began: float | None = None
    goes_on: bool = False

    def __post_init__(self) -> None:
        """Be alone where there is no group."""
        if self.group is None:
            self.group = self


@dataclass(slots=True, eq=False)
class _Move:
    """One attribute on its way; without a way it stays until the time is over. `held` is since when it stands still."""

    fade: Fade
    began: float
    end: JsonValue
    way: Path | None
    held: float | None = None
    written: deque[JsonValue] = field(default_factory=lambda: deque(maxlen=_ECHOES))

    def share(self, now: float) -> float:
        """Return the share of the time that is over, from 0 to 1."""
        passed = now - self.began
        if passed >= self.fade.over - EARLY:
            return 1.0
        return max(0.0, passed / self.fade.over)


@dataclass(slots=True, eq=False)
class _Absent:
    """What a fade that goes on is still to move, once it is there; `held` is since when the fade stands still."""

    fade: Fade
    patch: JsonObject
    ends: float
    held: float | None = None


class Fader:
    """Moves attributes of entities, step by step, by the monotonic clock: a late step is left out, and never made up for.

    Whoever else changes an attribute takes it over at once. Belongs to the running event loop.
    """

    def __init__(
        self, bus: Bus, entities: Entities, outside: Outside | None = None
    ) -> None:
        """Move nothing yet."""
        self.stage = Stage(entities, outside)
        self.stage.on_takeover(self._taken)
        self.stage.on_arrival(self._arrived)
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._moves: dict[_Attribute, _Move] = {}
        self._waiting: dict[Fade, asyncio.TimerHandle] = {}
        # Those that wait and are held, with the seconds that they have still to wait.
        self._held: dict[Fade, float] = {}
        self._absent: dict[str, list[_Absent]] = {}
        self._given_up: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        # What of this step is still to be written: keys by entity.
        self._left: dict[str, list[str]] = {}
        # What we write this moment: of whom, and what.
        self._writing: tuple[Movable, JsonObject] | None = None
        self._unsubscribe = together(
            bus.subscribe(StateChanged, self._changed),
            bus.subscribe(EntityDeleted, self._deleted),
        )

    @property
    def moving(self) -> int:
        """How many attributes are on their way."""
        return len(self._moves)

    @property
    def waiting(self) -> int:
        """How many fades have not begun."""
        return len(self._waiting) + len(self._held)

    def start(self, fade: Fade) -> None:
        """Take a fade: what takes no time is done on return. Raises as `check` does, and TooMany; then nothing has changed."""
        self._check(fade)
        # One without any counts too: each is kept.
        attributes = sum(max(1, len(patch)) for patch in fade.states.values())
        if self.moving + attributes > MAX_MOVES:
            raise TooMany(kind="attributes that move", limit=MAX_MOVES)
        if fade.at is not None:
            fade.delay = max(0.0, (fade.at - utcnow()).total_seconds())
        elif fade.began is None:
            fade.began = self._now()
        if fade.delay <= 0:
            self._begin(fade)
            return
        if self.waiting >= MAX_WAITING:
            raise TooMany(kind="fades that wait", limit=MAX_WAITING)
        self._wait(fade, fade.delay)
        self._tell_of(fade)

    def _check(self, fade: Fade) -> None:
        for key, patch in fade.states.items():
            try:
                self.stage.check(key, patch)
            except UnknownEntity:
                if not (fade.goes_on and is_outside(key)):
                    raise

    @property
    def scheduled(self) -> list[Fade]:
        """The fades that have a time, and have not begun."""
        return [fade for fade in self._waiting if fade.at is not None]

    def stop(self, entity_ids: Iterable[str] | None = None) -> None:
        """Leave attributes of these entities (default: of all) where they are, now and where a fade has not begun."""
        ids = None if entity_ids is None else {*entity_ids}
        self._leave_out(lambda attribute: ids is None or attribute[0] in ids)

    def cancel(self, group: object) -> None:
        """Leave out what is still to be done for a group of fades."""
        self._drop(lambda _attribute, move: move.fade.group is group)
        self._absent = {
            key: left
            for key, all_ in self._absent.items()
            if (left := [it for it in all_ if it.fade.group is not group])
        }
        for fade in [fade for fade in self._waiting if fade.group is group]:
            self._waiting.pop(fade).cancel()
            self._tell_of(fade)
        for fade in [fade for fade in self._held if fade.group is group]:
            del self._held[fade]

    def hold(self, group: object) -> None:
        """Let a group of fades stand still, and those of it that wait wait longer."""
        now = self._now()
        moving: list[_Move | _Absent] = [*self._moves.values(), *self._all_absent()]
        for it in moving:
            if it.fade.group is group and it.held is None:
                it.held = now
        for fade in [fade for fade in self._waiting if fade.group is group]:
            timer = self._waiting.pop(fade)
            self._held[fade] = max(0.0, timer.when() - self._loop.time())
            timer.cancel()

    def resume(self, group: object) -> None:
        """Let a group of fades go on for the rest of their time."""
        now = self._now()
        for move in self._moves.values():
            if move.fade.group is group and move.held is not None:
                move.began += now - move.held
                move.held = None
        for absent in self._all_absent():
            if absent.fade.group is group and absent.held is not None:
                absent.ends += now - absent.held
                absent.held = None
        for fade in [fade for fade in self._held if fade.group is group]:
            left = self._held.pop(fade)
            fade.began = now + left - fade.delay
            self._wait(fade, left)
        self._plan(now)

    def force(self, states: States, source: Source) -> None:
        """Change entities at once, whatever moves them, or waits to; those that are not known any more are left out."""
        known = [
            (entity, patch)
            for key, patch in states.items()
            if (entity := self.stage.get(key)) is not None
        ]
        forced = {(entity.id, name) for entity, patch in known for name in patch}
        self._leave_out(forced.__contains__)
        correlation_id = new_correlation_id()
        for entity, patch in known:
            self._write(entity, patch, source, correlation_id)

    def close(self) -> None:
        """End: what is moving is where it shall be, what waits is left out. What has a time is still known, to be saved."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting = {
            fade: timer for fade, timer in self._waiting.items() if fade.at is not None
        }
        self._held.clear()
        self._absent.clear()
        if self._given_up is not None:
            self._given_up.cancel()
        self._step(is_whole=True, is_last=True)
        self._unsubscribe()

    def step(self) -> None:
        """Write where everything is now, and where it ends what is over."""
        self._step(is_whole=True)

    def _tell_of(self, fade: Fade) -> None:
        if fade.at is not None:
            self._bus.publish(ScheduleChanged())

    def _wait(self, fade: Fade, seconds: float) -> None:
        if fade.at is not None:
            seconds = min(seconds, RECHECK)
        self._waiting[fade] = self._loop.call_later(seconds, self._begin_late, fade)

    def _begin_late(self, fade: Fade) -> None:
        if fade.at is not None and (left := fade.at - utcnow()) > timedelta(0):
            self._wait(fade, left.total_seconds())
            return
        del self._waiting[fade]
        self._begin(fade)
        self._tell_of(fade)

    def _begin(self, fade: Fade) -> None:
        now = self._now()
        # Not when its timer had its turn.
        began = now if fade.began is None else fade.began + fade.delay
        for key, patch in fade.states.items():
            if (entity := self.stage.get(key)) is None:
                if is_outside(key) and (fade.goes_on or self._absent):
                    self._await(key, _Absent(fade, patch, began + fade.over))
                continue
            taken = {
                name: value
                for name, value in patch.items()
                if self._priority(entity, name) <= fade.priority
            }
            fade.change.keep(entity.id, taken, entity.state)
            at_once: JsonObject = {}
            for name, value in taken.items():
                attribute = entity.id, name
                self._moves.pop(attribute, None)
                way = None
                if fade.over > 0 and fade.curve is not Curve.HOLD:
                    way = path(
                        entity.state.get(name), value, entity.variables.get(name)
                    )
                if way or (fade.over > 0 and fade.curve is Curve.HOLD):
                    self._moves[attribute] = _Move(fade, began, value, way)
                else:
                    at_once[name] = value
            if at_once:
                self._write(entity, at_once, fade.source, fade.correlation_id)
        self._plan(now)

    # What is not there yet.

    def _await(self, key: str, absent: _Absent) -> None:
        """Let a fade wait for what comes; of two on one attribute one is left, as if it were there."""
        others = self._absent.setdefault(key, [])
        for other in others:
            later, earlier = absent, other
            if other.fade.priority > absent.fade.priority:
                later, earlier = other, absent
            earlier.patch = {
                name: value
                for name, value in earlier.patch.items()
                if name not in later.patch
            }
        others.append(absent)
        if self._given_up is None:
            self._given_up = self._loop.call_later(LATEST, self._give_up)

    def _all_absent(self) -> Iterable[_Absent]:
        return (it for all_ in self._absent.values() for it in all_)

    def _arrived(self, key: str) -> None:
        """Let what is there now join the fades that wait for it, for the rest of their time."""
        now = self._now()
        for absent in self._absent.pop(key, ()):
            left = absent.ends - (now if absent.held is None else absent.held)
            fade = replace(
                absent.fade,
                states={key: absent.patch},
                over=max(0.0, left),
                delay=0,
                at=None,
                began=now,
                goes_on=False,
            )
            if absent.held is None:
                self._begin(fade)
            else:
                self._held[fade] = 0

    def _give_up(self) -> None:
        self._given_up = None
        if self._absent:
            _LOGGER.warning(
                "Not there after the restart, and left out of what goes on: %s",
                ", ".join(self._absent),
            )
            self._absent.clear()

    def _priority(self, entity: Movable, name: str) -> float:
        """Return that of who moves an attribute now."""
        move = self._moves.get((entity.id, name))
        return move.fade.priority if move else -inf

    def _step(self, *, is_whole: bool = False, is_last: bool = False) -> None:
        """Write one entity after the other, as many as there is time for unless it `is_whole`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        began = now = self._now()
        if not self._left or is_whole:
            self._left.clear()
            for entity_id, name in self._moves:
                self._left.setdefault(entity_id, []).append(name)
        while self._left:
            entity_id = next(iter(self._left))
            self._move(entity_id, self._left.pop(entity_id), now, is_last)
            now = self._now()
            if not is_whole and now - began >= SLICE:
                break
        self._plan(began)

    def _move(
        self, entity_id: str, names: Iterable[str], now: float, is_last: bool
    ) -> None:
        """Write where attributes of an entity are now, in one change for each set that they belong to."""
        patches: dict[tuple[Source, str], JsonObject] = defaultdict(dict)
        for name in names:
            move = self._moves.get((entity_id, name))
            if move is None or (move.held is not None and not is_last):
                continue
            share = 1.0 if is_last else move.share(now)
            if share >= 1:
                value = move.end
                del self._moves[entity_id, name]
            elif move.way is None:
                continue
            else:
                value = move.way(WAYS[move.fade.curve](share))
                move.written.append(value)
            patches[move.fade.source, move.fade.correlation_id][name] = value
        if (entity := self.stage.get(entity_id)) is not None:
            for (source, correlation_id), patch in patches.items():
                self._write(entity, patch, source, correlation_id)

    def _plan(self, began: float) -> None:
        """Go on with the step, or begin the next at a multiple of STEP, and leave others as much time as it took."""
        if self._timer is not None or not any(
            move.held is None for move in self._moves.values()
        ):
            return
        now = self._now()
        due = now + max(0.0, now - began)
        if not self._left:
            due = (floor(due / STEP) + 1) * STEP
        self._timer = self._loop.call_later(due - now, self._step)

    def _write(
        self, entity: Movable, patch: JsonObject, source: Source, correlation_id: str
    ) -> None:
        self._writing = entity, patch
        try:
            self.stage.update(
                entity.id, patch, source=source, correlation_id=correlation_id
            )
        except MaestraError as error:
            if len(patch) > 1:
                # What is wrong with one of them is nothing to the others.
                for name, value in patch.items():
                    self._write(entity, {name: value}, source, correlation_id)
                return
            for name in patch:
                # What moves it further would be refused too.
                self._moves.pop((entity.id, name), None)
            _LOGGER.warning("A fade of %s ends: %s", entity.slug, error)
        finally:
            self._writing = None

    def _drop(self, is_meant: Callable[[_Attribute, _Move], bool]) -> None:
        for attribute, move in [*self._moves.items()]:
            if is_meant(attribute, move):
                del self._moves[attribute]

    def _leave_out(self, is_meant: Callable[[_Attribute], bool]) -> None:
        """Leave attributes where they are, now and where a fade has not begun."""
        self._drop(lambda attribute, _move: is_meant(attribute))
        for key, all_ in self._absent.items():
            for absent in all_:
                absent.patch = {
                    name: value
                    for name, value in absent.patch.items()
                    if not is_meant((key, name))
                }
        for fade in [*self._waiting, *self._held]:
            fade.states = {
                key: left
                for key, patch in fade.states.items()
                if (entity := self.stage.get(key))
                and (
                    left := {
                        name: value
                        for name, value in patch.items()
                        if not is_meant((entity.id, name))
                    }
                )
            }
            self._tell_of(fade)
            if fade.states:
                continue
            self._held.pop(fade, None)
            if timer := self._waiting.pop(fade, None):
                timer.cancel()

    def _changed(self, change: StateChanged) -> None:
        """Leave an attribute to who else changes it, unless that only says again what it was told."""
        if not self._moves:
            return
        entity = change.entity
        # Who hears of it at once may change the same entity meanwhile.
        writing, patch = self._writing or (None, {})
        if writing is not entity:
            patch = {}
        for name in change.changed_keys:
            if (move := self._moves.get((entity.id, name))) is None:
                continue
            value = change.current.get(name)
            if name in patch and _is_echo(value, patch[name]):
                continue
            # Nobody in here is told and says it again: that is a hand.
            is_client = change.source.gateway is not None
            if not (is_client and any(_is_echo(value, own) for own in move.written)):
                del self._moves[entity.id, name]

    def _taken(self, entity_id: str, name: str) -> None:
        """Leave an attribute outside to who else changes it."""
        self._moves.pop((entity_id, name), None)

    def _deleted(self, event: EntityDeleted) -> None:
        self._drop(lambda attribute, _move: attribute[0] == event.entity.id)


def _is_echo(value: JsonValue, own: JsonValue) -> bool:
    """Tell whether a value is what was written, as far as 32-bit floats can say it again."""
    if is_number(value) and is_number(own):
        return isclose(value, own, rel_tol=_ACCURACY, abs_tol=_ACCURACY)
    if isinstance(value, dict) and isinstance(own, dict):
        return all(_is_echo(value.get(key), part) for key, part in own.items())
    return is_same(value, own)

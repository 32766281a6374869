"""What an assistant may see: Home Assistant's entities of Maestra that are exposed to it and that its user may read, found by what people call them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Protocol, cast

from homeassistant.auth.models import User
from homeassistant.components.homeassistant.exposed_entities import async_should_expose
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)

from ...const import DOMAIN
from ...core.cues.player import CuePlayer
from ...core.domain.entity import Entity
from ...core.domain.json_values import JsonObject
from ...core.domain.variables import Direction, Variable, VariableType
from ...core.store.entity_tables import ENTITY
from ...hub.hub import Hub
from ...hub.permissions import Needs, may

# What a number without bounds counts in, as a light shows it.
_FULL: Final = 100.0
_ARTICLES: Final = frozenset(
    {"the", "all", "a", "an", "my", "der", "die", "das", "den", "dem", "des", "alle", "allen", "aller", "ein", "eine", "einen"}
)  # fmt: skip
_PLURALS: Final = ("s", "es", "e", "n", "en", "er", "")
_RUNNING: Final = "running"
_SCENE: Final = "scene"


class _Variables(Protocol):
    """What is known of an entity that shows variables."""

    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An entity of Home Assistant with the words that people have for it and for where it is."""

    entity_id: str
    state: State
    device: str | None
    area: str | None
    own: frozenset[str]
    """Its names, and those of its device."""
    places: frozenset[str]
    """Areas, floors and labels."""


class Assistant:
    """Sees for one user of one assistant; without an assistant everything is exposed, without a user everything is allowed."""

    def __init__(self, hub: Hub, assistant: str | None, user: User | None) -> None:
        """Look at nothing yet."""
        self.hub = hub
        self._hass = hub.hass
        self._assistant = assistant
        self._user = user

    def may(self, needs: Needs, entity_id: str | None) -> bool:
        """Tell whether an entity is exposed, and the user may do this with it."""
        if entity_id is None or self._hass.states.get(entity_id) is None:
            return False
        if self._assistant and not async_should_expose(
            self._hass, self._assistant, entity_id
        ):
            return False
        return may(self._user, needs, lambda: [entity_id])

    def things(self) -> Iterator[Thing]:
        """Iterate over what may be read of Maestra."""
        registry = er.async_get(self._hass)
        return self._read(
            er.async_entries_for_config_entry(registry, self.hub.entry.entry_id)
        )

    def lights(self) -> Iterator[Thing]:
        """Iterate over lights of others that may be read: they fade too."""
        entries = er.async_get(self._hass).entities.values()
        return self._read(
            [
                it
                for it in entries
                if it.domain == Platform.LIGHT and it.platform != DOMAIN
            ]
        )

    def _read(self, entries: Iterable[er.RegistryEntry]) -> Iterator[Thing]:
        words = _Words(self._hass)
        for entry in entries:
            if self.may(Needs.READ, entry.entity_id):
                state = self._hass.states.get(entry.entity_id)
                yield words.thing(entry, cast(State, state))

    def called(self, name: str, more: Iterable[Thing] = ()) -> list[Thing]:
        """Return what of Maestra, and of `more`, people mean by a name: what is called so itself, else what is at such a place or has such a label, else a family as Wash 1 and Wash 2 are by "washes"."""
        meant = plain(name)
        things = [*self.things(), *more]
        singulars = {meant[: len(meant) - len(end)] for end in _PLURALS if meant.endswith(end)}  # fmt: skip
        tests: tuple[Callable[[Thing], bool], ...] = (
            lambda thing: meant in thing.own,
            lambda thing: meant in thing.places,
            lambda thing: not singulars.isdisjoint(map(_family, thing.own)),
        )
        for test in tests:
            if found := [thing for thing in things if test(thing)]:
                return found
        return []

    def cue_lists(self, players: Iterable[CuePlayer]) -> list[CuePlayer]:
        """Return the lists that may be run: those whose switch is exposed."""
        return [
            player
            for player in players
            if self.may(
                Needs.CONTROL, self._shown(player.id, Platform.SWITCH, _RUNNING)
            )
        ]

    def may_cue(self, player: CuePlayer, number: str) -> bool:
        """Tell whether the scene of a cue is exposed."""
        entity_id = self._shown(player.id, Platform.SCENE, f"{_SCENE}_{number}")
        return self.may(Needs.CONTROL, entity_id)

    def level(self, thing: Thing, share: float) -> tuple[str, JsonObject] | None:
        """Return the Maestra entity behind a light or a fader, or the light of others itself, and the state that is this share of its range, 0 to 1; None where there is no such thing."""
        registered = er.async_get(self._hass).async_get(thing.entity_id)
        if registered is None or registered.platform != DOMAIN:
            return thing.entity_id, {"brightness": round(share * _FULL, 4)}
        found = self._variables(registered)
        if found is None:
            return None
        entity, variables = found
        dimmer = next((it for it in variables if _is_dimmer(it)), None)
        is_light = thing.state.domain == Platform.LIGHT
        if dimmer is None or not (is_light or all(map(isfinite, dimmer.bounds))):
            return None
        low, high = dimmer.bounds
        low, high = low if isfinite(low) else 0.0, high if isfinite(high) else _FULL
        patch: JsonObject = {dimmer.name: round(low + (high - low) * share, 4)}
        if share > 0:
            # What is off would be faded in the dark.
            patch |= {
                it.name: True for it in variables if it.type is VariableType.BOOLEAN
            }
        return entity.slug, patch

    def _variables(
        self, registered: er.RegistryEntry
    ) -> tuple[Entity, Sequence[Variable]] | None:
        owner, _, key = registered.unique_id.partition(":")
        entity = self.hub.domain.entities.get(owner)
        shown = self.hub.presenter.find(owner, Platform(registered.domain), key)
        if entity is None or shown is None:
            return None
        series = shown.series
        if series is None or series.kind is not ENTITY:
            return None
        return entity, cast(_Variables, shown.presentation).variables

    def _shown(self, owner: str, platform: Platform, key: str) -> str | None:
        shown = self.hub.presenter.find(owner, platform, key)
        return None if shown is None else self.hub.presenter.entity_id(shown)


class _Words:
    """What people call entities, devices and places, looked up once for many."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._devices = dr.async_get(hass)
        self._areas = ar.async_get(hass)
        self._floors = fr.async_get(hass)
        self._labels = lr.async_get(hass)

    def thing(self, entry: er.RegistryEntry, state: State) -> Thing:
        device = self._devices.async_get(entry.device_id or "")
        area = self._areas.async_get_area(
            entry.area_id or (device and device.area_id) or ""
        )
        floor = self._floors.async_get_floor((area and area.floor_id) or "")
        labels = entry.labels | (device.labels if device else set())
        device_name = (device.name_by_user or device.name) if device else None
        aliases: Iterable[Any] = entry.aliases
        return Thing(
            entity_id=entry.entity_id,
            state=state,
            device=device_name,
            area=area.name if area else None,
            own=_plain_all([state.name, device_name, *aliases]),
            places=_plain_all(
                [
                    *((area.name, *area.aliases) if area else ()),
                    *((floor.name, *floor.aliases) if floor else ()),
                    *(
                        label.name
                        for label_id in labels
                        if (label := self._labels.async_get_label(label_id))
                    ),
                ]
            ),
        )


def plain(name: str) -> str:
    """Return a name as people say it: in small letters, without articles."""
    words = name.casefold().split()
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    return " ".join(words)


def _plain_all(names: Iterable[Any]) -> frozenset[str]:
    # Aliases may hold markers beside texts.
    return frozenset(plain(name) for name in names if isinstance(name, str) and name)


def _family(name: str) -> str:
    """Return a name without the number at its end."""
    return name.rstrip("0123456789").rstrip(" -_#")


def _is_dimmer(variable: Variable) -> bool:
    return variable.direction is Direction.INPUT and variable.type in (
        VariableType.NUMBER,
        VariableType.RANGE,
    )

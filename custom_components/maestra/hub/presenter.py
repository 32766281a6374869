"""Keeping Home Assistant's entities in line with what is to be shown."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Final, Protocol, cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..const import DOMAIN
from ..core.store.series import Series
from .issues import LEARN_MORE_URL, facts
from .presentation import Presentation
from .state_writer import StateWriter, WrittenEntity

type EntityFactory = Callable[[Any, Any, Any], PresentedEntity]
"""Makes an entity of the hub, its owner, and its presentation."""
type EntityFactories = Mapping[Platform, Mapping[str, EntityFactory]]
type Key = tuple[Platform, str]
type Place = tuple[Platform, str | None]
"""Platform and subentry that an entity is added to."""

# So many entities are added before others get their turn of the loop.
BATCH: Final = 25
ENTITY_LIMIT: Final = 10_000
"""Enabled entities that Home Assistant takes of one config entry (its helpers/entity_platform.py)."""
TOO_MANY_ENTITIES: Final = "too_many_entities"


class PresentedEntity(WrittenEntity, Protocol):
    """What the presenter has to know of an entity."""

    platform_domain: ClassVar[Platform]
    """The platform's domain; an entity knows its platform only once it is added."""
    is_withdrawn: bool

    @property
    def presentation(self) -> Presentation:
        """What it shows."""

    @property
    def unique_id(self) -> str | None:
        """What names it in the registry."""

    @property
    def series(self) -> Series | None:
        """The series of the store with the numbers that are shown, None where there is none."""

    def present(self, presentation: Any) -> None:
        """Show the same thing in another way."""


class Presenter:
    """Creates, replaces and removes entities, and finds those that show a value.

    An owner is what stands behind a Home Assistant device: a Maestra entity or device,
    a link, the hub. Its entities are found by owner and value: O(1) for each change.
    What Home Assistant has no room for waits, in the order in which it came, and a repair tells.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        writer: StateWriter,
        hub: object,
        factories: EntityFactories,
    ) -> None:
        """Show nothing yet. `hub` is what entities are made with."""
        self._hass = hass
        self._entry = entry
        self._writer = writer
        self._hub = hub
        self._factories = factories
        self._registry = er.async_get(hass)
        self._add_entities: dict[Platform, AddConfigEntryEntitiesCallback] = {}
        self._shown: dict[str, dict[Key, PresentedEntity]] = {}
        self._by_value: dict[str, dict[str, tuple[PresentedEntity, ...]]] = {}
        self._new: dict[Place, list[PresentedEntity]] = {}
        # Those that there is no room for.
        self._waiting: dict[PresentedEntity, Place] = {}
        self._forget_registry: CALLBACK_TYPE | None = None

    @callback
    def attach(
        self, platform: Platform, async_add_entities: AddConfigEntryEntitiesCallback
    ) -> None:
        """Say how a platform takes its entities."""
        self._add_entities[platform] = async_add_entities

    @callback
    def show(
        self,
        owner_id: str,
        owner: Any,
        presentations: Iterable[Presentation],
        *,
        subentry_id: str | None = None,
    ) -> None:
        """Show exactly these entities of an owner: new ones appear, others are updated or go."""
        # A platform that Home Assistant could not set up does not take the others along.
        wanted = {
            (item.platform, item.key): item
            for item in presentations
            if item.platform in self._add_entities
        }
        shown = self._shown.setdefault(owner_id, {})
        for key in [key for key in shown if key not in wanted]:
            self._remove(shown.pop(key))
        for key, presentation in wanted.items():
            if entity := shown.get(key):
                if entity.presentation.fits(presentation):
                    if entity.presentation != presentation:
                        entity.present(presentation)
                    self._writer.mark(entity)
                    continue
                self._remove(entity)
            factory = self._factories[presentation.platform][presentation.kind]
            entity = factory(self._hub, owner, presentation)
            shown[key] = entity
            self._add(presentation.platform, subentry_id, entity)
        self._by_value[owner_id] = _by_value(shown.values())

    @callback
    def stop(self) -> None:
        """Add nothing any more."""
        self._new.clear()
        self._waiting.clear()
        self._tell_waiting()

    @callback
    def withdraw(self, owner_id: str) -> None:
        """Remove everything that an owner shows."""
        self._by_value.pop(owner_id, None)
        for entity in self._shown.pop(owner_id, {}).values():
            self._remove(entity)

    def of(self, owner_id: str) -> Iterable[PresentedEntity]:
        """Return the entities that an owner shows."""
        return self._shown.get(owner_id, {}).values()

    def showing(self, owner_id: str, value: str) -> tuple[PresentedEntity, ...]:
        """Return the entities that show one value of an owner."""
        return self._by_value.get(owner_id, {}).get(value, ())

    def find(
        self, owner_id: str, platform: Platform, key: str
    ) -> PresentedEntity | None:
        """Return one entity of an owner, or None."""
        return self._shown.get(owner_id, {}).get((platform, key))

    def __iter__(self) -> Iterator[PresentedEntity]:
        """Iterate over everything that is shown."""
        return (entity for shown in self._shown.values() for entity in shown.values())

    @callback
    def rename(self, owner_id: str, new_id: str) -> None:
        """Give the registered entities of an owner to another, which has none."""
        for registered in er.async_entries_for_config_entry(
            self._registry, self._entry.entry_id
        ):
            owner, _, key = registered.unique_id.rpartition(":")
            if owner == owner_id:
                self._registry.async_update_entity(
                    registered.entity_id, new_unique_id=f"{new_id}:{key}"
                )

    @callback
    def remove_stale(self, is_expected: Callable[[str], bool]) -> None:
        """Remove the registered entities that nothing stands behind any more; not those with an expected owner."""
        known: Container[tuple[str, str | None]] = {
            (platform.value, entity.unique_id)
            for shown in self._shown.values()
            for (platform, _), entity in shown.items()
        }
        for registered in er.async_entries_for_config_entry(
            self._registry, self._entry.entry_id
        ):
            if (
                registered.domain,
                registered.unique_id,
            ) not in known and not is_expected(registered.unique_id):
                self._registry.async_remove(registered.entity_id)

    def _add(
        self, platform: Platform, subentry_id: str | None, entity: PresentedEntity
    ) -> None:
        # A show that comes up brings thousands of entities in one turn of the loop.
        if not self._new:
            self._hass.loop.call_soon(self._flush)
        self._new.setdefault((platform, subentry_id), []).append(entity)

    @callback
    def _flush(self) -> None:
        if not self._new:
            return
        (platform, subentry_id), entities = self._new.popitem()
        if rest := entities[BATCH:]:
            self._new[platform, subentry_id] = rest
        if self._new:
            self._hass.loop.call_soon(self._flush)
        if subentry_id and subentry_id not in self._entry.subentries:
            # Removed in this very turn of the loop; its entities are about to be withdrawn.
            entities = []
        added, room = [], self._room
        for entity in entities[:BATCH]:
            if entity.is_withdrawn:
                continue
            if not self.entity_id(entity):
                room -= 1
                if room < 0:
                    self._waiting[entity] = platform, subentry_id
                    continue
            added.append(entity)
        self._add_entities[platform](
            cast(list[Entity], added), config_subentry_id=subentry_id
        )
        if not self._new:
            self._tell_waiting()

    @property
    def _room(self) -> int:
        """How many more entities Home Assistant takes of us."""
        entities = self._registry.entities
        return ENTITY_LIMIT - entities.get_enabled_count_for_config_entry_id(
            self._entry.entry_id
        )

    @callback
    def _room_changed(self, _event: object) -> None:
        """Add those that have waited longest, as many as there is room for."""
        room = self._room - sum(map(len, self._new.values()))
        for entity in list(islice(self._waiting, max(room, 0))):
            self._add(*self._waiting.pop(entity), entity)

    def _tell_waiting(self) -> None:
        """Tell the user how many wait, and look out for room as long as any do."""
        if not self._waiting:
            if self._forget_registry is not None:
                self._forget_registry()
                self._forget_registry = None
                ir.async_delete_issue(self._hass, DOMAIN, TOO_MANY_ENTITIES)
            return
        if self._forget_registry is None:
            self._forget_registry = self._hass.bus.async_listen(
                er.EVENT_ENTITY_REGISTRY_UPDATED, self._room_changed
            )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            TOO_MANY_ENTITIES,
            is_fixable=False,
            learn_more_url=LEARN_MORE_URL,
            severity=ir.IssueSeverity.WARNING,
            translation_key=TOO_MANY_ENTITIES,
            translation_placeholders=facts(
                limit=str(ENTITY_LIMIT), waiting=str(len(self._waiting))
            ),
        )

    def _remove(self, entity: PresentedEntity) -> None:
        entity.is_withdrawn = True
        self._writer.forget(entity)
        if self._waiting.pop(entity, None) and not self._new:
            self._tell_waiting()
        self.unregister(entity)

    @callback
    def unregister(self, entity: PresentedEntity) -> None:
        """Take an entity out of the registry."""
        # Leaving the registry takes the entity along.
        if entity_id := self.entity_id(entity):
            self._registry.async_remove(entity_id)

    def entity_id(self, entity: PresentedEntity) -> str | None:
        """Return the id of an entity that is registered."""
        return self._registry.async_get_entity_id(
            entity.platform_domain, DOMAIN, entity.unique_id or ""
        )


def _by_value(
    entities: Iterable[PresentedEntity],
) -> dict[str, tuple[PresentedEntity, ...]]:
    found: dict[str, tuple[PresentedEntity, ...]] = {}
    for entity in entities:
        for value in entity.presentation.shows:
            found[value] = (*found.get(value, ()), entity)
    return found

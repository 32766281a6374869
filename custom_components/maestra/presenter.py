"""Keeping Home Assistant's entities in line with what is to be shown."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN, STREAM_PREFIX
from .presentation import Kind, Presentation
from .state_writer import StateWriter

if TYPE_CHECKING:
    from .entity import MaestraBaseEntity
    from .runtime import MaestraRuntime

type Factory = Callable[[MaestraRuntime, Any, Presentation], MaestraBaseEntity]
type Key = tuple[Platform, str]

# So many entities are added before others get their turn of the loop.
BATCH: Final = 50


class Presenter:
    """Creates, replaces and removes entities, and finds those that show a value.

    An owner is what stands behind a Home Assistant device: a Maestra entity or device,
    a link, the hub. Its entities are found by owner and variable: O(1) for each change.
    """

    def __init__(
        self, hass: HomeAssistant, runtime: MaestraRuntime, writer: StateWriter
    ) -> None:
        """Show nothing yet."""
        self._hass = hass
        self._runtime = runtime
        self._writer = writer
        self._registry = er.async_get(hass)
        self._platforms: dict[
            Platform, tuple[AddConfigEntryEntitiesCallback, Mapping[Kind, Factory]]
        ] = {}
        self._shown: dict[str, dict[Key, MaestraBaseEntity]] = {}
        self._by_variable: dict[str, dict[str, tuple[MaestraBaseEntity, ...]]] = {}
        self._new: dict[tuple[Platform, str | None], list[MaestraBaseEntity]] = {}

    @callback
    def attach(
        self,
        platform: Platform,
        async_add_entities: AddConfigEntryEntitiesCallback,
        factories: Mapping[Kind, Factory],
    ) -> None:
        """Say how a platform makes its entities."""
        self._platforms[platform] = (async_add_entities, factories)

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
            if item.platform in self._platforms
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
            _, factories = self._platforms[presentation.platform]
            entity = factories[presentation.kind](self._runtime, owner, presentation)
            shown[key] = entity
            self._add(presentation.platform, subentry_id, entity)
        self._by_variable[owner_id] = _by_variable(shown.values())

    @callback
    def stop(self) -> None:
        """Add nothing any more."""
        self._new.clear()

    @callback
    def withdraw(self, owner_id: str) -> None:
        """Remove everything that an owner shows."""
        self._by_variable.pop(owner_id, None)
        for entity in self._shown.pop(owner_id, {}).values():
            self._remove(entity)

    def of(self, owner_id: str) -> Iterable[MaestraBaseEntity]:
        """Return the entities that an owner shows."""
        return self._shown.get(owner_id, {}).values()

    def showing(self, owner_id: str, variable: str) -> tuple[MaestraBaseEntity, ...]:
        """Return the entities that show one variable of an owner."""
        return self._by_variable.get(owner_id, {}).get(variable, ())

    def find(
        self, owner_id: str, platform: Platform, key: str
    ) -> MaestraBaseEntity | None:
        """Return one entity of an owner, or None."""
        return self._shown.get(owner_id, {}).get((platform, key))

    def __iter__(self) -> Iterator[MaestraBaseEntity]:
        """Iterate over everything that is shown."""
        return (entity for shown in self._shown.values() for entity in shown.values())

    @callback
    def remove_stale(self) -> None:
        """Remove the registered entities that nothing stands behind any more. Streams go with their devices."""
        known = {
            (platform.value, entity.unique_id)
            for shown in self._shown.values()
            for (platform, _), entity in shown.items()
        }
        for registered in er.async_entries_for_config_entry(
            self._registry, self._runtime.entry.entry_id
        ):
            if (
                registered.domain,
                registered.unique_id,
            ) not in known and not registered.unique_id.startswith(STREAM_PREFIX):
                self._registry.async_remove(registered.entity_id)

    def _add(
        self, platform: Platform, subentry_id: str | None, entity: MaestraBaseEntity
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
        if subentry_id and subentry_id not in self._runtime.entry.subentries:
            return  # Removed in this very turn of the loop; its entities are about to be withdrawn.
        async_add_entities, _ = self._platforms[platform]
        async_add_entities(
            [entity for entity in entities[:BATCH] if not entity.is_withdrawn],
            config_subentry_id=subentry_id,
        )

    def _remove(self, entity: MaestraBaseEntity) -> None:
        entity.is_withdrawn = True
        self._writer.forget(entity)
        self.unregister(entity)

    @callback
    def unregister(self, entity: MaestraBaseEntity) -> None:
        """Take an entity out of the registry."""
        entity_id = self._registry.async_get_entity_id(
            entity.platform_domain, DOMAIN, entity.unique_id or ""
        )
        # Leaving the registry takes the entity along.
        if entity_id is not None:
            self._registry.async_remove(entity_id)


def _by_variable(
    entities: Iterable[MaestraBaseEntity],
) -> dict[str, tuple[MaestraBaseEntity, ...]]:
    found: dict[str, tuple[MaestraBaseEntity, ...]] = {}
    for entity in entities:
        for variable in entity.presentation.variables:
            found[variable.name] = (*found.get(variable.name, ()), entity)
    return found

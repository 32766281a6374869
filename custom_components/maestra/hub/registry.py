"""What all features bring, together: the tables that the hub loops over."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from typing import Any

from homeassistant.config_entries import ConfigSubentry, ConfigSubentryFlow
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import Condition
from homeassistant.helpers.trigger import Trigger

from ..core.store.topic import Catalogue
from .accounts import Consent
from .actions import Action
from .feature import (
    DialectFactory,
    DialectFilters,
    Discovered,
    Feature,
    RepairFlowFactory,
)
from .flows import Reauth
from .hub import Hub
from .link import ServiceLink
from .listener_options import ListenerSteps
from .listeners import ListenerKind
from .options import OptionsStep
from .presentation import Presentation
from .presenter import EntityFactories, EntityFactory


class FeatureRegistry:
    """The features in their order, and what each of them brings; no two may bring the same."""

    def __init__(self, features: Iterable[Feature]) -> None:
        """Take the features; raises ValueError, here or where a table is asked for, for a name that is taken."""
        self.features = tuple(features)
        _joined(self.features, lambda feature: {feature.key: feature})

    @cached_property
    def entities(self) -> EntityFactories:
        """The class of an entity by platform and kind."""
        platforms: dict[Platform, dict[str, EntityFactory]] = {}
        for feature in self.features:
            for platform, kinds in feature.entities.items():
                known = platforms.setdefault(platform, {})
                _add(known, kinds)
        return platforms

    @cached_property
    def subentries(self) -> dict[str, type[ConfigSubentryFlow]]:
        """The flow of each type of subentry, which knows the dialects that a broker can carry, and all records."""
        flows = _joined(self.features, lambda feature: feature.subentries)
        known = {
            "dialects": tuple(self.dialects),
            "filters": self.filters,
            "records": self.records,
        }
        return {
            kind: type(flow.__name__, (flow,), known) for kind, flow in flows.items()
        }

    @cached_property
    def links(self) -> Mapping[str, Callable[[Hub, ConfigSubentry], ServiceLink]]:
        """How the link of a subentry is made, by its type, in the order in which they start."""
        return _joined(self.features, lambda feature: feature.links)

    @cached_property
    def link_entities(self) -> Mapping[str, tuple[Presentation, ...]]:
        """What is shown of a link, by its kind."""
        return _joined(self.features, lambda feature: feature.link_entities)

    @cached_property
    def listeners(self) -> Mapping[str, ListenerKind]:
        """The listeners that the hub can have."""
        return _joined(
            self.features,
            lambda feature: {kind.key: kind for kind in feature.listeners},
        )

    @cached_property
    def dialects(self) -> Mapping[str, DialectFactory]:
        """How the dialects that a broker can carry are made."""
        return _joined(self.features, lambda feature: feature.dialects)

    @cached_property
    def filters(self) -> Mapping[str, DialectFilters]:
        """What the dialects have to hear."""
        return _joined(self.features, lambda feature: feature.filters)

    @cached_property
    def options(self) -> Mapping[str, OptionsStep]:
        """The steps of the options: of each feature its listeners first."""
        listeners = ListenerSteps(self.listeners.values())
        return _joined(
            self.features,
            lambda feature: {
                step.key: step
                for step in (
                    *map(listeners.step, feature.listeners),
                    *feature.options,
                )
            },
        )

    @cached_property
    def reauth(self) -> Mapping[str, Reauth]:
        """How credentials are asked for again, by the type of subentry."""
        return _joined(self.features, lambda feature: feature.reauth)

    @cached_property
    def consents(self) -> Mapping[str, Consent]:
        """How accounts are linked, by the type of subentry."""
        return _joined(self.features, lambda feature: feature.consents)

    @cached_property
    def discovery(self) -> Mapping[str, Callable[[Any], Discovered | None]]:
        """What to make of what Home Assistant has seen, by its source."""
        return _joined(self.features, lambda feature: feature.discovery)

    @cached_property
    def actions(self) -> Mapping[str, Action]:
        """The actions by name."""
        return _joined(
            self.features,
            lambda feature: {action.name: action for action in feature.actions},
        )

    @cached_property
    def triggers(self) -> dict[str, type[Trigger]]:
        """The triggers by name."""
        return _joined(self.features, lambda feature: feature.triggers)

    @cached_property
    def conditions(self) -> dict[str, type[Condition]]:
        """The conditions by name."""
        return _joined(self.features, lambda feature: feature.conditions)

    @cached_property
    def repairs(self) -> Mapping[str, RepairFlowFactory]:
        """What repairs an issue, by its translation key."""
        return _joined(self.features, lambda feature: feature.repairs)

    @cached_property
    def records(self) -> Catalogue:
        """What is kept in the database."""
        return Catalogue(
            feature.records for feature in self.features if feature.records
        )

    async def async_remove(self, hass: HomeAssistant) -> None:
        """Delete what features have saved."""
        for feature in self.features:
            if feature.remove is not None:
                await feature.remove(hass)


@cache
def registry_of(features: tuple[Feature, ...]) -> FeatureRegistry:
    """Return the registry of these features, made once."""
    return FeatureRegistry(features)


def _joined[V](
    features: Iterable[Feature], part: Callable[[Feature], Mapping[str, V]]
) -> dict[str, V]:
    found: dict[str, V] = {}
    for feature in features:
        _add(found, part(feature))
    return found


def _add[V](known: dict[str, V], more: Mapping[str, V]) -> None:
    if taken := known.keys() & more.keys():
        raise ValueError(f"two features bring {', '.join(sorted(taken))}")
    known.update(more)

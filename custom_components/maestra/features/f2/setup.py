"""F2 controllers as their subentries describe them, and how their parts are called in Home Assistant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_MAC

from ...const import (
    CONF_LOCKED_BY_POWER,
    CONF_OPEN_IS_FALSE,
    CONF_UNLOCK_PERIOD,
    CONF_WIRING,
    CONF_ZONE,
    DEFAULT_UNLOCK_PERIOD,
    F2_PREFIX,
    SUBENTRY_F2_CONTROLLER,
)
from ...core.f2.fleet import Controller
from ...core.f2.grammar import ComponentPath, F2Malformed
from ...core.f2.wiring import Wiring, wiring_from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class F2Setup:
    """A controller that somebody has set up.

    `mac` is twelve digits; `zone` names that of its clock. `unlock_period` is in seconds. `locked_by_power`: its strikes
    lock while they are powered (magnets); `open_is_false`: its door sensors say false where the door is open.
    """

    subentry_id: str
    mac: str
    name: str
    zone: str | None
    wiring: Wiring
    unlock_period: int
    locked_by_power: bool
    open_is_false: bool

    @property
    def id(self) -> str:
        """What names it among the identifiers of our devices."""
        return controller_id(self.mac)


@dataclass(frozen=True, slots=True)
class F2Unit:
    """Something of a controller that is a device in Home Assistant: it, a connector, or a sensor on one."""

    id: str
    mac: str
    connector: str = ""


def controller_id(mac: str) -> str:
    """Return the identifier of a controller's device."""
    return f"{F2_PREFIX}{mac}"


def connector_id(mac: str, connector: str) -> str:
    """Return the identifier of a connector's device."""
    return f"{F2_PREFIX}{mac}:{connector}"


def sensor_id(mac: str, path: ComponentPath) -> str:
    """Return the identifier of a sensor's device."""
    return f"{connector_id(mac, path.connector)}:{path.component}"


def path_of(unique_id: str) -> tuple[str, ComponentPath] | None:
    """Return which component of which controller an entity of ours shows, None for any other entity."""
    owner, _, key = unique_id.rpartition(":")
    if not owner.startswith(F2_PREFIX):
        return None
    mac, connector, *_ = (*owner.removeprefix(F2_PREFIX).split(":"), "")
    try:
        return mac, ComponentPath.parse(f"{connector}/{key.partition('.')[0]}")
    except F2Malformed:
        return None


def f2_setup(subentry: ConfigSubentry) -> F2Setup:
    """Return what a subentry says; raises InvalidField."""
    data = subentry.data
    return F2Setup(
        subentry_id=subentry.subentry_id,
        mac=data[CONF_MAC],
        name=subentry.title,
        zone=data.get(CONF_ZONE),
        wiring=wiring_from_json(data[CONF_WIRING]),
        unlock_period=data.get(CONF_UNLOCK_PERIOD, DEFAULT_UNLOCK_PERIOD),
        locked_by_power=data.get(CONF_LOCKED_BY_POWER, False),
        open_is_false=data.get(CONF_OPEN_IS_FALSE, False),
    )


def f2_subentry(
    mac: str, name: str, wiring: Mapping[str, Any], **others: Any
) -> ConfigSubentry:
    """Return the subentry of a controller; `wiring` is JSON, `others` are further data."""
    return ConfigSubentry(
        data=MappingProxyType({CONF_MAC: mac, CONF_WIRING: wiring, **others}),
        subentry_type=SUBENTRY_F2_CONTROLLER,
        title=name,
        unique_id=mac,
    )


def with_heard(wiring: Wiring, controller: Controller) -> dict[str, Any]:
    """Return a wiring as JSON, together with what was heard and is not in it.

    A connector has one mode. What was heard of another one is left out: it was there once.
    """
    found = wiring.as_dict()
    for path in _unwired(controller):
        connector = found.setdefault(
            path.connector, {"mode": path.mode.value, "components": {}}
        )
        if connector["mode"] == path.mode.value:
            connector["components"].setdefault(path.component, {})
    return found


def _unwired(controller: Controller) -> Iterator[ComponentPath]:
    heard = sorted(
        (each for each in controller.components.values() if each.wired is None),
        key=lambda each: each.path,
    )
    yield from (each.path for each in heard)

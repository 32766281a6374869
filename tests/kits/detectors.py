"""Detectors of a hub, and what they are told."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from custom_components.maestra.const import SUBENTRY_DETECTOR
from custom_components.maestra.core.iss.events import ReadingTaken
from homeassistant.config_entries import ConfigSubentry

from .hub import HubKit

TANK = "NODE3000005"
FILL = "19@0 20@10 21@20 21@35 20@50 20@75 20@90"
BEGIN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return BEGIN + timedelta(seconds=second)


def tells(hub_kit: HubKit, text: str, channel: str = TANK) -> None:
    """Let the feed tell `19@0 20@5`: levels and seconds."""
    for word in text.split():
        level, second = word.split("@")
        hub_kit.domain.bus.publish(
            ReadingTaken(
                channel=channel,
                value=float(level),
                text=level,
                time=at(float(second)),
                status_class="24",
                status_indicator="Normal",
                status_color="Green",
                is_live=True,
            )
        )


async def adds(
    hub_kit: HubKit, title: str, kind: str, series: str, **settings: Any
) -> str:
    """Add a detector; returns its id."""
    subentry = ConfigSubentry(
        subentry_type=SUBENTRY_DETECTOR,
        title=title,
        unique_id=None,
        data=MappingProxyType({"kind": kind, "series": series, "settings": settings}),
    )
    hub_kit.hass.config_entries.async_add_subentry(hub_kit.entry, subentry)
    await hub_kit.settled()
    return subentry.subentry_id

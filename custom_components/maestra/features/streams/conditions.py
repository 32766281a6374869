"""The condition on streams: whether they are advertised."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.helpers.condition import Condition

from ...const import TargetKind
from ...core.domain.stream import Stream
from ...hub.conditions import MaestraCondition, schema
from ...hub.hub import Hub
from .manager import StreamsManager, stream_key
from .triggers import CONF_NAME, CONF_PUBLISHER, CONF_STREAM_TYPE, STREAM_OPTIONS


class IsStreamActive(MaestraCondition):
    """Whether streams are advertised: those that are named or targeted, or all that are there or have been."""

    fits = TargetKind.STREAM | TargetKind.HUB
    # A stream that is named need not be known: what has never come is not there.
    _schema = schema(STREAM_OPTIONS)

    @override
    def _answers(self, hub: Hub, targeted: set[str]) -> Iterable[bool]:
        active = {
            stream_key(it): it.name for it in hub.domain.streams if self._matches(it)
        }
        ended = {
            view.key
            for view in hub.manager(StreamsManager)
            if not view.is_active and self._matches(view.stream)
        }
        names = self._options[CONF_NAME]
        is_everything = not (names or self._target) or hub.entry.entry_id in targeted
        return [
            *(name in active.values() for name in names),
            *(True for key in active if is_everything or key in targeted),
            *(False for key in ended if is_everything or key in targeted),
        ]

    def _matches(self, stream: Stream) -> bool:
        types, publishers = (
            self._options[option] for option in (CONF_STREAM_TYPE, CONF_PUBLISHER)
        )
        return (not types or stream.stream_type in types) and (
            not publishers or stream.publisher_id in publishers
        )


STREAM_CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_stream_active": IsStreamActive
}

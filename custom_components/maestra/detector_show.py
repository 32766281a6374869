"""From detectors to Home Assistant's devices and entities."""

from typing import TYPE_CHECKING, Final, cast

from homeassistant.const import Platform
from homeassistant.core import callback

from .bus import Unsubscribe
from .detectors.desk import Desk, Post
from .domain.detections import EventDetected
from .presentation import Kind, Presentation

if TYPE_CHECKING:
    from .detector_entities import MaestraDetectionEvent
    from .detector_replays import DetectorReplays
    from .runtime import MaestraRuntime

DETECTION: Final = "detection"
DETECTOR_SENSORS: Final = ("detections", "last_reading", "replay")
_PRESENTATIONS: Final = (
    Presentation(platform=Platform.EVENT, kind=Kind.DETECTOR, key=DETECTION),
    Presentation(platform=Platform.SWITCH, kind=Kind.DETECTOR, key="detecting"),
    *(
        Presentation(platform=Platform.SENSOR, kind=Kind.DETECTOR, key=key)
        for key in DETECTOR_SENSORS
    ),
)


class DetectorShow:
    """The detectors that are shown: each is a device of its subentry."""

    def __init__(
        self, runtime: MaestraRuntime, desk: Desk, replays: DetectorReplays
    ) -> None:
        """Show nothing yet."""
        self._runtime = runtime
        self._desk = desk
        self._replays = replays
        self._shown: dict[str, Post] = {}

    @property
    def shown(self) -> set[str]:
        """The ids of the detectors that are shown."""
        return set(self._shown)

    @callback
    def start(self) -> Unsubscribe:
        """Show what is found until the returned function is called."""
        self._replays.on_change = self.mark
        return self._runtime.domain.bus.subscribe(EventDetected, self._detected)

    @callback
    def refresh(self) -> None:
        """Show the detectors that there are."""
        runtime, posts = self._runtime, {post.id: post for post in self._desk}
        for id_ in self._shown.keys() - posts.keys():
            self._runtime.presenter.withdraw(id_)
            runtime.devices.remove(id_)
        for id_, post in posts.items():
            if self._shown.get(id_) not in (None, post):
                # Another detector: of another kind, its events are others.
                self._runtime.presenter.withdraw(id_)
            runtime.devices.put_detector(id_, post.name, post.detector.kind)
            self._runtime.presenter.show(id_, post, _PRESENTATIONS, subentry_id=id_)
        self._shown = posts

    @callback
    def look(self) -> None:
        """Write what moves all the time."""
        for id_ in self._shown:
            self._runtime.writer.mark_all(self._runtime.presenter.of(id_))

    @callback
    def mark(self, id_: str) -> None:
        """Write a detector's sensors soon."""
        for key in DETECTOR_SENSORS:
            if entity := self._runtime.presenter.find(id_, Platform.SENSOR, key):
                self._runtime.writer.mark(entity)

    @callback
    def written(self, id_: str) -> None:
        """Write all of a detector: it was switched on or off."""
        for entity in self._runtime.presenter.of(id_):
            self._runtime.writer.write_now(entity)

    def _detected(self, event: EventDetected) -> None:
        self.mark(event.detector)
        entity = cast(
            "MaestraDetectionEvent | None",
            self._runtime.presenter.find(event.detector, Platform.EVENT, DETECTION),
        )
        if entity is not None and not event.is_replay:
            entity.take(event.detection)

"""All detectors. A new one is a file with its class, and a line here."""

from collections.abc import Mapping
from typing import Final

from .detector import Detector
from .peebot import PeeBot
from .rate import Rate
from .threshold import Threshold
from .trend import Trend

DETECTORS: Final[Mapping[str, type[Detector]]] = {
    detector.kind: detector for detector in (PeeBot, Threshold, Trend, Rate)
}

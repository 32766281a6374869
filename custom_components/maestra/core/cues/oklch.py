"""Colours on the way between two others, as the eye sees them: Oklch, after https://bottosson.github.io/posts/oklab/."""

from math import atan2, cbrt, cos, hypot, pi, sin

from ..domain.color import Rgb

type Lch = tuple[float, float, float]
"""Lightness (0 to 1), chroma, and hue in radians."""

# Below this there is no hue to speak of.
_GREY = 1e-4


def mix(start: Rgb, end: Rgb, share: float) -> Rgb:
    """Return the colour so far on the way (0 to 1), its hue going the short way round. Greys have the other's hue."""
    light, chroma, hue = _lch(start)
    to_light, to_chroma, to_hue = _lch(end)
    if chroma < _GREY:
        hue = to_hue
    elif to_chroma < _GREY:
        to_hue = hue
    turn = (to_hue - hue + pi) % (2 * pi) - pi
    return _rgb(
        (
            light + (to_light - light) * share,
            chroma + (to_chroma - chroma) * share,
            hue + turn * share,
        )
    )


def _lch(rgb: Rgb) -> Lch:
    red, green, blue = (_linear(part / 255) for part in rgb)
    long = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    return light, hypot(a, b), atan2(b, a)


def _rgb(color: Lch) -> Rgb:
    light, chroma, hue = color
    a, b = chroma * cos(hue), chroma * sin(hue)
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _written(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _written(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _written(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _written(part: float) -> int:
    part = min(1.0, max(0.0, part))
    part = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return round(part * 255)

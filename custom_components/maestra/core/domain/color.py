"""Colours as clients write them: hex, `rgb()`, `rgba()` and `hsl()`."""

import colorsys
import re

type Rgb = tuple[int, int, int]

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_FUNCTION = re.compile(
    r"(rgba?|hsla?)\(\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)%?\s*,\s*(\d+(?:\.\d+)?)%?\s*(?:,\s*([\d.]+)\s*)?\)"
)


def parse_color(text: str) -> Rgb | None:
    """Return red, green and blue (0 to 255), or None when it is no colour. Alpha is ignored."""
    if _HEX.fullmatch(text):
        digits = text[1:]
        if len(digits) < 6:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if not (found := _FUNCTION.fullmatch(text)):
        return None
    kind, first, second, third, _ = found.groups()
    a, b, c = float(first), float(second), float(third)
    if kind.startswith("rgb"):
        return (round(a), round(b), round(c)) if max(a, b, c) <= 255 else None
    if a > 360 or max(b, c) > 100:
        return None
    red, green, blue = colorsys.hls_to_rgb(a / 360, c / 100, b / 100)
    return round(red * 255), round(green * 255), round(blue * 255)


def alpha_of(text: str) -> float:
    """Return how opaque a colour is, from 0 to 1; 1 where it does not say."""
    if _HEX.fullmatch(text):
        digits = text[1:]
        if len(digits) < 6:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[6:] or "ff", 16) / 255
    found = _FUNCTION.fullmatch(text)
    try:
        return min(float(found[5]), 1.0) if found and found[5] else 1.0
    except ValueError:
        return 1.0


def format_color(rgb: Rgb, style: str = "hex", alpha: float = 1) -> str:
    """Write a colour the way a variable's `config.format` asks for: hex, rgb, rgba or hsl. `rgb` has no alpha."""
    red, green, blue = rgb
    part = f"{round(alpha, 3):g}"
    match style:
        case "rgb":
            return f"rgb({red}, {green}, {blue})"
        case "rgba":
            return f"rgba({red}, {green}, {blue}, {part})"
        case "hsl":
            hue, light, saturation = colorsys.rgb_to_hls(
                red / 255, green / 255, blue / 255
            )
            parts = f"{hue * 360:.0f}, {saturation * 100:.0f}%, {light * 100:.0f}%"
            return f"hsl({parts})" if alpha >= 1 else f"hsla({parts}, {part})"
        case _:
            last = "" if alpha >= 1 else f"{round(alpha * 255):02x}"
            return f"#{red:02x}{green:02x}{blue:02x}{last}"

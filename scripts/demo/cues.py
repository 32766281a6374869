"""The cue lists of the show, as `maestra.save_cue_list` takes them."""

from typing import Final

from .catalogue import Json

_WASHES: Final = [f"wash-{number}" for number in range(1, 5)]
_SPOTS: Final = [f"spot-{number}" for number in range(1, 5)]
_DAWN: Final = ("#ff5030", "#ff7040", "#ff9050", "#ffb070")
_NIGHT: Final = "#1020a0"


def _lights(slugs: list[str], brightness: int, *colors: str) -> dict[str, Json]:
    states: dict[str, Json] = {}
    for place, slug in enumerate(slugs):
        states[slug] = {"on": True, "brightness": brightness}
        if colors:
            states[slug]["color"] = colors[place % len(colors)]
    return states


CUE_LISTS: Final[tuple[Json, ...]] = (
    {
        "name": "Doors",
        "min_interval": 1,
        "safe": _lights(_SPOTS, 100),
        "cues": [
            {
                "number": "1",
                "name": "Preset",
                "states": {
                    **_lights(_WASHES, 30, _NIGHT),
                    **_lights(_SPOTS, 20),
                    "projector": {"on": True, "source": "SDI"},
                },
                "transition": 4,
                "curve": "s_curve",
            },
            {
                "number": "2",
                "name": "House out",
                "states": {**_lights(_WASHES, 0), **_lights(_SPOTS, 0)},
                "transition": 6,
            },
        ],
    },
    {
        "name": "Act 1",
        "priority": 1,
        "safe": {**_lights(_WASHES, 100, "#ffffff"), "hazer": {"active": False}},
        "cues": [
            {
                "number": "1",
                "name": "Haze",
                "states": {"hazer": {"active": True, "level": 60}},
                "continue_mode": "auto_continue",
                "post_wait": 2,
            },
            {
                "number": "2",
                "name": "Dawn",
                "states": _lights(_WASHES, 80, *_DAWN),
                "transition": 10,
                "curve": "ease_in",
                "notes": "With the first violin",
            },
            {
                "number": "2.5",
                "name": "Storm",
                "states": {
                    **_lights(_WASHES, 40, _NIGHT, "#6070ff"),
                    "media-server": {"scene": "Storm", "playing": True},
                },
                "transition": 1,
                "continue_mode": "auto_follow",
                "post_wait": 3,
            },
            {
                "number": "3",
                "name": "Sunrise",
                "states": {
                    **_lights(_WASHES, 90, *_DAWN),
                    "media-server": {"scene": "Sunrise"},
                },
                "transition": 8,
            },
            {
                "number": "4",
                "name": "Blackout",
                "states": {
                    **_lights(_WASHES, 0),
                    **_lights(_SPOTS, 0),
                    "hazer": {"active": False},
                },
            },
        ],
    },
    {
        "name": "Projection",
        "cues": [
            {
                "number": "1",
                "name": "Open",
                "states": {
                    "projector": {"brightness": 100},
                    "media-server": {"scene": "Prelude", "playing": True},
                },
                "transition": 3,
            },
            {
                "number": "2",
                "name": "Dowse",
                "states": {"projector": {"brightness": 0}},
                "transition": 2,
            },
        ],
    },
)

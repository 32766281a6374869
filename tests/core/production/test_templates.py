"""Templates of users: what is put in, and what is none."""

import pytest

from custom_components.maestra.core.domain.errors import InvalidField
from custom_components.maestra.core.production.templates import (
    MAX_FILLED_LENGTH,
    Look,
    checked_template,
)

HOSTILE = "<img src=x onerror=\"document.title='hacked'\">"


def test_data_is_put_in_as_it_is() -> None:
    template = checked_template("{person} raids!", "{viewers} come", "large")
    data = {"person": HOSTILE, "viewers": 12, "odd": [1]}
    assert template.filled(data) == {
        "title": f"{HOSTILE} raids!",
        "text": "12 come",
        "look": Look.LARGE,
    }
    # Nothing of what is put in is a place again, and what is not there is nothing.
    template = checked_template("{person}{odd}{nobody} {} {a b}", "", "panel")
    filled = template.filled({"person": "{message}", "message": "x", "odd": [1]})
    assert filled["title"] == "{message} {} {a b}"


def test_it_is_bounded() -> None:
    template = checked_template("{a}" * 100, "", "panel")
    assert len(str(template.filled({"a": "x" * 500})["title"])) == MAX_FILLED_LENGTH


@pytest.mark.parametrize(
    ("title", "text", "look"),
    [("", " ", "panel"), ("x" * 501, "", "panel"), ("x", "", "<b>")],
)
def test_what_is_no_template(title: str, text: str, look: str) -> None:
    with pytest.raises(InvalidField):
        checked_template(title, text, look)

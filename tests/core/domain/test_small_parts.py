"""Colours, times, rates, fields and errors."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, strategies as st
import pytest

from custom_components.maestra.core.domain.clock import (
    naive_wire_time,
    optional_wire_time,
    parse_time,
    utcnow,
    wire_time,
)
from custom_components.maestra.core.domain.color import Rgb, format_color, parse_color
from custom_components.maestra.core.domain.errors import (
    InvalidField,
    InvalidValue,
    MaestraError,
    UnknownEntity,
)
from custom_components.maestra.core.domain.fields import (
    checked_object,
    checked_tags,
    checked_text,
    optional_name,
)
from custom_components.maestra.core.domain.rate import TokenBucket
from custom_components.maestra.core.domain.source import HOME_ASSISTANT, SYSTEM, Source

from .conftest import Clock


class TestColor:
    @pytest.mark.parametrize(
        ("text", "rgb"),
        [
            ("#ff8800", (255, 136, 0)),
            ("#FF8800", (255, 136, 0)),
            ("#f80", (255, 136, 0)),
            ("#f80c", (255, 136, 0)),
            ("#ff8800cc", (255, 136, 0)),
            ("#000000", (0, 0, 0)),
            ("rgb(255, 136, 0)", (255, 136, 0)),
            ("rgb(255,136,0)", (255, 136, 0)),
            ("rgba(255, 136, 0, 0.5)", (255, 136, 0)),
            ("rgb(0.6, 0.4, 254.6)", (1, 0, 255)),
            ("hsl(0, 100%, 50%)", (255, 0, 0)),
            ("hsl(120, 100, 50)", (0, 255, 0)),
            ("hsla(240, 100%, 50%, 1)", (0, 0, 255)),
            ("hsl(360, 0%, 100%)", (255, 255, 255)),
        ],
    )
    def test_colours_are_read_in_every_form_that_clients_write(
        self, text: str, rgb: Rgb
    ) -> None:
        assert parse_color(text) == rgb

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "red",
            "ff8800",
            "#",
            "#ff",
            "#ff880",
            "#gg8800",
            "#ff8800\n",
            "rgb(256, 0, 0)",
            "rgb(-1, 0, 0)",
            "rgb(1, 2)",
            "rgb(1, 2, 3",
            "hsl(361, 0%, 0%)",
            "hsl(0, 101%, 0%)",
            f"rgb({'9' * 400}, 0, 0)",
            f"hsl({'9' * 400}, 0, 0)",
            f"rgb({' ' * 100_000}",
            f"rgb(1,{' ' * 100_000}x",
            f"rgb(1,2,3,{'.' * 100_000}",
        ],
        ids=lambda text: repr(text[:20]),
    )
    def test_anything_else_is_no_colour(self, text: str) -> None:
        assert parse_color(text) is None

    @pytest.mark.parametrize(
        ("style", "text"),
        [
            ("hex", "#ff8800"),
            ("unknown", "#ff8800"),
            ("rgb", "rgb(255, 136, 0)"),
            ("rgba", "rgba(255, 136, 0, 1)"),
            ("hsl", "hsl(32, 100%, 50%)"),
        ],
    )
    def test_a_colour_is_written_as_the_variable_asks(
        self, style: str, text: str
    ) -> None:
        assert format_color((255, 136, 0), style) == text

    @given(st.tuples(*[st.integers(0, 255)] * 3))
    @pytest.mark.parametrize("style", ["hex", "rgb", "rgba"])
    def test_what_is_written_is_read_again(self, style: str, rgb: Rgb) -> None:
        assert parse_color(format_color(rgb, style)) == rgb

    @given(st.text() | st.text("rgbahsl(0123456789.,%# )"))
    def test_no_text_makes_it_fail(self, text: str) -> None:
        parse_color(text)


class Later(datetime):
    """A time of another kind, such as tests and libraries have."""


class TestClock:
    def test_times_have_six_digits_and_z(self) -> None:
        assert (
            wire_time(datetime(2026, 11, 21, 1, 59, tzinfo=UTC))
            == "2026-11-21T01:59:00.000000Z"
        )

    @given(st.datetimes(timezones=st.just(UTC)), st.sampled_from([datetime, Later]))
    @example(datetime.min, Later)
    @example(datetime.max, datetime)
    def test_a_time_is_written_as_python_does(
        self, moment: datetime, kind: type[datetime]
    ) -> None:
        moment = kind.combine(moment.date(), moment.time(), UTC)
        plain = moment.replace(tzinfo=None).isoformat(timespec="microseconds")

        assert wire_time(moment) == f"{plain}Z"
        assert naive_wire_time(moment) == plain
        assert parse_time(wire_time(moment)) == moment

    def test_an_absent_time_stays_absent(self) -> None:
        now = utcnow()

        assert optional_wire_time(None) is None
        assert optional_wire_time(now) == wire_time(now)


class TestTokenBucket:
    def test_a_burst_passes_and_then_the_rate(self, clock: Clock) -> None:
        bucket = TokenBucket(2, 0.5, clock)

        assert [bucket.take() for _ in range(3)] == [True, True, False]
        clock.pass_by(1)
        assert not bucket.take()
        clock.pass_by(1)
        assert [bucket.take(), bucket.take()] == [True, False]

    def test_a_long_rest_fills_it_no_further_than_its_capacity(
        self, clock: Clock
    ) -> None:
        bucket = TokenBucket(2, 10, clock)
        clock.pass_by(1000)

        assert [bucket.take() for _ in range(3)] == [True, True, False]


class TestFields:
    @pytest.mark.parametrize("value", [None, "", "text\nof lines", "a" * 2000])
    def test_a_text_is_kept_as_it_is(self, value: str | None) -> None:
        assert checked_text(value) == value

    @pytest.mark.parametrize("value", [5, ["a"], {}, "a" * 2001])
    def test_a_text_is_text_of_bounded_length(self, value: Any) -> None:
        with pytest.raises(InvalidField, match="note: must be text"):
            checked_text(value, "note")

    def test_null_is_an_empty_object(self) -> None:
        assert checked_object(None) == {}

    @pytest.mark.parametrize("value", [[], "x", 0, False])
    def test_an_object_is_an_object(self, value: Any) -> None:
        with pytest.raises(InvalidField, match="metadata: must be an object"):
            checked_object(value)

    def test_an_object_has_a_bounded_number_of_keys(self) -> None:
        assert len(checked_object({str(number): 1 for number in range(512)})) == 512
        with pytest.raises(InvalidField, match="location: more than 512 keys"):
            checked_object({str(number): 1 for number in range(513)}, "location")

    @pytest.mark.parametrize(
        ("value", "tags"),
        [
            (None, ()),
            ([], ()),
            (["b", "a", "b"], ("b", "a")),
            (("a",), ("a",)),
            ({"a"}, ("a",)),
        ],
    )
    def test_tags_are_kept_in_order_without_repetition(
        self, value: Any, tags: tuple[str, ...]
    ) -> None:
        assert checked_tags(value) == tags

    @pytest.mark.parametrize(
        "value", ["text", 5, {"a": 1}, [1], [["a"]], [""], ["a" * 101], list("a" * 65)]
    )
    def test_tags_are_a_list_of_words(self, value: Any) -> None:
        with pytest.raises(InvalidField, match="tags: must be"):
            checked_tags(value)

    @pytest.mark.parametrize(
        ("value", "name"),
        [(None, None), ("", None), ([], None), (0, None), ("1.2", "1.2")],
    )
    def test_an_empty_optional_name_is_none(self, value: Any, name: str | None) -> None:
        assert optional_name(value, "firmware_version") == name

    @pytest.mark.parametrize("value", [5, ["a"], {"a": 1}, "\n", "abcdef"])
    def test_an_optional_name_is_a_name(self, value: Any) -> None:
        with pytest.raises(InvalidField, match="unit: must be"):
            optional_name(value, "unit", 5)


def kinds_of(kind: type[MaestraError]) -> Iterator[type[MaestraError]]:
    """Yield what derives from an error, directly and further down."""
    for derived in kind.__subclasses__():
        yield derived
        yield from kinds_of(derived)


class TestErrors:
    def test_an_error_carries_its_code_and_facts(self) -> None:
        error = InvalidValue(
            entity="wash", variable="level", reason="expected a number"
        )

        assert error.code == "invalid_value"
        assert str(error) == "level of wash: expected a number"
        assert error.facts == {
            "entity": "wash",
            "variable": "level",
            "reason": "expected a number",
        }
        assert vars(error)["variable"] == "level"

    def test_braces_in_what_a_client_sent_are_text(self) -> None:
        assert (
            str(UnknownEntity(entity="{0.__class__}"))
            == "Entity {0.__class__} is not known"
        )

    def test_every_refusal_has_a_code_of_its_own(self) -> None:
        # What is an error of two kinds is found below both.
        kinds = {*kinds_of(MaestraError)}
        codes = [kind.code for kind in kinds if "code" in vars(kind)]

        assert len(set(codes)) == len(codes)
        assert MaestraError.code not in codes


class TestSource:
    def test_inside_changes_come_through_no_gateway(self) -> None:
        assert Source("home_assistant", None) == HOME_ASSISTANT
        assert Source(None, None) == SYSTEM

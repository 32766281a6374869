"""Log lines that nobody can forge."""

import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.bus import get_logger
from custom_components.maestra.core.bus.log import printable

FORGED = "x\n2026-01-01 ERROR (MainThread) [homeassistant] forged\r\x1b[31m\u202e\ud800"


@given(st.text(st.characters(codec=None)))
def test_what_is_printable_can_be_written(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    shown.encode()
    assert shown == text or not text.isprintable()


def test_a_record_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    get_logger("tests.forged").warning("%s said %r", FORGED, FORGED)

    (record,) = caplog.records
    line = logging.Formatter("%(message)s").format(record)
    assert line.isprintable()
    assert line.startswith("x\\n2026-01-01 ERROR")


def test_what_is_printable_stays_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    get_logger("tests.forged").warning("%s is %d °C warm", "Küche", 21)

    (record,) = caplog.records
    assert (record.msg, record.args) == ("%s is %d °C warm", ("Küche", 21))


def test_a_traceback_has_its_own_lines_only(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        try:
            int(FORGED.partition("2026")[0], 37)
        except ValueError as error:
            raise RuntimeError(FORGED) from error

    try:
        fail()
    except RuntimeError:
        get_logger("tests.forged").exception("It failed")

    text = logging.Formatter("%(message)s").format(caplog.records[0])
    assert text.encode()
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith("2026")]
    assert lines[0] == "It failed"
    assert any(line.startswith("RuntimeError: x\\n2026") for line in lines)
    assert sum("test_log.py" in line for line in lines) == 3

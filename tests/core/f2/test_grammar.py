"""Topics of f2.md §1, and whatever else may come."""

from hypothesis import given, strategies as st
import pytest

from custom_components.maestra.core.f2.grammar import (
    COMMAND,
    CONNECTORS,
    EVENT,
    KINDS,
    STATE,
    ComponentPath,
    F2Malformed,
    Kind,
    Topic,
    command_topic,
    parse,
    parse_mac,
)

MAC = "e4fd45f654be"

GOOD = [
    f"cmnd/f2-{MAC}/access-control-mode/J1/strike-2",
    f"stat/f2-{MAC}/access-control-mode/J1/door-sensors",
    f"stat/f2-{MAC}/access-control-mode/J4/exit-buttons",
    f"tele/f2-{MAC}/access-control-mode/J1/reader-1",
    f"cmnd/f2-{MAC}/access-control-mode/J1/reader-1/success",
    f"stat/f2-{MAC}/alarm-mode/J2/siren-1",
    f"stat/f2-{MAC}/alarm-mode/J2/motion-sensor-5",
    f"tele/f2-{MAC}/sensor-mode/J3/sensor-6",
]
BAD = [
    ("tele/f2-{mac}/sensor-mode/J3", "5 levels"),
    ("tele/f2-{mac}/sensor-mode/J3/sensor-1/x/y", "5 levels"),
    ("tele/{mac}/sensor-mode/J3/sensor-1", "f2-"),
    ("tele/f2-E4FD45F654BE/sensor-mode/J3/sensor-1", "12 lower-case"),
    ("tele/f2-e4fd45f654b/sensor-mode/J3/sensor-1", "12 lower-case"),
    ("tele/f2-{mac}\n/sensor-mode/J3/sensor-1", "12 lower-case"),
    ("data/f2-{mac}/sensor-mode/J3/sensor-1", "no such type"),
    ("tele/f2-{mac}/sensor-mode/J5/sensor-1", "no such connector"),
    ("tele/f2-{mac}/sensor-mode/J3/sensor-7", "no such component"),
    ("stat/f2-{mac}/alarm-mode/J3/motion-sensor-6", "no such component"),
    ("stat/f2-{mac}/access-control-mode/J3/door-sensor-1", "no such component"),
    ("tele/f2-{mac}/alarm-mode/J3/sensor-1", "there is no sensor-1"),
    ("tele/f2-{mac}/party-mode/J3/sensor-1", "there is no sensor-1"),
    ("tele/f2-{mac}/access-control-mode/J3/reader-1/success", "only the feedback"),
    ("cmnd/f2-{mac}/access-control-mode/J3/strike-1/success", "only the feedback"),
    ("cmnd/f2-{mac}/access-control-mode/J3/reader-1/failure", "only the feedback"),
    ("stat/" + "x" * 1000, "longer than"),
]


@pytest.mark.parametrize("topic", GOOD)
def test_reads_what_it_writes(topic: str) -> None:
    """Every topic of the document is read, and written as it was."""
    assert str(parse(topic)) == topic


@pytest.mark.parametrize(("topic", "reason"), BAD)
def test_refuses_with_a_reason(topic: str, reason: str) -> None:
    """What is not in the grammar is refused, and it is said why."""
    with pytest.raises(F2Malformed, match=reason):
        parse(topic.replace("{mac}", MAC))


def test_tells_who_is_refused() -> None:
    """A refusal names the controller where there is one."""
    with pytest.raises(F2Malformed) as refused:
        parse(f"tele/f2-{MAC}/sensor-mode/J9/sensor-1")
    assert refused.value.client == f"f2-{MAC}"


@given(
    st.sampled_from([COMMAND, STATE, EVENT]),
    st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    st.sampled_from(CONNECTORS),
    st.sampled_from(list(Kind)),
    st.data(),
)
def test_every_topic_survives(
    type_: str, mac: str, connector: str, kind: Kind, data: st.DataObject
) -> None:
    """Any topic of the grammar is read as what it was written from."""
    number = data.draw(st.integers(1, KINDS[kind].count))
    topic = Topic(type_, mac, connector, kind, None if KINDS[kind].shared else number)
    assert parse(str(topic)) == topic
    path = ComponentPath(connector, kind, number)
    assert ComponentPath.parse(str(path)) == path
    assert topic.path(number) == path


@given(st.text(max_size=200) | st.lists(st.sampled_from(
    ["stat", "tele", f"f2-{MAC}", "sensor-mode", "J1", "sensor-1", "success", ""]
), max_size=7).map("/".join))  # fmt: skip
def test_nothing_else_is_raised(topic: str) -> None:
    """Whatever the topic is, it is read or refused."""
    try:
        parsed = str(parse(topic))
    except F2Malformed:
        parsed = topic
    assert parsed == topic


@pytest.mark.parametrize(
    "text", ["E4:FD:45:F6:54:BE", "e4-fd-45-f6-54-be", "e4fd45f654be", " E4FD45F654BE "]
)
def test_mac_addresses(text: str) -> None:
    """People write them in many ways."""
    assert parse_mac(text) == MAC


@pytest.mark.parametrize(
    "text", ["", "e4fd45f654b", "e4:fd45f654be", "e4:fd:45:f6:54-be", "g4fd45f654be", "f2-e4fd45f654be"]
)  # fmt: skip
def test_no_mac_addresses(text: str) -> None:
    """And these are none."""
    with pytest.raises(F2Malformed):
        parse_mac(text)


@pytest.mark.parametrize(
    "text", ["J1", "J1/strike-3", "J5/strike-1", "J1/door-sensors", "", "J1/strike-²"]
)
def test_no_paths(text: str) -> None:
    """What no controller has is no component."""
    with pytest.raises(F2Malformed):
        ComponentPath.parse(text)


def test_commands() -> None:
    """Commands go to five levels, the feedback of a reader to six."""
    strike = ComponentPath("J1", Kind.STRIKE, 2)
    assert command_topic(MAC, strike) == GOOD[0]
    reader = ComponentPath("J1", Kind.READER, 1)
    assert command_topic(MAC, reader, is_feedback=True) == GOOD[4]

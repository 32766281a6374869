"""Servers take their standard ports, or consecutive ones."""

import socket

import pytest

from scripts.stack.ports import LOOPBACK, STANDARD_PORTS, Ports, PortTaken


def test_standard_ports_without_a_base() -> None:
    assert vars(Ports.from_base(None)) == STANDARD_PORTS


def test_consecutive_ports_from_a_base() -> None:
    ports = vars(Ports.from_base(20000))
    assert list(ports.values()) == list(range(20000, 20000 + len(STANDARD_PORTS)))


def test_standard_ports_differ() -> None:
    assert len(set(STANDARD_PORTS.values())) == len(STANDARD_PORTS)


@pytest.mark.usefixtures("socket_enabled")
def test_a_taken_port_is_told_by_its_number() -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(taken)):
            Ports.from_base(taken).check_free()

"""What listens for HTTP, whoever comes."""

import asyncio
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.maestra.core.bus import Counters
from custom_components.maestra.core.transport.access import Access, AccessControl
from custom_components.maestra.core.transport.errors import ListenFailed
from custom_components.maestra.core.transport.http_listener import HttpListener

from ...kits.process import PATIENCE

HOST = "127.0.0.1"
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def control(**access: Any) -> AccessControl:
    """Whoever comes from here may."""
    return AccessControl("A listener", Access(**access), Counters())


async def hello(_: web.BaseRequest) -> web.Response:
    """Say hello."""
    return web.Response(text="hello")


async def test_listens_between_start_and_stop() -> None:
    listener = HttpListener(HOST, 0, control())
    assert (listener.port, listener.connections) == (0, 0)
    await listener.start(hello)
    port = listener.port
    async with (
        ClientSession() as session,
        session.get(f"http://{HOST}:{port}") as answer,
    ):
        assert await answer.text() == "hello"
        assert listener.connections == 1
    await listener.stop()
    await listener.stop()
    assert (listener.port, listener.connections) == (0, 0)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(HOST, port)


async def test_port_that_is_taken() -> None:
    first = HttpListener(HOST, 0, control())
    await first.start(hello)
    second = HttpListener(HOST, first.port, control())
    with pytest.raises(ListenFailed):
        await second.start(hello)
    assert second.port == 0
    await first.stop()


async def test_silent_connection_is_closed_a_used_one_is_not() -> None:
    listener = HttpListener(HOST, 0, control(), patience=0.05)
    await listener.start(hello)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(ASK)
        await reader.readuntil(b"hello")
        silent, silent_writer = await asyncio.open_connection(HOST, listener.port)
        silent_writer.write(b"GET / HT")
        assert await silent.read() == b""
        writer.write(ASK)
        assert b"200 OK" in await reader.readuntil(b"hello")
    writer.close()
    silent_writer.close()
    await listener.stop()


async def test_one_connection_too_many_is_closed() -> None:
    listener = HttpListener(HOST, 0, control(max_of_one=1))
    await listener.start(hello)
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(ASK)
        await reader.readuntil(b"hello")
        other, other_writer = await asyncio.open_connection(HOST, listener.port)
        assert await other.read() == b""
    writer.close()
    other_writer.close()
    await listener.stop()


async def test_who_does_not_read_the_answer_is_cut_off_others_are_not() -> None:
    """An answer that is long in coming, or that is read slowly, is not cut."""
    size = 16 * 1024 * 1024

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path == "/much":
            return web.Response(body=bytes(size))
        while listener.connections > 1:
            await asyncio.sleep(0)
        return web.Response(text="late")

    counters = Counters()
    access_control = AccessControl("A listener", Access(), counters)
    listener = HttpListener(HOST, 0, access_control, patience=0.5)
    await listener.start(answer)
    async with asyncio.timeout(PATIENCE):
        _, stuck = await asyncio.open_connection(HOST, listener.port, limit=1)
        stuck.write(ASK.replace(b"/ ", b"/much ", 1))
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(ASK.replace(b"/ ", b"/late ", 1))
        assert b"200 OK" in await reader.readuntil(b"late")
        writer.write(ASK.replace(b"/ ", b"/much ", 1))
        await reader.readuntil(b"\r\n\r\n")
        assert len(await reader.readexactly(size)) == size
    assert counters["refused_too_slow"] == 1
    for each in (stuck, writer):
        each.close()
    await listener.stop()


async def test_a_client_that_waits_with_its_body_is_told_to_go_on() -> None:
    async def length(request: web.BaseRequest) -> web.Response:
        return web.Response(text=f"length {len(await request.read())}")

    listener = HttpListener(HOST, 0, control())
    await listener.start(length)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: %s\r\n\r\n"
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(HOST, listener.port)
        writer.write(head % b"100-Continue")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"12345")
        assert b"200 OK" in await reader.readuntil(b"length 5")
        writer.write((head % b"a miracle") + b"12345")
        assert b" 417 " in await reader.readline()
    writer.close()
    await listener.stop()

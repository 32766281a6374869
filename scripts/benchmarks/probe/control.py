"""How the benchmark talks to the process under test: JSON lines over a Unix socket."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
import json
from typing import Any

type Command = Callable[..., Awaitable[Any] | Any]


async def serve(path: str, commands: Mapping[str, Command]) -> asyncio.Server:
    """Answer `{"do": name, …arguments}` with what the command returns."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            arguments = json.loads(line)
            try:
                answer = commands[arguments.pop("do")](**arguments)
                if isinstance(answer, Awaitable):
                    answer = await answer
            except Exception as error:  # noqa: BLE001  the benchmark prints it
                answer = {"error": repr(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(talk, path)

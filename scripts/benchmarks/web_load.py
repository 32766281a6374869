"""The load of the web: raw keep-alive clients, each waiting for its answer before it asks again. Run as a process of its own.

Prints a line of JSON: how many requests were answered in how many seconds, and what each client sent last.
"""

import argparse
import asyncio
from functools import partial
import json
import time
from typing import Any


class Client(asyncio.Protocol):
    """One connection: the next request goes out in the moment in which the answer is complete."""

    def __init__(self, path: str, key: str, end: float) -> None:
        """Ask until `end`, a time of the monotonic clock."""
        self._head = f"PATCH {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: "
        self._key = key
        self._end = end
        self._answer = b""
        self.turn = 0
        self.bad = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Ask for the first time."""
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Be done."""
        if not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Ask again once the answer is complete."""
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self.bad += not head.startswith(b"HTTP/1.1 200")
        self._answer = b""
        if time.monotonic() < self._end:
            self._ask()
        else:
            self._transport.close()

    def _ask(self) -> None:
        self.turn += 1
        body = f'{{"state": {{"{self._key}": {self.turn}}}, "source": "bench"}}'
        self._transport.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())


def _same(client: Client) -> Client:
    return client


async def main() -> None:
    """Run as many clients as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    loop = asyncio.get_running_loop()
    begin = time.monotonic()
    clients = []
    for number in range(options.clients):
        client = Client(options.path, f"client_{number}", begin + options.seconds)
        await loop.create_connection(partial(_same, client), "127.0.0.1", options.port)
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    print(
        json.dumps(
            {
                "requests": sum(client.turn for client in clients),
                "seconds": time.monotonic() - begin,
                "bad": sum(client.bad for client in clients),
                "last": {
                    f"client_{number}": client.turn
                    for number, client in enumerate(clients)
                },
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())

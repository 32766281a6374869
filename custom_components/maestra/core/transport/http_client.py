"""Asking services over HTTP for JSON, within bounds of time and size."""

import asyncio
from typing import Any, Final

import aiohttp

from ..domain.json_values import InvalidJson, JsonValue, loads

MAX_ANSWER_BYTES: Final = 2**20
_CHUNK: Final = 2**16


class NoAnswer(Exception):
    """There is no answer that can be read; `reason` says why, for people."""

    def __init__(self, reason: str, *, is_foreign: bool = False) -> None:
        """Keep why. What `is_foreign` has answered, but as something else than what was asked."""
        super().__init__(reason)
        self.reason = reason
        self.is_foreign = is_foreign


async def ask_for_json(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    timeout: float,
    **arguments: Any,
) -> tuple[int, JsonValue]:
    """Return the status and the JSON of an answer, `{}` for an empty one; raises NoAnswer. `arguments` are those of aiohttp."""
    try:
        async with (
            asyncio.timeout(timeout),
            # Whoever answers leads us nowhere else.
            http.request(method, url, allow_redirects=False, **arguments) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    raise NoAnswer("the answer is too long", is_foreign=True)
            return response.status, loads(bytes(body) or b"{}")
    except TimeoutError:
        raise NoAnswer("no answer in time") from None
    except InvalidJson:
        raise NoAnswer("the answer is no JSON", is_foreign=True) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NoAnswer(reason or type(error).__name__) from None

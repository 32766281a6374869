"""A key-value bucket of JetStream (ADR-8): the newest value of each key, for whoever comes later."""

from base64 import b64decode
import binascii
from collections.abc import Callable
from typing import Final

from ..bus import Unsubscribe
from .api import NOT_FOUND, StreamUnusable, answered, ask
from .client import Message
from .connection import NatsConnection

HISTORY: Final = 5
"""Values of a key that are kept, to look what it was before."""
MAX_VALUE: Final = 1_000_000
"""Bytes; more, servers refuse unless they are told otherwise."""


class Bucket:
    """One bucket, over a connection that its owner runs."""

    def __init__(self, connection: NatsConnection, name: str) -> None:
        """Ask nothing yet."""
        self.name = name
        self._connection = connection
        self._stream = f"KV_{name}"

    async def create(self, replicas: int = 1) -> None:
        """Make it, if it is not there as it should be; raises NotConnected, StreamUnusable."""
        config = {
            "name": self._stream,
            "subjects": [f"$KV.{self.name}.>"],
            "max_msgs_per_subject": HISTORY,
            "max_msg_size": MAX_VALUE,
            "discard": "new",
            "allow_rollup_hdrs": True,
            "deny_delete": True,
            "allow_direct": True,
            "num_replicas": replicas,
            "storage": "file",
        }
        await ask(self._connection, f"STREAM.CREATE.{self._stream}", config)

    async def get(self, key: str) -> bytes | None:
        """Return the newest value, None where there is none; raises NotConnected, StreamUnusable."""
        try:
            found = await ask(
                self._connection,
                f"STREAM.MSG.GET.{self._stream}",
                {"last_by_subj": self._subject(key)},
            )
        except StreamUnusable as error:
            if error.code == NOT_FOUND:
                return None
            raise
        message = found.get("message")
        data = message.get("data", "") if isinstance(message, dict) else ""
        try:
            # What was deleted has no data.
            return b64decode(str(data), validate=True) or None
        except binascii.Error:
            raise StreamUnusable("the server's answer can't be read") from None

    async def put(self, key: str, value: bytes) -> None:
        """Set a value; the bucket has it when this returns. Raises NotConnected, StreamUnusable, MessageTooLarge."""
        await answered(self._connection, self._subject(key), value)

    def watch(self, key: str, changed: Callable[[], None]) -> Unsubscribe:
        """Call `changed` for each new value, from the next connection on, and while it stands."""

        def heard(_message: Message) -> None:
            changed()

        return self._connection.listen(self._subject(key), heard)

    def _subject(self, key: str) -> str:
        return f"$KV.{self.name}.{key}"

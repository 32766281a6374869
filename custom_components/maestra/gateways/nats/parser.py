"""nats-py's parser, for subjects that any client can choose."""

from typing import Final, override

from nats.errors import ProtocolError
from nats.protocol.parser import AWAITING_CONTROL_LINE, CRLF_SIZE, Parser

LINE_END: Final = b"\r\n"
MAX_LINE: Final = 64 * 1024
"""Bytes; INFO of a large cluster is longer than other lines."""
# A server takes these for letters of a subject, and the library for the end of it. No text has the byte 0xFF.
_BLANKS: Final = bytes.maketrans(b"\x0b\x0c", b"\xff\xff")


class LineParser(Parser):
    """Gives the library one line or payload at a time, so that nobody's subject can be taken for something else."""

    @override
    def reset(self) -> None:
        super().reset()
        self._held = bytearray()

    @override
    async def parse(self, data: bytes = b"") -> None:
        held = self._held
        held.extend(data)
        while held:
            if is_line := self.state == AWAITING_CONTROL_LINE:
                end = held.find(LINE_END) + len(LINE_END)
                if end < len(LINE_END):
                    if len(held) > MAX_LINE:
                        raise ProtocolError
                    return
            else:
                end = self.needed + CRLF_SIZE
                if len(held) < end:
                    return
            piece = bytes(held[:end])
            del held[:end]
            await super().parse(piece.translate(_BLANKS) if is_line else piece)

"""A line over which one byte value never goes: what it carries, byte by byte.

On some boards (`sw.contract.board_table.Board.escaped`) a chip between USB and the FPGA reads along: the BL616 of the Tang
Nano 20K leaves the serial mode for its own console at the bytes 0x18, 0x03 (Ctrl-X, Ctrl-C). On the line of such a board,
after COBS and with the delimiters, in both directions:

    0x18 or 0xA5 -> 0xA5, the byte inverted          any other byte -> itself

So 0x18 never occurs, and a zero stays what it is, the end of a frame. The byte after 0xA5 is inverted whatever it is, but for a
zero, which ends the frame: where a byte was lost, what follows the next zero is whole again. 0xA5 is among the rarest bytes in
frames of samples.
"""

import re

FORBIDDEN = 0x18
ESCAPE = 0xA5
INVERT = 0xFF

_TO_ESCAPE = re.compile(b"[\\x%02x\\x%02x]" % (FORBIDDEN, ESCAPE))
_ESCAPED = re.compile(b"\\x%02x(.?)" % ESCAPE, re.DOTALL)


def escape(data: bytes) -> bytes:
    """Bytes as they go over the line, at most twice as many."""
    return _TO_ESCAPE.sub(lambda match: bytes([ESCAPE, match[0][0] ^ INVERT]), data)


class Unescaper:
    """The inverse of `escape`, over the pieces of a stream."""

    def __init__(self) -> None:
        self._begun = b""  # an escape byte whose second byte is still to come

    def feed(self, data: bytes) -> bytes:
        """What `data` stands for."""
        data, self._begun = self._begun + data, b""
        return _ESCAPED.sub(self._plain, data)

    def _plain(self, match: re.Match[bytes]) -> bytes:
        if not match[1]:
            self._begun = match[0]
            return b""
        return bytes([match[1][0] and match[1][0] ^ INVERT])

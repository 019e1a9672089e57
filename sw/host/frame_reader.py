"""From bytes to frames: cut at the delimiters, decode, check; skip what is not a frame."""

import contextlib
from collections.abc import Iterator

from cobs import cobs

from sw.contract.error import ContractError
from sw.contract.frames import DELIMITER, HEADER, OVERHEAD, Frame, version_of

MAX_FRAME = OVERHEAD + (1 << HEADER["length"].width) - 1  # decoded
MAX_ENCODED = MAX_FRAME + MAX_FRAME // 254 + 1
END = bytes([DELIMITER])


def encode(frame: Frame) -> bytes:
    """A frame as it goes over the wire: COBS, then the delimiter."""
    return cobs.encode(frame.pack()) + END


class FrameReader:
    """Takes bytes in any pieces, gives the frames in them.

    Members: `garbage`, the pieces between two delimiters that were no frame (empty ones are silence, not garbage); `silent`,
    whether no byte has come; `other_version`, of the last frame that is whole but of another version of the protocol.
    Holds at most `MAX_ENCODED` bytes, whatever comes: a longer piece is dropped up to the next delimiter.
    """

    def __init__(self) -> None:
        self.garbage = 0
        self.silent = True
        self.other_version: int | None = None
        self._piece = bytearray()
        self._overflow = False

    @property
    def held(self) -> int:
        """Bytes of the piece that has not ended yet."""
        return len(self._piece)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that end in `data`, in order."""
        self.silent = self.silent and not data
        *ended, rest = data.split(END)
        for part in ended:
            self._add(part)
            frame = self._finish()
            if frame is not None:
                yield frame
        self._add(rest)

    def _add(self, part: bytes) -> None:
        if self._overflow or len(self._piece) + len(part) > MAX_ENCODED:
            self._piece.clear()
            self._overflow = True
        else:
            self._piece += part

    def _finish(self) -> Frame | None:
        piece, overflow = bytes(self._piece), self._overflow
        self._piece.clear()
        self._overflow = False
        if not piece and not overflow:
            return None
        if not overflow:
            with contextlib.suppress(cobs.DecodeError, ContractError):
                data = cobs.decode(piece)
                self.other_version = version_of(data) or self.other_version
                return Frame.unpack(data)
        self.garbage += 1
        return None

"""What travels inside the link: bytes of a frame, the word that the frame has ended, and what a reply's header says."""

from amaranth.lib import data

from hw.layouts import wire_layout
from sw.contract.frames import HEADER

FRAME_TOKEN = data.StructLayout({"data": 8, "end": 1, "error": 1})
"""A byte of a frame; or, with `end`, no byte but the end of the frame, with `error` if the frame must be dropped."""

LAST_BYTE = data.StructLayout({"data": 8, "last": 1})
"""A byte of a frame that is known to be whole; `last` marks its last byte."""

REPLY_HEADER = wire_layout(HEADER[name] for name in ("type", "sequence", "length"))
"""The fields of a header that are not the same for all frames of a board."""

"""What travels inside the link: bytes of a frame, the word that the frame has ended, and what a header says."""

from amaranth.lib import data

FRAME_TOKEN = data.StructLayout({"data": 8, "end": 1, "error": 1})
"""A byte of a frame; or, with `end`, no byte but the end of the frame, with `error` if the frame must be dropped."""

LAST_BYTE = data.StructLayout({"data": 8, "last": 1})
"""A byte of a frame that is known to be whole; `last` marks its last byte."""

REPLY_HEADER = data.StructLayout({"type": 8, "sequence": 16, "length": 16})
"""The fields of a header that are not the same for all frames of a board, in the order of their bytes."""

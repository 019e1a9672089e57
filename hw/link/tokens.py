"""What travels between the stages of the receiver: bytes of a frame, and the word that the frame has ended."""

from amaranth.lib import data

from sw.contract import frames

FRAME_TOKEN = data.StructLayout({"data": 8, "end": 1, "error": 1})
"""A byte of a frame; or, with `end`, no byte but the end of the frame, with `error` if the frame must be dropped."""

LAST_BYTE = data.StructLayout({"data": 8, "last": 1})
"""A byte of a frame that is known to be whole; `last` marks its last byte."""

HEADER = data.StructLayout(frames.HEADER_FIELDS)
"""The header of a frame, in the order of its bytes."""

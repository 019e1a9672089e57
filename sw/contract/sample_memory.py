"""The sample memory of a board: how a record lies in it, how many fit, what is said of it over the link.

A *record* is a sample: label u16, pixels packed as on the wire, zeros, and a CRC-32, `record_bytes` in all. Records lie in
*slots*: the library from slot 0 up, the reservoir (contract, clause 19) from the end of the memory down, its record i in slot
-1 - i. Slot s begins at byte s · `record_bytes` modulo the bytes of the memory, which are a power of two. The CRC is of the
number of the slot, i32, and of all of the record before: one that is read from another place does not fit either.
"""

import struct
import zlib

from sw.contract.frames import CRC, image_bytes
from sw.contract.structure import Field, Limit, Structure

ALIGNMENT = 16  # bytes: a burst of every memory
LABEL, SLOT = struct.Struct("<H"), struct.Struct("<i")
TRAINS, PERMUTES = 1, 2  # bits of `how`
NOT_PLAYED = 0xFFFF  # in the place of a prediction, of RECITE

REHEARSAL = Structure(
    "Rehearsal",
    Field("prng", 32, limit=Limit.NOT_ZERO, about="r"),
    Field("size", 32, limit=Limit.ROOM, about="R; 0: none"),
    Field("seen", 64, about="c"),
    Field("horizon", 32, about="N; 2³²−1: none"),
    Field("every", 16, about="E"),
    Field("phase", 16, about="c mod E"),
    Field("per", 16, about="P"),
)
PLAYED = Structure("Played", Field("signature", 32), Field("samples", 64), Field("played", 32), Field("correct", 32))
MEMORY = Structure(
    "Memory",
    Field("records", 32, about="of the library"),
    Field("failed", 32, about="records whose CRC was wrong, since a State was set"),
    Field("slot", 32, signed=True, about="of the first of them"),
    Field("played", 32, about="records that PLAY has given to the array, modulo 2³²"),
    Field("correct", 32, about="those of them whose class was predicted, modulo 2³²"),
    Field("bytes_read", 64),
    Field("bytes_written", 64),
    Field("refreshes", 64),
    Field("cycles_waiting", 64, about="a sample was due, and the memory had not given it yet"),
)


def record_bytes(inputs: int) -> int:
    """Bytes of a record of `inputs` pixels: whole bursts."""
    return -(-(LABEL.size + image_bytes(inputs) + CRC.size) // ALIGNMENT) * ALIGNMENT


def capacity(memory_bytes: int, inputs: int) -> int:
    """Records of `inputs` pixels that a memory holds, library and reservoir together."""
    return memory_bytes // record_bytes(inputs)


def reservoir_slot(i: int) -> int:
    """The slot of record i of the reservoir."""
    return ~i


def pack_record(slot: int, label: int, image: bytes) -> bytes:
    """What lies in a slot; `image` is packed."""
    size = record_bytes(8 * len(image))
    body = (LABEL.pack(label) + image).ljust(size - CRC.size, b"\0")
    return body + CRC.pack(zlib.crc32(body, zlib.crc32(SLOT.pack(slot))))


def unpack_record(slot: int, data: bytes, inputs: int) -> tuple[int, bytes] | None:
    """Label and packed image of what lies in a slot; None where the CRC does not fit."""
    label, image = LABEL.unpack_from(data)[0], data[LABEL.size : LABEL.size + image_bytes(inputs)]
    return (label, image) if pack_record(slot, label, image) == data else None

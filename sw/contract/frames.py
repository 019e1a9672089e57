"""Frames of the link: layout, refusals, and what a board tells of itself.

On the wire a frame is COBS-encoded and ended by a zero byte. Decoded it is

    version u8 | type u8 | sequence u16 | nonce u32 | length u16 | payload (length bytes) | CRC-32 u32

all little-endian; the CRC (zlib's) covers everything before it. Every whole frame gets one reply with the same sequence
number and type | REPLY, or ERROR, in the order of the requests. A frame that is damaged (COBS, CRC, length) is dropped,
changes nothing and is counted. The types of requests are in `sw.contract.commands`.

Requests are carried out exactly once, in the order of their sequence numbers, and each training sample too: how is in
`docs/protocol.md`.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Self, TypeAlias

from sw.contract.error import require
from sw.contract.geometry import Geometry
from sw.contract.state import State
from sw.contract.structure import Field, Limit, Structure
from sw.contract.table import ENTRIES

U8: TypeAlias = Annotated[int, 8]
U16: TypeAlias = Annotated[int, 16]
U32: TypeAlias = Annotated[int, 32]
U64: TypeAlias = Annotated[int, 64]

VERSION = 3
DELIMITER = 0
HEADER = Structure(
    "Header", Field("version", 8), Field("type", 8), Field("sequence", 16), Field("nonce", 32), Field("length", 16)
)
CRC = struct.Struct("<I")
OVERHEAD = HEADER.size + CRC.size
REPLY = 0x80
ERROR = 0xFF
TABLE_BYTES = 2 * ENTRIES
WINDOW = 256  # numbers before the expected one that are repetitions: the most requests that may be in flight
RING = 256  # predictions that are kept for repetitions: the most training samples that may be in flight
FIRST = 1 << 16  # TRAIN tells the number of its first sample modulo this


class Reason(IntEnum):
    """Why a request was refused; an ERROR reply holds reason u8 and the command u8. A refused request changed nothing."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        member = int.__new__(cls, code)
        member._value_, member.meaning = code, meaning
        return member

    VERSION = 1, "it has another version of the protocol"
    TYPE = 2, "there is no such command, or it needs a sample memory and this board has none"
    NONCE = 3, "the board has been reset since it told its nonce, or has told none yet"
    LENGTH = 4, "the payload has another length than the command asks for"
    UNCONFIGURED = 5, "there is no network yet"
    RANGE = (
        6,
        "a row, a count of columns, a layer, a label or a pixel is outside the network, or a record outside the sample memory; "
        "a random word of 0; a permutation that was not told",
    )
    GAP = 7, "its number is neither the expected one nor one of the window before it"
    SAMPLE = 8, "it does not begin with the board's next training sample; of a repeated one, a prediction is not kept any more"
    DAMAGED = 9, "a record in the sample memory has a wrong CRC; of TRAIN and playback, one had, and no State was set since"


COUNTERS = (
    "bad_frames",  # frames dropped: COBS, CRC or length wrong, or longer than the buffer
    "learned",  # training samples with an error, since CONFIGURE
    "draws",  # steps of the random word, since CONFIGURE
    "rows_learned",  # rows that a LEARN or RELAX touched, since CONFIGURE
    "cycles_forward",  # issuing FORWARD tokens
    "cycles_normalise",  # waiting for the last sum of a hidden layer, and its mean
    "cycles_activate",  # loading activations into the array
    "cycles_classify",  # waiting for the last sum of the output layer
    "cycles_backward",  # column counters: CLEAR, BACKWARD, UNLOAD and the wait for the last
    "cycles_learn",  # waiting for learning tokens before the next layer or sample
    "cycles_starved",  # ready for a sample that the link has not delivered
)


@dataclass(frozen=True, kw_only=True)
class Hello:
    """What a board says of itself.

    `buffer_bytes` bounds the decoded bytes of requests not yet answered; `sample_memory` is the bytes of the memory for samples
    (`sw.contract.sample_memory`), 0 for none.
    """

    build: U64
    clock_hz: U32
    columns: U16
    rows: U16
    grid_height: U8
    grid_width: U8
    synapses_per_cell: U8
    folds: U8
    slices: U8
    memory_ports: U8
    buffer_bytes: U16
    nonce: U32
    sample_memory: U32 = 0

    def pack(self) -> bytes:
        """The payload of the reply to HELLO."""
        return HELLO.pack(**vars(self))

    @classmethod
    def unpack(cls, payload: bytes) -> "Hello":
        """The inverse of `pack`. Raises `ContractError` for another length."""
        require(len(payload) == HELLO.size, f"HELLO has {len(payload)} bytes, expected {HELLO.size}")
        return cls(**HELLO.unpack(payload)._asdict())


def told_shape(geometry: Geometry) -> dict[str, int]:
    """What HELLO tells of the shape of a board: all but the samples of a group, of which nothing that a host says depends."""
    return {name: value for name, value in vars(geometry).items() if name in Hello.__dataclass_fields__}


HELLO = Structure.of("Hello", Hello)
STATE = Structure("State", Field("prng", 32, limit=Limit.NOT_ZERO), Field("signature", 32), Field("samples", 64))
PROGRESS = Structure("Progress", Field("signature", 32), Field("samples", 64))  # how far the board is when it answers a TRAIN
COUNTER_VALUES = Structure("Counters", *(Field(name, 64) for name in COUNTERS))


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One decoded frame without its CRC."""

    type: int
    sequence: int
    nonce: int
    payload: bytes = b""

    def pack(self) -> bytes:
        """Header, payload and CRC: what COBS encodes."""
        body = HEADER.pack(VERSION, self.type, self.sequence, self.nonce, len(self.payload)) + self.payload
        return body + CRC.pack(zlib.crc32(body))

    @classmethod
    def unpack(cls, data: bytes) -> "Frame":
        """The inverse of `pack`. Raises `ContractError` when length, CRC or version is wrong."""
        require(len(data) >= OVERHEAD, f"a frame has {len(data)} bytes, expected at least {OVERHEAD}")
        body, (crc,) = data[: -CRC.size], CRC.unpack(data[-CRC.size :])
        require(zlib.crc32(body) == crc, "a frame's CRC is wrong")
        version, kind, sequence, nonce, length = HEADER.unpack(body[: HEADER.size])
        require(version == VERSION, f"a frame has version {version}, expected {VERSION}")
        require(length == len(body) - HEADER.size, f"a frame says {length} bytes and has {len(body) - HEADER.size}")
        return cls(type=kind, sequence=sequence, nonce=nonce, payload=body[HEADER.size :])


def version_of(data: bytes) -> int | None:
    """The version of a decoded frame that is whole but of another version of the protocol."""
    whole = len(data) >= OVERHEAD and zlib.crc32(data[: -CRC.size]) == CRC.unpack(data[-CRC.size :])[0]
    return data[0] if whole and data[0] != VERSION else None


def pack_state(state: State) -> bytes:
    """The payload of STATE that sets it, and of its reply."""
    return STATE.pack(**state._asdict())


def unpack_state(payload: bytes) -> State:
    """The inverse of `pack_state`, for `STATE.size` bytes."""
    return State(**STATE.unpack(payload)._asdict())


def image_bytes(inputs: int) -> int:
    """Bytes of one image of `inputs` pixels: pixel i is bit i % 8 of byte i // 8; spare bits are zero."""
    return -(-inputs // 8)

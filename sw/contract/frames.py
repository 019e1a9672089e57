"""Frames of the link: layout, commands, replies.

On the wire a frame is COBS-encoded and ended by a zero byte. Decoded it is

    version u8 | type u8 | sequence u16 | nonce u32 | length u16 | payload (length bytes) | CRC-32 u32

all little-endian; the CRC (zlib's) covers everything before it. Every request gets one reply with the same sequence
number and type | REPLY, or ERROR, in the order of the requests. A frame that is damaged (COBS, CRC, length) is dropped,
changes nothing and is counted. Every request but HELLO carries the boot nonce that HELLO told.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from sw.contract.error import require
from sw.contract.table import ENTRIES

VERSION = 1
DELIMITER = 0
HEADER = struct.Struct("<BBHIH")
HEADER_FIELDS = {"version": 8, "type": 8, "sequence": 16, "nonce": 32, "length": 16}
CRC = struct.Struct("<I")
OVERHEAD = HEADER.size + CRC.size
REPLY = 0x80
TABLE_BYTES = 2 * ENTRIES


class Command(IntEnum):
    """Requests: payload -> payload of the reply."""

    HELLO = 1  # nothing -> Hello
    CONFIGURE = 2  # the registers (`sw.contract.registers`) -> nothing; clears all inputs, counters and the sample count
    TABLE = 3  # layer index u8 (0…L-1), 512 bytes (`sw.contract.table.table_bytes`) -> nothing
    WRITE = 4  # row u16, hidden weights of columns 0, 1, … (int8 each) -> nothing
    READ = 5  # row u16, count u16 -> hidden weights of columns 0 … count-1
    TRAIN = 6  # count u8, labels u16 × count, images × count -> predictions u16 × count
    INFER = 7  # count u8, images × count -> predictions u16 × count
    STATE = 8  # nothing, or a State to set -> State
    COUNTERS = 9  # nothing -> u64 × len(COUNTERS)
    RESET = 10  # nothing -> nothing; forgets configuration and counters; a new nonce


ERROR = 0xFF


class Reason(IntEnum):
    """Why a request was refused; an ERROR reply holds reason u8 and the command u8. A refused request changed nothing."""

    VERSION = 1  # another version of this protocol
    TYPE = 2  # no such command
    NONCE = 3  # the board has been reset since HELLO
    LENGTH = 4  # the payload's length doesn't fit the command
    UNCONFIGURED = 5  # TRAIN, INFER, WRITE, READ or TABLE before CONFIGURE
    RANGE = 6  # a row, column count, layer or label outside the network


HELLO = struct.Struct("<QIHHBBBBBBHI")
STATE = struct.Struct("<IQ")

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
    """What a board says of itself. `buffer_bytes` bounds the decoded bytes of requests not yet answered."""

    build: int
    clock_hz: int
    columns: int
    rows: int
    grid_height: int
    grid_width: int
    synapses_per_cell: int
    folds: int
    slices: int
    memory_ports: int
    buffer_bytes: int
    nonce: int

    def pack(self) -> bytes:
        """The payload of the reply to HELLO."""
        return HELLO.pack(*(getattr(self, name) for name in self.__dataclass_fields__))

    @classmethod
    def unpack(cls, payload: bytes) -> "Hello":
        """The inverse of `pack`. Raises `ContractError` for another length."""
        require(len(payload) == HELLO.size, f"HELLO has {len(payload)} bytes, expected {HELLO.size}")
        return cls(**dict(zip(cls.__dataclass_fields__, HELLO.unpack(payload), strict=True)))


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


def image_bytes(inputs: int) -> int:
    """Bytes of one image of `inputs` pixels: pixel i is bit i % 8 of byte i // 8; spare bits are zero."""
    return -(-inputs // 8)


def train_payload(labels: list[int], images: bytes) -> bytes:
    """The payload of TRAIN: count, all labels, then the packed images one after another."""
    return bytes([len(labels)]) + b"".join(label.to_bytes(2, "little") for label in labels) + images


def train_length(count: int, inputs: int) -> int:
    """Bytes of a TRAIN payload of `count` samples."""
    return 1 + count * (2 + image_bytes(inputs))


def infer_length(count: int, inputs: int) -> int:
    """Bytes of an INFER payload of `count` images."""
    return 1 + count * image_bytes(inputs)

"""Frames of the link: layout, commands, replies.

On the wire a frame is COBS-encoded and ended by a zero byte. Decoded it is

    version u8 | type u8 | sequence u16 | nonce u32 | length u16 | payload (length bytes) | CRC-32 u32

all little-endian; the CRC (zlib's) covers everything before it. Every whole frame gets one reply with the same sequence
number and type | REPLY, or ERROR, in the order of the requests. A frame that is damaged (COBS, CRC, length) is dropped,
changes nothing and is counted. Every request but HELLO carries the boot nonce that HELLO told.

Requests are carried out exactly once, in the order of their sequence numbers (`docs/protocol.md`). HELLO of number s begins a
session: the board expects s + 1. A request with the number that is expected is carried out, and the next one is expected;
one that is refused changes nothing, that number included. One with one of the `WINDOW` numbers before it is a repetition:
what changes the board is answered again and not done again, what only reads is done again. Any other is refused: GAP.

TRAIN says besides which training sample it begins with, and its reply tells how many the board has counted and the signature
of them all (`sw.contract.state`). The predictions of a repeated TRAIN come from a memory of the last `RING`.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from sw.contract.error import require
from sw.contract.state import State
from sw.contract.table import ENTRIES

VERSION = 2
DELIMITER = 0
HEADER = struct.Struct("<BBHIH")
HEADER_FIELDS = {"version": 8, "type": 8, "sequence": 16, "nonce": 32, "length": 16}
CRC = struct.Struct("<I")
OVERHEAD = HEADER.size + CRC.size
REPLY = 0x80
TABLE_BYTES = 2 * ENTRIES
WINDOW = 256  # numbers before the expected one that are repetitions: the most requests that may be in flight
RING = 256  # predictions that are kept for repetitions: the most training samples that may be in flight
TRAIN = struct.Struct("<HB")  # first, count: what a TRAIN begins with
FIRST = 1 << 16  # TRAIN tells the number of its first sample modulo this


class Command(IntEnum):
    """Requests: payload -> payload of the reply."""

    HELLO = 1  # nothing -> Hello
    CONFIGURE = 2  # the registers (`sw.contract.registers`) -> nothing; clears all inputs, counters and the sample count
    TABLE = 3  # layer index u8 (0…L-1), 512 bytes (`sw.contract.table.table_bytes`) -> nothing
    WRITE = 4  # row u16, hidden weights of columns 0, 1, … (int8 each) -> nothing
    READ = 5  # row u16, count u16 -> hidden weights of columns 0 … count-1
    TRAIN = 6  # first u16, count u8, labels u16 × count, images × count -> predictions u16 × count, Progress
    INFER = 7  # count u8, images × count -> predictions u16 × count
    STATE = 8  # nothing, or a State to set -> State
    COUNTERS = 9  # nothing -> u64 × len(COUNTERS)
    RESET = 10  # nothing -> nothing; forgets configuration and counters; a new nonce


ERROR = 0xFF


CHANGES = (Command.CONFIGURE, Command.TABLE, Command.WRITE, Command.TRAIN, Command.RESET)
"""Commands that a repetition does not carry out again; STATE with a payload is one too."""


class Reason(IntEnum):
    """Why a request was refused; an ERROR reply holds reason u8 and the command u8. A refused request changed nothing."""

    VERSION = 1  # another version of this protocol
    TYPE = 2  # no such command
    NONCE = 3  # the board has been reset since HELLO
    LENGTH = 4  # the payload's length doesn't fit the command
    UNCONFIGURED = 5  # TRAIN, INFER, WRITE, READ or TABLE before CONFIGURE
    RANGE = 6  # a row, column count, layer or label outside the network
    GAP = 7  # neither the sequence number that is expected nor one of the WINDOW before it
    SAMPLE = 8  # TRAIN begins with another sample than the board's next; a repeated one's predictions are not kept any more


HELLO = struct.Struct("<QIHHBBBBBBHI")
STATE = struct.Struct("<IIQ")  # random word, signature, samples (`sw.contract.state.State`)
PROGRESS = struct.Struct("<IQ")  # signature, samples: how far the board is when it answers a TRAIN

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


def version_of(data: bytes) -> int | None:
    """The version of a decoded frame that is whole but of another version of the protocol."""
    whole = len(data) >= OVERHEAD and zlib.crc32(data[: -CRC.size]) == CRC.unpack(data[-CRC.size :])[0]
    return data[0] if whole and data[0] != VERSION else None


def pack_state(state: State) -> bytes:
    """The payload of STATE that sets it, and of its reply."""
    return STATE.pack(state.prng, state.signature, state.samples)


def unpack_state(payload: bytes) -> State:
    """The inverse of `pack_state`, for `STATE.size` bytes."""
    prng, signature, samples = STATE.unpack(payload)
    return State(prng, samples, signature)


def image_bytes(inputs: int) -> int:
    """Bytes of one image of `inputs` pixels: pixel i is bit i % 8 of byte i // 8; spare bits are zero."""
    return -(-inputs // 8)


def train_payload(first: int, labels: list[int], images: bytes) -> bytes:
    """The payload of TRAIN: the training samples before it (modulo `FIRST`), count, all labels, then the packed images."""
    return TRAIN.pack(first % FIRST, len(labels)) + b"".join(label.to_bytes(2, "little") for label in labels) + images


def train_length(count: int, inputs: int) -> int:
    """Bytes of a TRAIN payload of `count` samples."""
    return TRAIN.size + count * (2 + image_bytes(inputs))


def infer_length(count: int, inputs: int) -> int:
    """Bytes of an INFER payload of `count` images."""
    return 1 + count * image_bytes(inputs)

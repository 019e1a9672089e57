"""A board in Python: speaks the link as the gateware does (`docs/protocol.md`), with a `Chip` behind it.

    python -m sw.wire.board --geometry GEOMETRY

plays a board on standard input and output; `ModelBoard.feed` takes bytes and gives bytes.
"""

import argparse
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from cobs import cobs

from sw.contract.commands import Command
from sw.contract.error import ContractError
from sw.contract.frames import (
    COUNTER_VALUES,
    ERROR,
    FIRST,
    HEADER,
    PROGRESS,
    REPLY,
    RING,
    WINDOW,
    Frame,
    Hello,
    Reason,
    image_bytes,
    pack_state,
    told_shape,
    unpack_state,
    version_of,
)
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.contract.state import State
from sw.data.packed import unpacked
from sw.wire.chip import Chip
from sw.wire.memory_commands import MemoryCommands
from sw.wire.refusal import Refusal, check
from sw.wire.sample_memory import SampleMemory

SMALL = Geometry(columns=64, rows=32, grid_height=4, grid_width=1, synapses_per_cell=16, folds=1)
SEQUENCES = 1 << 16


class ModelBoard(MemoryCommands):
    """A board between two calls of `feed`; every request is carried out at once.

    Members: `chip`; `hello`; `expected`, the sequence number of the next request, None before the first HELLO; `bad_frames`,
    those dropped, a frame longer than the buffer among them; `applied` and `repeated`, the TRAIN requests that were learned
    from, and those that were only answered; those of `MemoryCommands`.
    """

    def __init__(
        self,
        geometry: Geometry = SMALL,
        buffer_bytes: int = 600,
        nonce: int = 0xC0FFEE,
        chip: Chip | None = None,
        sample_memory: int = 0,
    ) -> None:
        self.chip = chip or Chip(geometry.rows, geometry.columns, geometry.folds, geometry.bounds_entries)
        self.memory = SampleMemory(sample_memory, self.chip)
        own: dict[str, Any] = {"build": 1, "clock_hz": 50_000_000, "buffer_bytes": buffer_bytes, "nonce": nonce}
        own["sample_memory"] = sample_memory
        self.hello = Hello(**told_shape(geometry), **own)
        self.expected: int | None = None
        self.pending = bytearray()
        self.bad_frames = self.applied = self.repeated = self.plays = 0
        self.ring, self.following = [0] * RING, 0  # the next training sample, as far as the link has taken samples

    def feed(self, data: bytes) -> bytes:
        """The bytes that answer the frames which end in `data`."""
        self.pending += data
        *pieces, rest = bytes(self.pending).split(b"\0")
        self.pending = bytearray(rest[: self.hello.buffer_bytes + 1 + len(rest) // 254])
        replies = [self.answer(piece) for piece in pieces if piece]
        return b"".join(cobs.encode(reply.pack()) + b"\0" for reply in replies if reply)

    def answer(self, piece: bytes) -> Frame | None:
        """The reply to one encoded frame; None where it is damaged or too long."""
        try:
            decoded = cobs.decode(piece)
            if version_of(decoded) is not None:
                return self.refuse_version(decoded)
            frame = Frame.unpack(decoded)
            if len(decoded) > self.hello.buffer_bytes:
                raise ContractError("longer than the buffer")
        except (cobs.DecodeError, ContractError):
            self.bad_frames += 1
            return None
        try:
            payload, kind = self.act(frame), frame.type | REPLY
        except Refusal as refusal:
            payload, kind = bytes([refusal.reason, frame.type]), ERROR
        return Frame(type=kind, sequence=frame.sequence, nonce=self.hello.nonce, payload=payload)

    def refuse_version(self, decoded: bytes) -> Frame:
        """The answer to a whole frame of another version of the protocol, whose header is the same."""
        header = HEADER.unpack_from(decoded)
        refused = bytes([Reason.VERSION, header.type])
        return Frame(type=ERROR, sequence=header.sequence, nonce=self.hello.nonce, payload=refused)

    def act(self, frame: Frame) -> bytes:
        """Carry out a request, or only answer it; the payload of its reply. Raises `Refusal`."""
        check(frame.type in list(Command), Reason.TYPE)
        command = Command(frame.type)
        check(self.hello.sample_memory > 0 or not command.spec.needs_memory, Reason.TYPE)
        fits = command.spec.fits(frame.payload, self.chip.inputs if self.chip.network else 0)
        if command is Command.HELLO:
            check(fits, Reason.LENGTH)
            self.expected = (frame.sequence + 1) % SEQUENCES
            return self.hello.pack()
        check(self.expected is not None and frame.nonce == self.hello.nonce, Reason.NONCE)
        assert self.expected is not None
        distance = (frame.sequence - self.expected) % SEQUENCES
        repeated = distance >= SEQUENCES - WINDOW
        check(distance == 0 or repeated, Reason.GAP)
        check(self.chip.network is not None or not command.spec.needs_network, Reason.UNCONFIGURED)
        check(fits, Reason.LENGTH)
        method = self.tell_memory if command is Command.MEMORY else getattr(self, command.name.lower())
        reply = method(frame.payload, repeated)
        if not repeated and self.expected is not None:
            self.expected = (frame.sequence + 1) % SEQUENCES
        return reply

    def configure(self, data: bytes, repeated: bool) -> bytes:
        if not repeated:
            self.chip.configure(data)
            self.memory.clear()
            self.following = 0
        return b""

    def table(self, data: bytes, repeated: bool) -> bytes:
        (number,), content = Command.TABLE.read(data)
        check(number < len(self.chip.layers) or number in self.chip.bounds_tables, Reason.RANGE)
        if not repeated:
            self.chip.tables[number] = content
        return b""

    def write(self, data: bytes, repeated: bool) -> bytes:
        (row,), weights = Command.WRITE.read(data)
        check(row < self.chip.row_count and len(weights) <= self.chip.weights.shape[1], Reason.RANGE)
        if not repeated:
            self.chip.weights[row, : len(weights)] = np.frombuffer(weights, np.int8)
        return b""

    def read(self, data: bytes, repeated: bool) -> bytes:
        (row, count), _ = Command.READ.read(data)
        check(row < self.chip.row_count and count <= self.chip.weights.shape[1], Reason.RANGE)
        return self.chip.weights[row, :count].tobytes()

    def train(self, data: bytes, repeated: bool) -> bytes:
        chip = self.chip
        (first, count), samples = Command.TRAIN.read(data)
        behind = (self.following - first) % FIRST
        check(repeated or not self.memory.failed, Reason.DAMAGED)
        check(count <= behind <= RING if repeated else behind == 0, Reason.SAMPLE)
        size = image_bytes(chip.inputs)
        labels, images = struct.unpack(f"<{count}H", samples[: 2 * count]), samples[2 * count :]
        places = [(first + i) % RING for i in range(count)]
        if not repeated:
            check(all(label < chip.classes for label in labels), Reason.RANGE)
            for i, label in enumerate(labels):
                self.ring[places[i]] = self.memory.train(images[i * size : i * size + size], label)
            self.following += count
        self.applied, self.repeated = self.applied + (not repeated), self.repeated + repeated
        predictions = struct.pack(f"<{count}H", *(self.ring[place] for place in places))
        return predictions + PROGRESS.pack(chip.signature, chip.samples)

    def infer(self, data: bytes, repeated: bool) -> bytes:
        (count,), images = Command.INFER.read(data)
        return struct.pack(f"<{count}H", *map(self.chip.infer, self.images(images)))

    def state(self, data: bytes, repeated: bool) -> bytes:
        chip = self.chip
        if data:
            state = unpack_state(data)
            check(state.prng != 0, Reason.RANGE)
            if not repeated:
                chip.prng, chip.samples, chip.signature = state
                self.following, self.memory.failed = state.samples, 0
        return pack_state(State(chip.prng, chip.samples, chip.signature))

    def counters(self, data: bytes, repeated: bool) -> bytes:
        return COUNTER_VALUES.pack(**self.chip.counters | {"bad_frames": self.bad_frames})

    def reset(self, data: bytes = b"", repeated: bool = False) -> bytes:
        """Also what a button or a loss of power does: everything is forgotten, and there is a new nonce."""
        self.chip.forget()
        self.expected, self.bad_frames = None, 0
        self.memory.clear()
        self.hello = replace(self.hello, nonce=(self.hello.nonce + 2) % 2**32)
        return b""

    def images(self, data: bytes) -> np.ndarray:
        """Pixels uint8 (n, n_0) of packed images."""
        inputs = self.chip.inputs
        return unpacked(np.frombuffer(data, np.uint8).reshape(-1, image_bytes(inputs)), inputs)


def main(make: Callable[..., ModelBoard] = ModelBoard) -> None:
    """`python -m sw.wire.board`; `make` makes the board of a geometry."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--geometry", type=parse_geometry, default=SMALL)
    parser.add_argument("--sample-memory", type=int, default=0, metavar="BYTES", help="a power of two; none by default")
    given = parser.parse_args()
    room = max(600, 2 * given.geometry.columns + 32)
    board = make(given.geometry, buffer_bytes=room, sample_memory=given.sample_memory)
    while data := os.read(0, 65536):
        answer = board.feed(data)
        while answer:
            answer = answer[os.write(1, answer) :]


if __name__ == "__main__":
    main()

"""A board in Python: speaks the link as the gateware does, with a `SmallChip` behind it.

    python -m tests.fake_board --geometry GEOMETRY

plays a board on standard input and output; in a test, `FakeBoard.feed` takes bytes and gives bytes.
"""

import argparse
import os
import struct
from dataclasses import asdict

import numpy as np
from cobs import cobs

from sw.contract.error import ContractError
from sw.contract.frames import (
    COUNTERS,
    ERROR,
    REPLY,
    STATE,
    Command,
    Frame,
    Hello,
    Reason,
    image_bytes,
    infer_length,
    train_length,
)
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import parse_geometry
from sw.contract.registers import CONFIGURATION_BYTES
from tests.small_chip import SmallChip

SMALL = Geometry(columns=64, rows=32, grid_height=4, grid_width=1, synapses_per_cell=16, folds=1)


class FakeBoard:
    """Members: `chip`; `hello`; `bad_frames`, those dropped, a frame longer than the buffer among them."""

    def __init__(self, geometry=SMALL, buffer_bytes=600, nonce=0xC0FFEE):
        self.chip = SmallChip(geometry.rows, geometry.columns, geometry.folds)
        own = {"build": 1, "clock_hz": 50_000_000, "buffer_bytes": buffer_bytes, "nonce": nonce}
        self.hello = Hello(**asdict(geometry), **own)
        self.pending = bytearray()
        self.bad_frames = 0

    def feed(self, data):
        self.pending += data
        *pieces, rest = bytes(self.pending).split(b"\0")
        self.pending = bytearray(rest)
        replies = [self.answer(piece) for piece in pieces if piece]
        return b"".join(cobs.encode(reply.pack()) + b"\0" for reply in replies if reply)

    def answer(self, piece):
        try:
            decoded = cobs.decode(piece)
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

    def act(self, frame):
        if frame.type not in list(Command):
            raise Refusal(Reason.TYPE)
        if frame.type != Command.HELLO and frame.nonce != self.hello.nonce:
            raise Refusal(Reason.NONCE)
        command = Command(frame.type)
        if command is Command.HELLO:
            return self.hello.pack()
        if self.chip.network is None and command.name in ("TABLE", "WRITE", "READ", "TRAIN", "INFER"):
            raise Refusal(Reason.UNCONFIGURED)
        return getattr(self, command.name.lower())(frame.payload)

    def configure(self, data):
        check(len(data) == CONFIGURATION_BYTES, Reason.LENGTH)
        self.chip.configure(data)
        return b""

    def table(self, data):
        check(len(data) == 513, Reason.LENGTH)
        check(data[0] < len(self.chip.layers), Reason.RANGE)
        self.chip.tables[data[0]] = data[1:]
        return b""

    def write(self, data):
        (row,) = struct.unpack("<H", data[:2])
        check(row < self.chip.row_count and len(data) - 2 <= self.chip.weights.shape[1], Reason.RANGE)
        self.chip.weights[row, : len(data) - 2] = np.frombuffer(data[2:], np.int8)
        return b""

    def read(self, data):
        row, count = struct.unpack("<HH", data)
        check(row < self.chip.row_count and count <= self.chip.weights.shape[1], Reason.RANGE)
        return self.chip.weights[row, :count].tobytes()

    def train(self, data):
        count, inputs = data[0], self.chip.network["inputs"]
        check(len(data) == train_length(count, inputs), Reason.LENGTH)
        labels = struct.unpack(f"<{count}H", data[1 : 1 + 2 * count])
        check(all(label < self.chip.classes for label in labels), Reason.RANGE)
        images = self.images(data[1 + 2 * count :], inputs)
        return struct.pack(f"<{count}H", *map(self.chip.train, images, labels))

    def infer(self, data):
        count, inputs = data[0], self.chip.network["inputs"]
        check(len(data) == infer_length(count, inputs), Reason.LENGTH)
        return struct.pack(f"<{count}H", *map(self.chip.infer, self.images(data[1:], inputs)))

    def state(self, data):
        check(len(data) in (0, STATE.size), Reason.LENGTH)
        if data:
            self.chip.prng, self.chip.samples = STATE.unpack(data)
        return STATE.pack(self.chip.prng, self.chip.samples)

    def counters(self, data):
        return struct.pack(f"<{len(COUNTERS)}Q", self.bad_frames, *list(self.chip.counters.values())[1:])

    def reset(self, data):
        self.chip.network = None
        self.hello = Hello(**{**vars(self.hello), "nonce": self.hello.nonce + 1})
        return b""

    @staticmethod
    def images(data, inputs):
        packed = np.frombuffer(data, np.uint8).reshape(-1, image_bytes(inputs))
        return np.unpackbits(packed, axis=1, bitorder="little", count=inputs)


class Refusal(Exception):  # noqa: N818 - not an error of the board
    def __init__(self, reason):
        self.reason = reason


def check(condition, reason):
    if not condition:
        raise Refusal(reason)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--geometry", type=parse_geometry, default=SMALL)
    given = parser.parse_args()
    board = FakeBoard(given.geometry, buffer_bytes=max(600, 2 * given.geometry.columns))
    while data := os.read(0, 65536):
        answer = board.feed(data)
        while answer:
            answer = answer[os.write(1, answer) :]


if __name__ == "__main__":
    main()

"""What the board in Python answers to the commands of the sample memory (`docs/protocol.md`)."""

import struct

import numpy as np

from sw.contract.commands import Command
from sw.contract.frames import FIRST, PROGRESS, RING, Reason, image_bytes
from sw.contract.sample_memory import NOT_PLAYED, PERMUTES, PLAYED, REHEARSAL, TRAINS
from sw.wire.chip import Chip
from sw.wire.refusal import Refusal, check
from sw.wire.sample_memory import DamagedError, SampleMemory


class MemoryCommands:
    """A part of `sw.wire.board.ModelBoard`.

    Members: `chip`, `memory`; `ring` of predictions; `following`, the next training sample; `plays`, the PLAYs and RECITEs that
    were carried out.
    """

    chip: Chip
    memory: SampleMemory
    ring: list[int]
    following: int
    plays: int

    def store(self, data: bytes, repeated: bool) -> bytes:
        (slot, count), rest = Command.STORE.read(data)
        labels, size = struct.unpack(f"<{count}H", rest[: 2 * count]), image_bytes(self.chip.inputs)
        memory, reserved = self.memory, self.memory.draws.rehearsal.size
        in_library = 0 <= slot <= memory.records and memory.fits(slot + count, reserved)
        in_reservoir = slot < 0 and slot + count <= 0 and ~slot < reserved
        if not repeated:
            check((in_library or in_reservoir) and all(label < self.chip.classes for label in labels), Reason.RANGE)
            if slot >= 0:
                memory.records = slot
            for i, label in enumerate(labels):
                memory.store(slot + i, label, rest[2 * count + i * size :][:size])
        return b""

    def recall(self, data: bytes, repeated: bool) -> bytes:
        (slot,), _ = Command.RECALL.read(data)
        check(self.memory.has(slot), Reason.RANGE)
        try:
            label, image = self.memory.recall(slot)
        except DamagedError as error:
            raise Refusal(Reason.DAMAGED) from error
        return struct.pack("<H", label) + image

    def permute(self, data: bytes, repeated: bool) -> bytes:
        permutation = np.frombuffer(data, "<u2").astype(np.int64)
        check(bool((permutation < self.chip.inputs).all()), Reason.RANGE)
        if not repeated:
            self.memory.permutation = permutation
        return b""

    def play(self, data: bytes, repeated: bool) -> bytes:
        (first, record, how, count), _ = Command.PLAY.read(data)
        memory = self.memory
        if not repeated:
            for label, prediction in self._played(first, record, how, count):
                memory.played = (memory.played + 1) % 2**32
                memory.correct = (memory.correct + (label == prediction)) % 2**32
        return PLAYED.pack(self.chip.signature, self.chip.samples, memory.played, memory.correct)

    def recite(self, data: bytes, repeated: bool) -> bytes:
        (first, record, how, count), _ = Command.RECITE.read(data)
        trains = bool(how & TRAINS)
        if repeated and trains:
            check(count <= (self.following - first) % FIRST <= RING, Reason.SAMPLE)
            predictions = [self.ring[(first + i) % RING] for i in range(count)]
        else:
            predictions = [prediction for _, prediction in self._played(first, record, how, count)]
            predictions += [NOT_PLAYED] * (count - len(predictions))
            for i in range(count if trains else 0):
                self.ring[(first + i) % RING] = predictions[i]
        return struct.pack(f"<{count}H", *predictions) + PROGRESS.pack(self.chip.signature, self.chip.samples)

    def rehearse(self, data: bytes, repeated: bool) -> bytes:
        if data:
            told = REHEARSAL.unpack(data)
            check(told.prng != 0 and self.memory.fits(self.memory.records, told.size), Reason.RANGE)
            if not repeated:
                self.memory.set_rehearsal(told)
        return self.memory.rehearsal()

    def tell_memory(self, data: bytes, repeated: bool) -> bytes:
        return self.memory.told()

    def _played(self, first: int, record: int, how: int, count: int) -> list[tuple[int, int]]:
        """Labels and predictions of the records, carried out now; fewer where one is damaged. Raises `Refusal`."""
        memory, trains, permuted = self.memory, bool(how & TRAINS), bool(how & PERMUTES)
        check(memory.failed == 0, Reason.DAMAGED)
        check(not trains or (self.following - first) % FIRST == 0, Reason.SAMPLE)
        in_range = record + count <= memory.records and how <= TRAINS | PERMUTES
        check(in_range and not (permuted and memory.permutation is None), Reason.RANGE)
        self.plays += 1
        self.following += count if trains else 0
        done: list[tuple[int, int]] = []
        while len(done) < count and not memory.failed:
            played = memory.play(record + len(done), train=trains, permuted=permuted)
            if played is not None:
                done.append(played)
        return done

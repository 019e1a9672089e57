"""A board with a sample memory answers every command as the board in Python does, byte for byte, and learns the same."""

from dataclasses import replace
from random import Random

import cocotb
import numpy as np
import pytest
from cobs import cobs

from hw.accelerator import Accelerator
from hw.store.chip import MT48LC16M16A2
from sim.drivers.bench import run_bench, start
from sim.drivers.link_host import LinkHost, refusal
from sim.drivers.sdram_chip import SdramChip
from sim.drivers.sdram_records import place
from sim.drivers.stream_driver import cycles
from sim.store.test_controller import BOARDS, quick
from sim.store.test_draws import packed
from sim.store.test_records import CLOCK_HZ, SMALL
from sw.contract.commands import Command
from sw.contract.frames import ERROR, FIRST, PROGRESS, REPLY, STATE, Frame, Reason, image_bytes
from sw.contract.network import Network
from sw.contract.rehearsal import Draws, Rehearsal
from sw.contract.requests import configure, infer_payload, read, store_payload, train_payload, write
from sw.contract.sample_memory import MEMORY, reservoir_slot
from sw.wire.board import ModelBoard

INPUTS, CLASSES = 43, 4
NETWORK = Network.of(layers=[INPUTS, 6, CLASSES])
UNKNOWN = MEMORY.size - 16  # bytes of MEMORY that the board in Python knows too: all but refreshes and waiting


class Pair:
    """A board under cocotb and its model, which are asked the same."""

    def __init__(self, dut, random: Random) -> None:
        self.dut, self.random = dut, random
        self.host = LinkHost(dut, random, stalls=0.0)
        self.chip = SdramChip(dut, quick(MT48LC16M16A2), CLOCK_HZ, random)
        self.model = ModelBoard(SMALL, buffer_bytes=4096, sample_memory=MT48LC16M16A2.bytes)
        dut.entropy.value = random.getrandbits(32)

    async def begin(self) -> None:
        """HELLO, the network, its weights, a state."""
        hello = await self.host.hello()
        assert hello.sample_memory == MT48LC16M16A2.bytes
        self.model.hello = replace(hello)
        self.model.expected = (self.host.sequence + 1) % 2**16
        generator = np.random.default_rng(self.random.getrandbits(32))
        weights = [generator.integers(-9, 9, shape, dtype=np.int8) for shape in NETWORK.shapes]
        for kind, payload in [*configure(NETWORK, SMALL), *write(weights)]:
            assert await self.ask(kind, payload) == b""
        await self.ask(Command.STATE, STATE.pack(7777, 0, 0))

    async def ask(self, kind: int, payload: bytes = b"", *, again: bool = False) -> bytes:
        """The reply's payload, equal for both; of a request that is refused, its reason and type.

        How far a board is that rehearses, it tells at the last new sample or later, the model behind what is rehearsed.
        """
        frame = self.host.frame(kind, payload, refused=True)
        if again:
            frame = Frame(type=kind, sequence=self.host.sequence, nonce=self.host.nonce, payload=payload)
        self.host.send(frame.pack())
        expected = self.model.answer(cobs.encode(frame.pack()))
        reply = await self.host.receive()
        assert expected is not None
        told, known = reply.payload, expected.payload
        if kind == Command.MEMORY and reply.type != ERROR:
            told, known = told[:UNKNOWN], known[:UNKNOWN]
        name = Command(kind).name
        if self.model.memory.draws.rehearsal.size and reply.type != ERROR:
            if kind in (Command.TRAIN, Command.RECITE):
                told, known = told[: -PROGRESS.size], known[: -PROGRESS.size]
            elif kind == Command.PLAY:
                told, known = told[PROGRESS.size :], known[PROGRESS.size :]
        assert (reply.type, reply.sequence) == (expected.type, expected.sequence), f"{name}: {reply.payload} {expected.payload}"
        assert told == known, f"{name}: {told.hex()}, expected {known.hex()}"
        if reply.type != ERROR and not again:
            self.host.sequence = frame.sequence
        return reply.payload

    async def compare_state(self) -> None:
        """Random word, signature, count, weights, rehearsal, what the memory tells."""
        for kind in (Command.STATE, Command.REHEARSE, Command.MEMORY):
            await self.ask(kind)
        for kind, payload in read(NETWORK):
            await self.ask(kind, payload)

    def samples(self, count: int) -> tuple[list[int], bytes]:
        labels = [self.random.randrange(CLASSES) for _ in range(count)]
        images = bytearray(self.random.randbytes(count * image_bytes(INPUTS)))
        for i in range(count):
            images[(i + 1) * image_bytes(INPUTS) - 1] &= 0xFF >> -INPUTS % 8
        return labels, bytes(images)

    async def store(self, slot: int, count: int) -> None:
        await self.ask(Command.STORE, store_payload(slot, *self.samples(count)))

    async def train(self, count: int) -> None:
        await self.ask(Command.TRAIN, train_payload(self.model.following, *self.samples(count)))

    def play(self, record: int, how: int, count: int) -> bytes:
        return Command.PLAY.payload(first=self.model.following % FIRST, record=record, how=how, count=count)

    def recite(self, record: int, how: int, count: int) -> bytes:
        return Command.RECITE.payload(first=self.model.following % FIRST, record=record, how=how, count=count)

    def permutation(self) -> bytes:
        order = self.random.sample(range(INPUTS), INPUTS)
        return Command.PERMUTE.payload(b"".join(pixel.to_bytes(2, "little") for pixel in order))

    def flip(self, slot: int, byte: int, bit: int) -> None:
        """A bit of a record, in the chip and in the model."""
        *where, inside = place(MT48LC16M16A2, INPUTS, slot, byte)
        self.chip.rules.flip(*where, 8 * inside + bit)
        data = self.model.memory.data
        data[(slot * 16 + byte) % len(data)] ^= 1 << bit


@cocotb.test()
async def everything_is_answered_as_the_board_in_python_does(dut):
    random = await start(dut)
    pair = Pair(dut, random)
    await pair.begin()
    await pair.ask(Command.MEMORY)
    await pair.store(0, 6)
    payload = pair.play(0, 1, 5)
    await pair.ask(Command.PLAY, payload)
    await pair.ask(Command.PLAY, payload, again=True)
    await pair.ask(Command.RECITE, pair.recite(2, 0, 4))
    payload = pair.recite(1, 1, 4)
    await pair.ask(Command.RECITE, payload)
    await pair.ask(Command.RECITE, payload, again=True)
    await pair.ask(Command.PLAY, pair.play(0, 3, 2))  # no permutation yet
    await pair.ask(Command.PERMUTE, pair.permutation())
    await pair.ask(Command.PLAY, pair.play(0, 3, 6))
    await pair.ask(Command.PLAY, pair.play(1, 2, 3))
    await pair.train(3)
    await pair.ask(Command.INFER, infer_payload(2, pair.samples(2)[1]))
    for slot in (0, 5, 6):
        await pair.ask(Command.RECALL, Command.RECALL.payload(slot=slot))
    await pair.compare_state()


@cocotb.test()
async def rehearsal_is_that_of_the_board_in_python(dut):
    random = await start(dut)
    pair = Pair(dut, random)
    await pair.begin()
    await pair.store(0, 8)
    await pair.ask(Command.PERMUTE, pair.permutation())
    for rehearsal in (Rehearsal(size=3, prng=99), Rehearsal(size=4, every=2, per=2, horizon=7)):
        await pair.ask(Command.REHEARSE, packed(Draws(rehearsal)))
        await pair.train(4)
        await pair.ask(Command.PLAY, pair.play(0, random.choice((1, 3)), 7))
        await pair.ask(Command.RECITE, pair.recite(3, 1, 5))
        await pair.ask(Command.PLAY, pair.play(2, 0, 2))
        for i in range(3):
            await pair.ask(Command.RECALL, Command.RECALL.payload(slot=reservoir_slot(i)))
        await pair.compare_state()
    draws = Draws(Rehearsal(size=2), seen=2, word=5)
    await pair.ask(Command.REHEARSE, packed(Draws(Rehearsal(size=2))))
    await pair.store(reservoir_slot(0), 1)
    await pair.store(reservoir_slot(1), 1)
    await pair.ask(Command.REHEARSE, packed(draws))
    await pair.train(3)
    await pair.compare_state()


@cocotb.test()
async def what_does_not_fit_is_refused_and_changes_nothing(dut):
    random = await start(dut)
    pair = Pair(dut, random)
    await pair.begin()
    await pair.store(0, 3)
    most = MT48LC16M16A2.bytes // 16
    refused = [
        (Command.STORE, store_payload(4, *pair.samples(1))),
        (Command.STORE, store_payload(-1, *pair.samples(1))),
        (Command.STORE, store_payload(0, [CLASSES], pair.samples(1)[1])),
        (Command.STORE, store_payload(0, *pair.samples(1)) + b"\0"),
        (Command.RECALL, Command.RECALL.payload(slot=3)),
        (Command.RECALL, Command.RECALL.payload(slot=-1)),
        (Command.PLAY, pair.play(1, 1, 3)),
        (Command.PLAY, pair.play(0, 4, 1)),
        (Command.PLAY, pair.play(0, 2, 1)),
        (Command.PLAY, Command.PLAY.payload(first=9, record=0, how=1, count=1)),
        (Command.RECITE, pair.recite(0xFFFF_FFFF, 0, 2)),
        (Command.RECITE, Command.RECITE.payload(first=9, record=0, how=1, count=1)),
        (Command.PERMUTE, pair.permutation()[:-2]),
        (Command.PERMUTE, pair.permutation()[:-2] + INPUTS.to_bytes(2, "little")),
        (Command.REHEARSE, packed(Draws(Rehearsal(size=1), word=1)).replace(b"\1\0\0\0", bytes(4), 1)),
        (Command.REHEARSE, packed(Draws(Rehearsal(size=1 << 20)))[:4] + (most - 2).to_bytes(4, "little") + bytes(18)),
    ]
    random.shuffle(refused)
    for kind, payload in refused:
        reply = await pair.ask(kind, payload)
        assert len(reply) == 2, Command(kind).name
        assert reply[1] == kind
    await pair.ask(Command.PLAY, pair.play(0, 1, 0))
    await pair.ask(Command.RECITE, pair.recite(0, 1, 0))
    await pair.compare_state()
    await pair.ask(Command.PLAY, pair.play(0, 1, 3))
    await pair.store(1, 0)
    await pair.compare_state()


@cocotb.test()
async def damage_is_told_and_nothing_damaged_is_learned(dut):
    random = await start(dut)
    pair = Pair(dut, random)
    await pair.begin()
    await pair.store(0, 6)
    pair.flip(4, 3, 1)
    assert await pair.ask(Command.RECALL, Command.RECALL.payload(slot=4)) == refusal(Reason.DAMAGED, Command.RECALL)
    await pair.ask(Command.PLAY, pair.play(1, 1, 5))
    assert await pair.ask(Command.PLAY, pair.play(0, 1, 1)) == refusal(Reason.DAMAGED, Command.PLAY)
    assert await pair.ask(Command.TRAIN, train_payload(pair.model.following, *pair.samples(1))) == refusal(
        Reason.DAMAGED, Command.TRAIN
    )
    await pair.compare_state()
    await pair.ask(Command.STATE, STATE.pack(5, 1, 40))
    await pair.ask(Command.RECITE, pair.recite(2, 1, 4))
    await pair.compare_state()
    pair.flip(4, 3, 1)
    await pair.ask(Command.STATE, STATE.pack(5, 1, 40))
    await pair.ask(Command.REHEARSE, packed(Draws(Rehearsal(size=1, prng=3))))
    await pair.train(1)
    pair.flip(-1, 2, 0)
    await pair.train(3)
    assert (await pair.ask(Command.MEMORY))[4:12] == (1).to_bytes(4, "little") + b"\xff\xff\xff\xff"
    await pair.ask(Command.RESET)


@cocotb.test()
async def stretches_in_flight_follow_each_other(dut):
    random = await start(dut)
    pair = Pair(dut, random)
    await pair.begin()
    await pair.store(0, 8)
    await pair.ask(Command.REHEARSE, packed(Draws(Rehearsal(size=3, every=2))))
    asked = []
    for record, how, count in ((0, 1, 4), (4, 1, 3), (0, 0, 2), (1, 1, 6)):
        frame = pair.host.frame(Command.PLAY, pair.play(record, how, count))
        pair.host.send(frame.pack())
        expected = pair.model.answer(cobs.encode(frame.pack()))
        asked.append((frame, expected.payload))
    for frame, expected in asked:
        reply = await pair.host.receive()
        assert (reply.sequence, reply.type) == (frame.sequence, Command.PLAY | REPLY)
        assert reply.payload[12:] == expected[12:], "played and correct are those of its end"
    await cycles(dut, 10)
    await pair.compare_state()


def board() -> Accelerator:
    return Accelerator(SMALL, clock_hz=CLOCK_HZ, chip=quick(BOARDS["ulx3s"]))


COROUTINES = ("everything", "rehearsal", "what_does_not", "damage", "stretches")


@pytest.mark.parametrize("coroutine", COROUTINES)
def test_the_board_is_the_one_in_python(coroutine):
    run_bench(board(), module=__name__, coroutines=coroutine)

"""Groups behind the link: RESET, a loss of power and a wire that is lost while samples of a group are being learned.

Every request goes to the gateware and to the board in Python, which know of each other only what the protocol says; a twin
learns beside both.
"""

from dataclasses import replace
from random import Random
from typing import Any

import cocotb
import numpy as np
import pytest
from cobs import cobs

from hw.accelerator import Accelerator
from sim.drivers.bench import run_bench, start
from sim.drivers.link_host import LinkHost, refusal
from sim.drivers.stream_driver import cycles
from sim.test_groups import geometry_of_group, network_of
from sw.contract.commands import Command
from sw.contract.frames import COUNTER_VALUES, ERROR, REPLY, Frame, Reason, image_bytes, pack_state
from sw.contract.requests import configure, infer_payload, read, train_payload, write
from sw.contract.state import State
from sw.data.packed import packed
from sw.twin.engine import Twin
from sw.wire.board import ModelBoard

GROUP = 4
GEOMETRY, NETWORK = geometry_of_group(GROUP), network_of("some learn")
INPUTS, CLASSES = NETWORK.layers[0], NETWORK.layers[-1]
BATCH = 5 * GROUP
RESET = 100  # cycles in which `rst` is held, as `docs/your-design.md` asks for
CUT = 12  # bytes of a frame that still arrive when the wire is lost, at most
LONGEST = 5_000  # cycles until a group is where a bench waits for it


class Pair:
    """A board under cocotb and its model, which are asked the same, and the twin of their network."""

    def __init__(self, dut: Any, random: Random) -> None:
        self.dut, self.random = dut, random
        self.host = LinkHost(dut, random, stalls=0.0)
        self.model = ModelBoard(GEOMETRY, buffer_bytes=4096)
        self.waiting: list[Frame] = []  # what the model has answered and the board not yet
        self.twin = Twin.of(NETWORK)

    def send(self, frame: Frame) -> None:
        """To both; the reply is asked for later."""
        self.host.send(frame.pack())
        expected = self.model.answer(cobs.encode(frame.pack()))
        assert expected is not None
        self.waiting.append(expected)

    async def replies(self) -> list[Frame]:
        """To all that was sent, equal for both."""
        told = []
        for expected in self.waiting:
            reply = await self.host.receive()
            what = f"{expected.type:#x} {expected.sequence}"
            assert (reply.type, reply.sequence) == (expected.type, expected.sequence), f"{what}: {reply}"
            assert reply.payload == expected.payload, f"{what}: {reply.payload.hex()}, expected {expected.payload.hex()}"
            told.append(reply)
        self.waiting = []
        return told

    async def ask(self, kind: Command, payload: bytes = b"") -> bytes:
        """The payload of the reply to a request that must not be refused."""
        self.send(self.host.frame(kind, payload))
        (reply,) = await self.replies()
        assert reply.type == kind | REPLY, f"{kind.name} was refused: {reply.payload.hex()}"
        return reply.payload

    async def refused(self, kind: Command, payload: bytes = b"") -> bytes:
        """What the board says to a request that is refused."""
        self.send(self.host.frame(kind, payload, refused=True))
        (reply,) = await self.replies()
        assert reply.type == ERROR, f"{kind.name} was not refused"
        return reply.payload

    async def hello(self) -> None:
        """A session, with the nonce that the board tells."""
        await self.host.hello()
        self.model.answer(cobs.encode(Frame(type=Command.HELLO, sequence=self.host.sequence, nonce=0, payload=b"").pack()))
        self.model.hello = replace(self.model.hello, nonce=self.host.nonce)

    async def configure(self) -> None:
        """The network, of which nothing is known but what is sent."""
        for kind, payload in configure(NETWORK, GEOMETRY):
            await self.ask(kind, payload)

    async def begin(self) -> None:
        """A network with other weights and another state than before."""
        await self.hello()
        await self.configure()
        generator = np.random.default_rng(self.random.getrandbits(32))
        bound = NETWORK.init_range
        weights = [generator.integers(-bound, bound, shape, dtype=np.int8) for shape in NETWORK.shapes]
        for kind, payload in write(weights):
            await self.ask(kind, payload)
        state = State(self.random.randrange(1, 2**32), self.random.getrandbits(64), self.random.getrandbits(32))
        await self.ask(Command.STATE, pack_state(state))
        self.twin = Twin.of(NETWORK)
        self.twin.load(weights, *state)

    def batch(self, count: int = BATCH) -> bytes:
        """TRAIN with the samples that come next; the twin learns them."""
        pixels = np.array([[self.random.getrandbits(1) for _ in range(INPUTS)] for _ in range(count)], np.uint8)
        labels = [self.random.randrange(CLASSES) for _ in range(count)]
        payload = train_payload(self.model.following, labels, packed(pixels).tobytes())
        self.twin.train(pixels, np.array(labels))
        return payload

    async def in_the_middle(self, number: int) -> None:
        """Until sample `number` of a whole group is being learned and the next one waits for it."""
        forward = self.dut.engine.sequencer.forward
        for _ in range(LONGEST):
            if forward.left.value == 1 and (int(forward.number.value), int(forward.count.value)) == (number, GROUP):
                return
            await self.dut.clk.rising_edge
        raise AssertionError(f"no sample {number} of a whole group is learned in {LONGEST} cycles")

    async def arrived(self) -> None:
        """Until the board has all that was sent, which must be before its group has been learned."""
        forward = self.dut.engine.sequencer.forward
        begun = int(forward.number.value)
        await self.host.source.drained()
        assert forward.busy.value == 1 and int(forward.number.value) >= begun, "the group has passed"

    async def compare(self, bad_frames: int = 0) -> None:
        """Random word, signature, count, every weight and what has been counted but cycles: of board, model and twin."""
        twin = self.twin
        assert await self.ask(Command.STATE) == pack_state(State(twin.prng(), self.model.chip.samples, twin.signature()))
        rows = [await self.ask(kind, payload) for kind, payload in read(NETWORK)]
        assert rows == [values.tobytes() for layer in twin.weights() for values in layer]
        asked = self.host.frame(Command.COUNTERS)
        self.host.send(asked.pack())
        expected, reply = self.model.answer(cobs.encode(asked.pack())), await self.host.receive()
        assert expected is not None
        known, told = (COUNTER_VALUES.unpack(frame.payload)._asdict() for frame in (expected, reply))
        happened = twin.counters() | {"bad_frames": bad_frames}
        assert {name: told[name] for name in happened} == {name: known[name] for name in happened} == happened


@cocotb.test()
async def a_reset_waits_for_the_group_and_leaves_nothing_behind(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    pair = Pair(dut, random)
    await pair.begin()
    for number in range(GROUP - 1):
        nonce = pair.host.nonce
        pair.send(pair.host.frame(Command.TRAIN, pair.batch()))
        await pair.in_the_middle(number)
        pair.send(pair.host.frame(Command.RESET))
        await pair.arrived()
        assert [reply.type for reply in await pair.replies()] == [Command.TRAIN | REPLY, Command.RESET | REPLY]
        assert await pair.refused(Command.STATE) == refusal(Reason.NONCE, Command.STATE)
        await pair.hello()
        assert pair.host.nonce != nonce
        assert await pair.refused(Command.READ, bytes(4)) == refusal(Reason.UNCONFIGURED, Command.READ)
        await pair.ask(Command.STATE)
        assert not any(await pair.ask(Command.COUNTERS))
        await pair.configure()  # the weights are those of the whole batch
        for (kind, payload), values in zip(read(NETWORK), (row for layer in pair.twin.weights() for row in layer), strict=True):
            assert await pair.ask(kind, payload) == values.tobytes()
        await pair.begin()
        for count in (1, BATCH, GROUP):
            await pair.ask(Command.TRAIN, pair.batch(count))
        await pair.compare()


@cocotb.test()
async def a_loss_of_power_leaves_nothing_of_the_group(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    pair = Pair(dut, random)
    await pair.begin()
    for number in range(GROUP - 1):
        pair.send(pair.host.frame(Command.TRAIN, pair.batch()))
        await pair.in_the_middle(number)
        await cycles(dut, random.randrange(30))
        dut.rst.value = 1
        await cycles(dut, RESET)
        dut.rst.value = 0
        pair.waiting = []
        pair.model.reset()
        await cycles(dut, 3)
        pair.host.sink.received.clear()
        await pair.begin()
        for count in (BATCH, 1):
            await pair.ask(Command.TRAIN, pair.batch(count))
        await pair.compare()


@cocotb.test()
async def samples_count_once_though_the_wire_is_lost_in_the_group(dut):
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    pair = Pair(dut, random)
    await pair.begin()
    for cut, (number, again) in enumerate(((0, True), (2, True), (1, False)), 1):
        first = pair.host.frame(Command.TRAIN, pair.batch())
        pair.send(first)
        await pair.in_the_middle(number)
        following = pair.host.frame(Command.TRAIN, pair.batch())
        piece = cobs.encode(following.pack())
        piece = piece[: random.randrange(1, CUT + 1)]
        pair.host.source.send(piece + b"\0")
        assert pair.model.answer(piece) is None
        await pair.arrived()
        if again:  # the reply is lost: the same frames come again
            pair.send(first)
            pair.send(first)
            lost, *replies = await pair.replies()
            assert all(reply.payload == lost.payload for reply in replies)
        else:  # and so is the session: what has been learned is refused
            await pair.replies()
            await pair.hello()
            assert await pair.refused(Command.TRAIN, first.payload) == refusal(Reason.SAMPLE, Command.TRAIN)
            following = pair.host.frame(Command.TRAIN, following.payload)
        pair.send(following)
        pair.send(following)
        await pair.replies()
        images = random.randbytes(3 * image_bytes(INPUTS))
        await pair.ask(Command.INFER, infer_payload(3, images))
        await pair.compare(bad_frames=cut)


@pytest.mark.parametrize("coroutine", ["a_reset", "samples_count"])
def test_groups_on_the_wire(coroutine):
    run_bench(Accelerator(GEOMETRY), module=__name__, coroutines=coroutine)


@pytest.mark.check
def test_a_loss_of_power():
    test_groups_on_the_wire("a_loss")

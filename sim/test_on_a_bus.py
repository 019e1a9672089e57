"""`examples/on_a_bus.v`, the accelerator in somebody else's design: trained over two registers, it learns like the twin.

Around it is what `python -m hw.generate` writes for a small geometry, so this is the Verilog that others get.
"""

from pathlib import Path
from random import Random
from typing import Any

import cocotb
import numpy as np
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal
from amaranth.lib.wiring import Component, In, Out
from cobs import cobs

from hw.generate import generate
from sim.drivers.bench import run_bench, start
from sim.drivers.learning_host import GEOMETRY, NETWORK
from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.frames import PROGRESS, REPLY, Frame, Hello, pack_state
from sw.contract.requests import train_payload
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.data.packed import packed
from sw.twin.engine import Twin

EXAMPLE = Path(__file__).parent.parent / "examples" / "on_a_bus.v"
SAMPLES = 12
DATA, STATUS = 0, 1
CAN_WRITE, CAN_READ = 1, 2
MOST_LOOKS = 20_000


class OnABus(Component):
    """The example's module, with its own ports."""

    select: In(1)
    write: In(1)
    address: In(1)
    write_data: In(8)
    read_data: Out(8)
    busy: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = {"i_clk": ClockSignal(), "i_rst": ResetSignal(), "o_read_data": self.read_data, "o_busy": self.busy}
        ports |= {f"i_{name}": getattr(self, name) for name in ("select", "write", "address", "write_data")}
        m.submodules.learner = Instance("learner_on_a_bus", **ports)
        return m


class Processor:
    """What a program on the other side of the bus does: looks at the status, then moves a byte."""

    def __init__(self, dut: Any, random: Random) -> None:
        self.dut, self.random = dut, random
        self.sequence, self.nonce = random.randrange(2**16), 0
        for name in ("select", "write", "address", "write_data"):
            getattr(dut, name).value = 0

    async def access(self, address: int, byte: int | None = None, idle: int | None = None) -> int:
        """One cycle of the bus, after `idle` others (a few, at random); what was read."""
        dut = self.dut
        await self._idle(self.random.choice((0, 0, 0, 1, 5)) if idle is None else idle)
        dut.select.value, dut.address.value = 1, address
        dut.write.value, dut.write_data.value = int(byte is not None), byte or 0
        await dut.clk.falling_edge
        read = dut.read_data.value
        await dut.clk.rising_edge
        dut.select.value = 0
        return 0 if byte is not None else int(read)

    async def until(self, flag: int) -> None:
        """Look at the status until a flag of it is set."""
        for _ in range(MOST_LOOKS):
            if await self.access(STATUS) & flag:
                return
        raise AssertionError(f"flag {flag} of the status has not come within {MOST_LOOKS} looks")

    async def ask(self, command: Command, payload: bytes = b"") -> bytes:
        """The payload of the reply to a request."""
        self.sequence = (self.sequence + 1) % 2**16
        frame = Frame(type=command, sequence=self.sequence, nonce=self.nonce, payload=payload)
        for byte in cobs.encode(frame.pack()) + b"\0":
            await self.until(CAN_WRITE)
            await self.access(DATA, byte)
        received = bytearray()
        while not received or received[-1]:
            await self.until(CAN_READ)
            received.append(await self.access(DATA))
        reply = Frame.unpack(cobs.decode(bytes(received[:-1])))
        assert (reply.type, reply.sequence) == (command | REPLY, self.sequence), f"{command.name}: {reply}"
        return reply.payload

    async def _idle(self, cycles: int) -> None:
        for _ in range(cycles):
            await self.dut.clk.rising_edge


@cocotb.test()
async def the_status_tells_of_a_byte_that_has_not_been_taken_yet(dut):
    processor = Processor(dut, await start(dut))
    await processor.until(CAN_WRITE)
    await processor.access(DATA, 0)
    assert not await processor.access(STATUS, idle=0) & CAN_WRITE
    await processor.until(CAN_WRITE)


@cocotb.test()
async def a_program_behind_the_bus_trains_it_like_the_twin(dut):
    random = await start(dut)
    processor = Processor(dut, random)
    weights = initial_weights(NETWORK)
    generator = np.random.default_rng(random.getrandbits(32))
    pixels = generator.integers(0, 2, (SAMPLES, NETWORK.layers[0]), dtype=np.uint8)
    labels = generator.integers(0, NETWORK.layers[-1], SAMPLES)
    twin = Twin.of(NETWORK)
    twin.load(weights, NETWORK.prng, 0, 0)
    expected = twin.train(pixels, labels)[0].tolist()

    processor.nonce = Hello.unpack(await processor.ask(Command.HELLO)).nonce
    for command, payload in [*requests.configure(NETWORK, GEOMETRY), *requests.write(weights)]:
        await processor.ask(command, payload)
    await processor.ask(Command.STATE, pack_state(State(NETWORK.prng, 0, 0)))
    images = packed(pixels).tobytes()
    reply = await processor.ask(Command.TRAIN, train_payload(0, labels.tolist(), images))
    assert np.frombuffer(reply[: -PROGRESS.size], "<u2").tolist() == expected
    assert PROGRESS.unpack(reply[-PROGRESS.size :]) == (twin.signature(), SAMPLES)
    learned = [values.tobytes() for layer in twin.weights() for values in layer]
    assert [await processor.ask(*request) for request in requests.read(NETWORK)] == learned


def test_the_example_learns_in_somebody_elses_design():
    run_bench(OnABus(), module=__name__, sources=[generate(GEOMETRY), EXAMPLE.read_text()])

"""The whole accelerator on Amaranth's own simulator, which runs what becomes RTLIL and the bitstream, without Verilog.

Frames go in and out as bytes, with stalls on both sides; everything that it says is compared with the twin. Once more
over the pins, which is slow here, it says HELLO.
"""

import os
from random import Random
from typing import Any

import numpy as np
import pytest
from cobs import cobs

from hw.accelerator import Accelerator
from hw.link.uart import BaudRate
from hw.serial_accelerator import SerialAccelerator
from sim.byte_host import ByteHost, Driver, advance
from sw.contract import requests
from sw.contract.escape import ESCAPE, FORBIDDEN, Unescaper, escape
from sw.contract.frames import (
    COUNTERS,
    PROGRESS,
    REPLY,
    Command,
    Frame,
    Hello,
    pack_state,
    train_payload,
    unpack_state,
)
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.twin.engine import Twin

SEED = int(os.environ.get("SEED", "1"))
SAMPLES, BATCH = 24, 5
GEOMETRY = Geometry(columns=16, rows=14, grid_height=1, grid_width=2, synapses_per_cell=4, folds=2, slices=2)
NETWORK = Network.of(
    layers=(11, 6, 4, 3),
    activation=("sign", "gate"),
    gate=(0, -1),
    margin=6,
    window=(5, 3),
    relax_rate=(9000, 30000, 65536),
    relax_floor=2,
    init_range=128,
    init_seed=SEED,
)
MOST_CYCLES = 40_000
RATE = BaudRate(clock_hz=50_000_000, baud=8_000_000)


def simulate(dut: Any, driver: Driver) -> None:
    """Run `driver` on `dut` until it ends; AssertionError after MOST_CYCLES."""
    ends = advance(dut, driver, 8 * MOST_CYCLES)
    assert ends, f"the accelerator has not answered everything within some {MOST_CYCLES} cycles"


def test_the_accelerator_learns_like_the_twin() -> None:
    network, geometry, random = NETWORK, GEOMETRY, Random(SEED)
    twin = Twin.of(network)
    weights = initial_weights(network)
    generator = np.random.default_rng(SEED)
    pixels = generator.integers(0, 2, (SAMPLES, network.layers[0]), dtype=np.uint8)
    labels = generator.integers(0, network.layers[-1], SAMPLES)
    packed = np.packbits(pixels, axis=1, bitorder="little")
    begin = random.randrange(2**40)
    signature = random.getrandbits(32)
    twin.load(weights, network.prng, begin, signature)
    expected = twin.train(pixels, labels)[0].tolist()
    learned = [row for layer in twin.weights() for row in layer]
    assert twin.counters()["rows_learned"] > SAMPLES

    async def host(ctx: Any) -> None:
        ask = ByteHost(dut, random)
        hello = Hello.unpack(await ask.ask(ctx, Command.HELLO))
        ask.nonce = hello.nonce
        assert {name: getattr(hello, name) for name in vars(geometry)} == vars(geometry)
        for command, payload in [*requests.configure(network, geometry), *requests.write(weights)]:
            await ask.ask(ctx, command, payload)
        await ask.ask(ctx, Command.STATE, pack_state(State(network.prng, begin, signature)))

        predictions: list[int] = []
        for first in range(0, SAMPLES, BATCH):
            batch = slice(first, first + BATCH)
            request = train_payload(begin + first, labels[batch].tolist(), packed[batch].tobytes())
            reply = await ask.ask(ctx, Command.TRAIN, request)
            predictions += np.frombuffer(reply[: -PROGRESS.size], "<u2").tolist()
        assert predictions == expected
        assert PROGRESS.unpack(reply[-PROGRESS.size :]) == (twin.signature(), begin + SAMPLES)

        assert unpack_state(await ask.ask(ctx, Command.STATE)) == (twin.prng(), begin + SAMPLES, twin.signature())
        for values, (command, asked) in zip(learned, requests.read(network), strict=True):
            assert await ask.ask(ctx, command, asked) == values.tobytes(), f"READ {asked.hex()}"
        counters = np.frombuffer(await ask.ask(ctx, Command.COUNTERS), "<u8").tolist()
        assert ({"bad_frames": 0} | twin.counters()).items() <= dict(zip(COUNTERS, counters, strict=True)).items()

    dut = Accelerator(geometry, buffer_bytes=1024)
    simulate(dut, host)


@pytest.mark.parametrize("escaped", [False, True], ids=["plain", "escaped"])
def test_the_serial_accelerator_says_hello_over_its_pins(escaped: bool) -> None:
    build = FORBIDDEN << 8 | ESCAPE  # in the reply, as the sequence number is in both
    sequence = ESCAPE << 8 | FORBIDDEN
    dut = SerialAccelerator(GEOMETRY, RATE, build=build, buffer_bytes=1024, escaped=escaped)
    ratio = RATE.clock_hz / RATE.baud
    request = cobs.encode(Frame(type=Command.HELLO, sequence=sequence, nonce=0, payload=b"").pack()) + b"\0"
    request = escape(request) if escaped else request
    received = bytearray()

    async def sender(ctx: Any) -> None:
        ctx.set(dut.rx, 1)
        await ctx.tick().repeat(20)
        bits = [bit for byte in request for bit in (0, *(byte >> i & 1 for i in range(8)), 1)]
        for i, bit in enumerate(bits):
            ctx.set(dut.rx, bit)
            await ctx.tick().repeat(round(ratio * (i + 1)) - round(ratio * i))
        while not received or received[-1]:
            await ctx.tick().until(~dut.tx)  # one cycle after the edge of the start bit
            byte, gone = 0, 1
            for i in range(8):
                centre = round(ratio * (i + 1.5))
                await ctx.tick().repeat(centre - gone)
                gone = centre
                byte |= ctx.get(dut.tx) << i
            await ctx.tick().until(dut.tx)
            received.append(byte)

    simulate(dut, sender)
    assert (FORBIDDEN in received) != escaped
    answer = Unescaper().feed(bytes(received)) if escaped else bytes(received)
    reply = Frame.unpack(cobs.decode(answer[:-1]))
    assert (reply.type, reply.sequence) == (Command.HELLO | REPLY, sequence)
    hello = Hello.unpack(reply.payload)
    assert {name: getattr(hello, name) for name in vars(GEOMETRY)} == vars(GEOMETRY)
    assert (hello.clock_hz, hello.build) == (RATE.clock_hz, build)

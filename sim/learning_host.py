"""A host that loads a small network, trains it over the link and compares all that the accelerator says with the twin."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from hw.accelerator import Accelerator
from sim.byte_host import ByteHost, Driver
from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.frames import COUNTERS, PROGRESS, Hello, pack_state, unpack_state
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import train_payload
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.twin.engine import Twin

SAMPLES, BATCH = 24, 5
MOST_CYCLES = 40_000
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
    init_seed=1,
)


def learning_host(dut: Accelerator, geometry: Geometry, seed: int) -> Driver:
    """What trains `SAMPLES` random samples on `dut`, and asserts that all it says is what the twin says."""
    network, random = replace(NETWORK, init_seed=seed), Random(seed)
    twin = Twin.of(network)
    weights = initial_weights(network)
    generator = np.random.default_rng(seed)
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

    return host

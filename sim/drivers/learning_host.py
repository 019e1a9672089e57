"""A host that loads a small network, trains it over the link and compares all that the accelerator says with the twin."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from hw.accelerator import Accelerator
from sim.drivers.byte_host import ByteHost, Driver
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.host.conversation import joined
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
    begin = random.randrange(2**40)
    signature = random.getrandbits(32)
    twin.load(weights, network.prng, begin, signature)
    expected = twin.train(pixels, labels)[0].tolist()
    learned = [row for layer in twin.weights() for row in layer]
    assert twin.counters()["rows_learned"] > SAMPLES

    async def host(ctx: Any) -> None:
        board = ByteHost(ctx, dut, random)
        conversation = await board.begin(geometry)
        for part in conversation.put(network, weights, State(network.prng, begin, signature)):
            await board.ask(part)

        batches = [slice(first, first + BATCH) for first in range(0, SAMPLES, BATCH)]
        trained = await board.ask(conversation.train((pixels[batch], labels[batch]) for batch in batches))
        assert joined(part for part in trained if part is not None).tolist() == expected
        assert conversation.progress == (twin.signature(), begin + SAMPLES)

        assert await board.ask([conversation.read_state()]) == [(twin.prng(), begin + SAMPLES, twin.signature())]
        rows = await board.ask(conversation.read_weights())
        for row, (read_back, right) in enumerate(zip(rows, learned, strict=True)):
            assert read_back.tobytes() == right.tobytes(), f"row {row}"
        (counters,) = await board.ask([conversation.counters()])
        assert ({"bad_frames": 0} | twin.counters()).items() <= counters.items()

    return host

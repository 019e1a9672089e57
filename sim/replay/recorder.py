"""Makes a run: what the host would send to train a network on random samples, and what the twin answers."""

from collections.abc import Iterator
from random import Random

import numpy as np

from sim.replay.run_file import Run, Step
from sim.replay.twin_board import TwinBoard
from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.frames import pack_state
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.requests import train_payload
from sw.contract.state import State
from sw.data.initial_weights import initial_weights

MOST_IN_A_REQUEST = 24
INFERRED = 5
LIT = 0.4  # share of the pixels
PATTERNS = 8  # of a class


def record(
    geometry: Geometry, network: Network, samples: int, seed: int, *, begin: int = 0, most: int = MOST_IN_A_REQUEST
) -> Run:
    """A run of `samples` training samples, `most` of them in a request at most.

    `begin` is the count of training samples that the state is set to at first. Raises `ContractError` for a network that
    does not fit the geometry.
    """
    board = TwinBoard(geometry, network)
    asked = _requests(geometry, network, samples, seed, begin, most)
    steps = (
        Step(command=command, payload=payload, reply=board.answer(command, payload), whole=command != Command.COUNTERS)
        for command, payload in asked
    )
    return Run(geometry=geometry, network=network, seed=seed, samples=samples, steps=tuple(steps))


def _requests(
    geometry: Geometry, network: Network, samples: int, seed: int, begin: int, most: int
) -> Iterator[tuple[Command, bytes]]:
    generator, random = np.random.default_rng(seed), Random(seed)
    yield from requests.configure(network, geometry)
    yield from requests.write(initial_weights(network))
    yield Command.STATE, pack_state(State(network.prng, begin))

    pixels, labels = _samples(network, samples, generator)
    packed = np.packbits(pixels, axis=1, bitorder="little")
    done = 0
    while done < samples:
        part = slice(done, min(done + random.randint(1, most), samples))
        yield Command.TRAIN, train_payload(begin + done, labels[part].tolist(), packed[part].tobytes())
        done = part.stop
    few = packed[:INFERRED]
    yield Command.INFER, bytes([len(few)]) + few.tobytes()

    yield Command.STATE, b""
    yield from requests.read(network)
    yield Command.COUNTERS, b""


def _samples(network: Network, count: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy copies of a few patterns of each class, so that there is something to learn; one image dark, one lit."""
    classes, inputs = network.layers[-1], network.layers[0]
    labels = generator.integers(0, classes, count)
    patterns = generator.random((classes, PATTERNS, inputs)) < LIT
    flipped = generator.random((count, inputs)) < 0.1
    pixels = (patterns[labels, generator.integers(0, PATTERNS, count)] ^ flipped).astype(np.uint8)
    pixels[generator.integers(count)] = 0
    pixels[generator.integers(count)] = 1
    return pixels, labels

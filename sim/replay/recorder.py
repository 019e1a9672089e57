"""Makes a run: what the host would send to train a network on random samples, and what the twin answers."""

from collections.abc import Iterator
from random import Random

import numpy as np

from sim.replay.run_file import Run, Step
from sim.replay.twin_board import TwinBoard
from sw.contract.commands import Command
from sw.contract.frames import Hello, told_shape
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.state import State
from sw.data.initial_weights import initial_weights
from sw.host.conversation import Conversation
from sw.host.question import Question

MOST_IN_A_REQUEST = 24
ROOM = 0xFFFF  # bytes for requests: the cut below is the only one
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
    hello = Hello(**told_shape(geometry), build=0, clock_hz=0, buffer_bytes=ROOM, nonce=0)
    steps = []
    for question in _questions(Conversation("the twin", hello), network, samples, seed, begin, most):
        reply = board.answer(*question.request)
        whole = question.command != Command.COUNTERS
        if whole:
            question.read(reply)
        steps.append(Step(command=question.command, payload=question.payload, reply=reply, whole=whole))
    return Run(geometry=geometry, network=network, seed=seed, samples=samples, steps=tuple(steps))


def _questions(
    conversation: Conversation, network: Network, samples: int, seed: int, begin: int, most: int
) -> Iterator[Question]:
    generator, random = np.random.default_rng(seed), Random(seed)
    for part in conversation.put(network, initial_weights(network), State(network.prng, begin)):
        yield from part

    pixels, labels = _samples(network, samples, generator)
    done = 0
    while done < samples:
        part = slice(done, min(done + random.randint(1, most), samples))
        yield from conversation.train([(pixels[part], labels[part])])
        done = part.stop
    yield from conversation.infer(pixels[:INFERRED])

    yield conversation.read_state()
    yield from conversation.read_weights()
    yield conversation.counters()


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

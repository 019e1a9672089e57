"""A long stay in the sample memory of a board: what is stored, permuted, played, rehearsed is drawn; the twin does the same."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sw.contract.rehearsal import Rehearsal
from sw.data.reservoir import Reservoir
from sw.experiments.soaking.scene import NETWORK, samples
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import devices_differ
from sw.host.device import Device
from sw.host.error import HostError
from sw.host.learning_device import LearningDevice, SampleMemory
from sw.terminal.speech import say

STEPS, RECORDS, RESERVED = 30, 80, 40  # of a stay; of its library and of its reservoir, at most
INPUTS = NETWORK.layers[0]

Step = Callable[[LearningDevice, SampleMemory], Any]


def stay(board: Device, seed: int) -> dict[str, int]:
    """Ask a board that has begun and the twin for the same: records played, and whether anything differs."""
    random, data = np.random.default_rng(seed), samples(RECORDS, seed)
    played, difference = 0, None
    with known_boards.find("compiled").open(say) as twin:
        Checkpoint.initial(NETWORK).put_on(twin)
        try:
            for number in range(STEPS):
                step = drawn(random, *data, records=memory_of(twin).records)
                told, expected = (step(device, memory_of(device)) for device in (board, twin))
                if told != expected:
                    difference = f"step {number} of stay {seed} is answered {told} by the board and {expected} by the twin"
                    break
            difference = difference or devices_differ(board, twin) or reservoirs_differ(board, twin)
            played = memory_of(board).counters()["played"]
        except HostError as error:
            difference = str(error)
    if difference:
        say(difference)
    return {"records_played": played, "differences": int(difference is not None)}


def memory_of(device: Any) -> Any:
    """That of a device that has one."""
    assert device.memory is not None
    return device.memory


def drawn(random: np.random.Generator, pixels: Any, labels: Any, records: int) -> Step:
    """What is asked next, of a library of so many records."""
    low, high = np.sort(random.integers(0, records + 1, 2)).tolist()
    train, permuted = bool(random.random() < 0.7), bool(random.random() < 0.5)
    order = random.permutation(INPUTS).tolist()
    some = slice(*np.sort(random.integers(0, RECORDS + 1, 2)).tolist())
    match random.integers(6):
        case 0:
            first = min(high, RECORDS - (some.stop - some.start))
            return lambda device, memory: memory.store(pixels[some], labels[some], first)
        case 1:
            return lambda device, memory: device.train(pixels[some], labels[some]).tolist()
        case 2 | 3:

            def play(device: LearningDevice, memory: SampleMemory) -> list[int]:
                memory.permute(order)
                done = list(memory.play(low, high - low, train=train, permuted=permuted))
                return [sum(stretch.samples for stretch in done), sum(stretch.correct for stretch in done)]

            return play
        case 4:

            def recite(device: LearningDevice, memory: SampleMemory) -> list[int]:
                memory.permute(order)
                parts = memory.recite(low, high - low, train=train, permuted=permuted)
                return [prediction for part in parts for prediction in part.tolist()]

            return recite
        case _:
            size, every, per = (int(random.integers(*limits)) for limits in ((0, RESERVED), (1, 4), (1, 4)))
            rehearsal = Rehearsal(size=size, every=every, per=per, horizon=int(random.choice((0, 2 * RESERVED))))
            reservoir = Reservoir.empty(rehearsal, INPUTS) if size else None
            return lambda device, memory: memory.rehearse(reservoir)


def reservoirs_differ(board: LearningDevice, twin: LearningDevice) -> str | None:
    """The first field of the reservoirs that differs, or None."""
    ours, theirs = (memory_of(device).reservoir() for device in (board, twin))
    if ours is None or theirs is None:
        return None if ours is None and theirs is None else "one rehearses and the other does not"
    for name, expected in theirs.arrays().items():
        if not np.array_equal(ours.arrays()[name], expected):
            return f"{name} of the board is not that of the twin"
    return None

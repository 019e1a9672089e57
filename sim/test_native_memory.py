"""The simulated board with its SDRAM, asked by the host: what it stores, plays, permutes and rehearses ends as in the twin."""

import numpy as np

from sim.store.test_records import SMALL
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.reservoir import Reservoir
from sw.host.checkpoint import Checkpoint
from sw.host.simulated_board import open_simulated
from sw.twin.device import TwinDevice

NETWORK = Network.of(layers=(43, 6, 4), margin=9)
SAMPLES = 700


def learned(device) -> list:
    """What a device tells of a long stay in its memory."""
    generator = np.random.default_rng(5)
    pixels = generator.integers(0, 2, (SAMPLES, 43), dtype=np.uint8)
    labels = generator.integers(0, 4, SAMPLES, dtype=np.int64)
    Checkpoint.initial(NETWORK).put_on(device)
    memory = device.memory
    assert memory is not None
    memory.store(pixels, labels)
    told: list = [memory.records]
    for rehearsal in (None, Rehearsal(size=50, per=2, prng=9)):
        if rehearsal is not None:
            memory.rehearse(Reservoir.empty(rehearsal, 43))
        memory.permute(generator.permutation(43).tolist())
        for permuted in (False, True):
            stretches = list(memory.play(0, SAMPLES, permuted=permuted))
            told += [sum(stretch.samples for stretch in stretches), sum(stretch.correct for stretch in stretches)]
        told += np.concatenate(list(memory.recite(100, 300, permuted=True))).tolist()
        told += device.train(pixels[:40], labels[:40]).tolist()
        told += np.concatenate(list(memory.recite(0, 200, train=False))).tolist()
        told.append(device.read_state())
    kept = memory.reservoir()
    assert kept is not None
    told += [kept.seen, kept.prng, kept.labels.tolist(), kept.pixels.tolist()]
    told += [layer.tolist() for layer in device.read_weights()]
    return told


def test_a_long_stay_in_the_memory_ends_as_in_the_twin():
    with open_simulated(SMALL, print) as device:
        assert learned(device) == learned(TwinDevice())
        assert device.memory is not None
        assert device.memory.counters()["refreshes"] > 0

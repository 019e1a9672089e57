"""The simulated board with its SDRAM, asked by the host: what it stores, plays, permutes and rehearses ends as in the twin,
and so do the experiments that play."""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.store.test_records import SMALL
from sw.cli.command_line import app
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.mnist import load_packed
from sw.data.reservoir import Reservoir
from sw.experiments import class_incremental, permuted_mnist
from sw.host.checkpoint import Checkpoint
from sw.host.simulated_board import open_simulated
from sw.terminal.run import run
from sw.twin.device import TwinDevice

NETWORK = Network.of(layers=(43, 6, 4), margin=9)
SAMPLES = 700
NARROW = "[network]\nlayers = [784, 20, 10]\ninit_range = 12\n[learning]\nlearning_rate = [0.9, 0.6]\n"
NARROW_BOARD = Geometry(columns=784, rows=32, grid_height=7, grid_width=1, synapses_per_cell=16, folds=7, slices=4)
SAMPLES_OF = {"train": 1000, "test": 120}


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


@pytest.mark.check
def test_a_long_stay_in_the_memory_ends_as_in_the_twin():
    with open_simulated(SMALL, print) as device:
        assert learned(device) == learned(TwinDevice())
        assert device.memory is not None
        assert device.memory.counters()["refreshes"] > 0


@pytest.fixture
def few(tmp_path, monkeypatch):
    """The experiments have few samples of MNIST, and a narrow network."""
    for module in (class_incremental, permuted_mnist):
        monkeypatch.setattr(
            module, "load_packed", lambda split: tuple(part[: SAMPLES_OF[split]] for part in load_packed(split))
        )
    (tmp_path / "net.toml").write_text(NARROW)
    monkeypatch.chdir(tmp_path)


def is_played_as_in_the_twin(name: str, *words: str) -> bool:
    """Whether an experiment on the board ends as in the twin."""
    results = []
    for board in (("--board", "sim", "--geometry", geometry_text(NARROW_BOARD)), ("--board", "twin")):
        assert run(app, ["experiment", name, *words, "--config", "net.toml", "--json", "a.json", *board]) == 0
        results.append(json.loads(Path("a.json").read_text(encoding="utf-8")))
        assert results[-1]["played"] and results[-1]["rehearsed_by"] == "board"
        del results[-1]["command"], results[-1]["seconds"]
    return results[0] == results[1]


@pytest.mark.usefixtures("few")
def test_permuted_mnist_is_played_as_in_the_twin():
    words = "--play", "--tasks", "2", "--samples", "50", "--rehearsal", "9", "--rehearsal-every", "3"
    assert is_played_as_in_the_twin("permuted-mnist", *words)


@pytest.mark.check
@pytest.mark.usefixtures("few")
def test_classes_that_come_one_after_the_other_are_played_as_in_the_twin():
    assert is_played_as_in_the_twin("class-incremental", "--samples", "12", "--rehearsal", "15", "--rehearsal-per", "2")

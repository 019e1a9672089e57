"""Permuted MNIST: the stream is the documented one, the numbers are what they are called."""

import json

import numpy as np
import pytest
import torch

from sw.cli.command_line import app
from sw.contract.configuration import network_from_tables
from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.experiments.seeds import Seeds
from sw.host.checkpoint import Checkpoint
from sw.terminal.run import run
from sw.twin.device import TwinDevice


def test_a_longer_stream_begins_like_a_shorter_one_and_task_0_is_unpermuted():
    short, long = Seeds.of(7, 2), Seeds.of(7, 5)
    assert long.permutations[:2] == short.permutations and long.orders[:2] == short.orders
    assert short.permutations[0] is None
    assert len(set(long.permutations)) == len(set(long.orders)) == 5
    assert Seeds.of(8, 2) != short


def test_the_experiment_end_to_end(tmp_path, capsys):
    torch.set_num_threads(1)
    (tmp_path / "net.toml").write_text("[network]\nlayers = [784, 10, 10]\n[learning]\nrelax_floor = 3\n")
    words = ["--tasks", "3", "--last", "2", "--samples", "60", "--seed", "4", "--config", str(tmp_path / "net.toml")]
    assert run(app, ["experiment", "permuted-mnist", *words, "--json", str(tmp_path / "a.json")]) == 0
    result = json.loads((tmp_path / "a.json").read_text())
    matrix = np.array(result["matrix"])
    assert matrix.shape == (3, 3) and ((matrix >= 0) & (matrix <= 1)).all()
    assert result["accuracy"] == pytest.approx(matrix[2, 1:].mean())
    assert result["accuracy_when_new"] == pytest.approx(np.diag(matrix).mean())
    assert (tmp_path / "a-matrix.png").exists()
    words += ["--board", "compiled", "--json", str(tmp_path / "b.json")]
    assert run(app, ["experiment", "permuted-mnist", *words]) == 0
    assert json.loads((tmp_path / "b.json").read_text())["matrix"] == result["matrix"]

    network = network_from_tables(result["config"])
    assert network.relax_floor == 3
    seeds = Seeds.of(4, 3)
    assert (network.init_seed, network.prng) == (seeds.init_seed, seeds.prng)
    (pixels, labels), (test_pixels, test_labels) = load_packed("train"), load_packed("test")
    with TwinDevice() as twin:
        Checkpoint.initial(network).put_on(twin)
        for task in range(3):
            order = np.random.default_rng(seeds.orders[task]).permutation(60_000)[:60]
            twin.train(permute(pixels[order], seeds.permutations[task]), labels[order])
            right = twin.infer(permute(test_pixels, seeds.permutations[1])) == test_labels
            assert matrix[task, 1] == pytest.approx(right.mean())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--tasks", "2", "--last", "3"], "--last is 3, expected 1 to 2"),
        (["--samples", "60001"], "--samples is 60001, expected at most 60000"),
        (["--tasks", "0"], "--tasks"),
    ],
)
def test_bad_options(tmp_path, capsys, words, said):
    assert run(app, ["experiment", "permuted-mnist", *words, "--json", str(tmp_path / "a.json")]) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

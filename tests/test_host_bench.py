"""`make bench` on boards in Python: every number beside its bound, one benchmark at a time, faults found."""

import json
import sys
import types

import pytest
import torch
import typer

from sw.contract.frames import OVERHEAD
from sw.contract.network import Network
from sw.experiments import bench
from sw.experiments.benchmarks import growth, link, simulated, twin
from sw.experiments.learning import Pass
from sw.host import simulated_board
from sw.host.command_line import run
from tests.fake_build import build_command


@pytest.fixture
def boards(tmp_path, monkeypatch):
    """Fake boards, short benchmarks; a function that puts a fault into the boards."""
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    for module, samples in ((twin, 50), (simulated, 30), (link, 100), (growth, 20)):
        monkeypatch.setattr(module, "SAMPLES", samples)

    def play(change="pass"):
        monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path, change))

    play()
    return play


def benchmark(*words):
    application = typer.Typer(add_completion=False)
    application.command()(bench.experiment)
    return run(application, list(words))


def test_one_benchmark_leaves_the_others_as_they_are(boards, tmp_path):
    assert benchmark("--only", "twin") == 0
    assert benchmark("--only", "simulated", "--json", "results/bench.json") == 0
    found = json.loads((tmp_path / "results/bench.json").read_text())
    names = {"twin_samples_per_second", "simulated_samples_per_second", "cycles_per_training_sample", "samples_compared"}
    assert names <= set(found)
    for entry in found.values():
        assert set(entry) == {"value", "unit", "bound", "bound_is", "command"}
        assert isinstance(entry["value"], int | float)
    assert found["samples_compared"]["value"] == 30


def test_a_wrong_board_has_no_benchmark(boards, tmp_path, capsys):
    boards("f.SmallChip.count = lambda c: None")
    assert benchmark("--only", "simulated") == 2
    assert "differs from the twin: the sample count is 0 on the board and 30" in capsys.readouterr().err
    assert not (tmp_path / "results/bench.json").exists()


def test_an_unknown_benchmark(boards, capsys):
    assert benchmark("--only", "speed") == 2
    assert "choose one of twin, simulated, link, growth" in capsys.readouterr().err


def test_link_efficiency_counts_the_bytes_that_were_sent(boards):
    (entry,) = link.link().values()
    # the fake board's buffer of 1568 bytes takes two frames of 7 samples; 100 samples make 15 frames
    payload = 15 + 100 * 100
    least = payload + 15 * (OVERHEAD + 2)  # a code byte of COBS and the delimiter
    assert entry.value is not None and entry.bound == 0.8
    sent = 100 * 100 * 8 / entry.value / 10
    assert least <= sent <= least + 15 * 4
    assert entry.unit.endswith("7 samples a frame")


def test_growth_measures_every_plan_and_asks_the_formula(boards, tmp_path, monkeypatch):
    asked = []

    def formula(network, geometry, learned, rows_learned):
        asked.append((network.layers, geometry.folds, learned, rows_learned))
        return 100.0 * network.depth

    monkeypatch.setitem(sys.modules, growth.COST, types.SimpleNamespace(cycles_per_sample=formula))
    boards("old = f.SmallChip.train; f.SmallChip.train = lambda c, *a: (c.tick(), old(c, *a))[1]")
    found = growth.growth()
    assert len(found) == len(asked) == len(list(growth.plans())) == 12
    assert found["cycles_per_sample_layers_3"].bound == 300.0
    assert {entry.value for entry in found.values()} == {7.0}
    assert ((128, 64, 10), 4) in [(layers, folds) for layers, folds, _, _ in asked]
    assert all(0 < learned <= 1 and rows > 0 for _, _, learned, rows in asked)
    assert (tmp_path / "results/bench-growth.svg").exists()


def test_cycles_leave_out_the_wait_for_the_link():
    counters = {"learned": 5, "cycles_forward": 1000, "cycles_learn": 40, "cycles_starved": 900}
    done = Pass(predictions=torch.zeros(10).numpy(), seconds=2.0, counters=counters)
    assert done.cycles() == {"cycles_forward": 100.0, "cycles_learn": 4.0, "cycles_starved": 90.0}
    assert done.cycles_per_sample == 104.0
    assert done.samples_per_second == 5.0
    entries = simulated.entries(
        Pass(predictions=done.predictions, seconds=1.0, counters=counters | {"rows_learned": 60}), Network.of()
    )
    assert entries["cycles_per_training_sample"].bound == 510 + 6

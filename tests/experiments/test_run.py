"""`make run` end to end on a board in Python: numbers, pictures, last line; a board that learns wrongly is found out."""

import json
from dataclasses import replace

import pytest
import torch
import typer

from sw.contract.configuration import network_from_tables, network_from_toml
from sw.contract.network import Network
from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.experiments import run as run_module
from sw.experiments.run_report import PICTURES
from sw.experiments.two_tasks import TwoTasks
from sw.host import simulated_board
from sw.host.checkpoint import Checkpoint
from sw.terminal.run import run
from sw.tree.sources import ROOT
from sw.twin.device import TwinDevice
from tests.drivers.fake_build import build_command

EXAMPLES = ROOT / "examples"
GEOMETRY = "columns=784,rows=32,grid_height=49,grid_width=1,synapses_per_cell=16,folds=1"


@pytest.fixture
def metaplast(tmp_path, monkeypatch):
    """Runs the experiment on a fake board whose `SmallChip` may be changed by a line of Python; the exit status."""
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BOARD", raising=False)
    monkeypatch.setattr(run_module, "TEST_SAMPLES", 50)
    (tmp_path / "net.toml").write_text("[network]\nlayers = [784, 12, 10]\n[learning]\nmetaplasticity = [6.0, 6.0]\n")

    def start(change="pass", samples=130):
        monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path, change))
        application = typer.Typer(add_completion=False)
        application.command()(run_module.experiment)
        return run(application, ["--samples", str(samples), "--config", "net.toml", "--geometry", GEOMETRY])

    return start


def test_a_right_board_is_equal_and_leaves_numbers_and_pictures(metaplast, tmp_path, capsys):
    assert metaplast() == 0
    result = json.loads((tmp_path / "results/run.json").read_text())
    assert result["samples"] == result["samples_compared"] == 130
    assert result["twin_equal"] is True and result["difference"] is None
    assert 0 < result["prequential_accuracy"] < 1 and 0 < result["test_accuracy"] < 1
    assert result["samples_per_second"] > 0
    assert sum(result["binary_weights_flipped"]) > 0
    last = capsys.readouterr().out.rstrip().split("\n")[-1]
    assert last.startswith("130 samples, prequential accuracy ") and last.endswith(", twin equal")
    pictures = {path.name for path in (tmp_path / "results").iterdir()} - {"run.json"}
    assert pictures == {f"run{stem}.png" for stem in PICTURES}


def test_both_tasks_are_told_with_the_rule_and_without_it(metaplast, tmp_path):
    assert metaplast() == 0
    result = json.loads((tmp_path / "results/run.json").read_text())
    stream = TwoTasks.of_mnist(130, None, 50)
    network = network_from_tables(result["config"])
    assert [task["samples"] for task in result["tasks"]] == [65, 65]
    for rule, m in (("with", network.metaplasticity), ("without", (0, 0))):
        with TwinDevice() as twin:
            Checkpoint.initial(replace(network, metaplasticity=m)).put_on(twin)
            twin.train(stream.pixels, stream.labels)
            right = [float((twin.infer(task.pixels) == task.labels).mean()) for task in stream.tasks]
        assert [task[rule] for task in result["tasks"]] == result["over_the_stream"][rule][-1] == right
    assert result["over_the_stream"]["with"] != result["over_the_stream"]["without"]
    assert result["test_accuracy"] == pytest.approx(sum(task["with"] for task in result["tasks"]) / 2)
    assert result["over_the_stream"]["samples"] == stream.scored_at()


def test_the_stream_is_mnist_and_then_mnist_with_its_pixels_permuted_no_image_twice():
    pixels, labels = load_packed("train")
    stream = TwoTasks.of_mnist(41, None, 7)
    assert stream.switch == 21 and [task.samples for task in stream.tasks] == [21, 20]
    assert (stream.labels == labels[:41]).all()
    assert (stream.pixels[:21] == pixels[:21]).all() and (stream.pixels[21:] == permute(pixels[21:41], 1)).all()
    plain, permuted = (task.pixels for task in stream.tasks)
    assert (permuted == permute(plain, 1)).all() and (plain == load_packed("test")[0][:7]).all()
    assert stream.scored_at()[0] == 0 and stream.switch in stream.scored_at() and stream.scored_at()[-1] == 41


def test_more_samples_than_there_are_is_one_sentence(metaplast, tmp_path, capsys):
    assert metaplast(samples=60_001) == 2
    assert "60001 samples are asked for, expected at most 60000" in capsys.readouterr().err
    assert not (tmp_path / "results/run.json").exists()


WRONG = {
    "a weight after the last sample": (
        "old = f.FakeBoard.read; f.FakeBoard.read = lambda b, *d: bytes([old(b, *d)[0] ^ 1]) + old(b, *d)[1:]",
        "the hidden weight of layer 1, neuron 0, synapse 0",
    ),
    "the random word": (
        "old = f.FakeBoard.state; f.FakeBoard.state = lambda b, *d: bytes([old(b, *d)[0] ^ 1]) + old(b, *d)[1:]",
        "the random word is",
    ),
    "inference": (
        "f.SmallChip.infer = lambda chip, x: 3",
        "in the test, the prediction of sample",
    ),
    "the count of draws": (
        "old = f.SmallChip.train; f.SmallChip.train = "
        "lambda c, x, y: (c.counters.__setitem__('draws', c.counters['draws'] + 1), old(c, x, y))[1]",
        "the counter draws is",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_board_is_named_and_the_status_is_1(metaplast, tmp_path, capsys, change, said):
    assert metaplast(change) == 1
    result = json.loads((tmp_path / "results/run.json").read_text())
    assert result["twin_equal"] is False and result["difference"].startswith(said)
    assert f"DIFFERENT: {said}" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_are_configurations(path):
    network = network_from_toml(path.read_text())
    assert (network == Network.of()) == (path.stem == "mnist")

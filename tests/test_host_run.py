"""`make run` end to end on a board in Python: numbers, pictures, last line; a board that learns wrongly is found out."""

import json

import pytest
import torch
import typer

from sw.contract.configuration import network_from_toml
from sw.contract.network import Network
from sw.experiments import run as run_module
from sw.host import simulated_board
from sw.terminal.run import run
from tests.fake_build import build_command

GEOMETRY = "columns=784,rows=32,grid_height=49,grid_width=1,synapses_per_cell=16,folds=1"


@pytest.fixture
def metaplast(tmp_path, monkeypatch):
    """Runs the experiment on a fake board whose `SmallChip` may be changed by a line of Python; the exit status."""
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BOARD", raising=False)
    monkeypatch.setattr(run_module, "TEST_SAMPLES", 50)
    (tmp_path / "net.toml").write_text("[network]\nlayers = [784, 12, 10]\n")

    def start(change="pass"):
        monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path, change))
        application = typer.Typer(add_completion=False)
        application.command()(run_module.experiment)
        return run(application, ["--samples", "130", "--config", "net.toml", "--geometry", GEOMETRY])

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
    assert pictures == {
        f"run-{name}.{kind}" for name in ("prequential", "confusion", "hidden-weights") for kind in ("png", "svg")
    }


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


@pytest.mark.parametrize(
    "name", ["mnist", "gated", "long-stream", "small-board", "one-pass", "fashion", "narrow", "ten-tasks", "two-sets"]
)
def test_the_examples_are_configurations(name, request):
    text = (request.config.rootpath / "examples" / f"{name}.toml").read_text()
    network = network_from_toml(text)
    assert (network == Network.of()) == (name == "mnist")

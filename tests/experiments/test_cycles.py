"""Cycles of every board's network: one run for boards of one shape, the counters divided by the samples, a file that grows."""

import json

import numpy as np
import pytest
import typer

from sw.contract.board_table import BOARDS, Board
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text
from sw.contract.network import Network
from sw.experiments import cycles
from sw.experiments.learning import learn, learn_from_memory
from sw.host import simulated_board
from sw.host.checkpoint import Checkpoint
from sw.terminal.run import run
from sw.twin.device import TwinDevice
from tests.drivers.fake_build import build_command

SMALL = Geometry(columns=784, rows=32, grid_height=49, grid_width=1, synapses_per_cell=16, folds=1)
FEW = {
    "one": Board(title="one", geometry=SMALL, baud=1_000_000, layers=(784, 5, 10)),
    "other": Board(title="other", geometry=SMALL, baud=1_000_000, layers=(784, 4, 10)),
    "same": Board(title="same", geometry=SMALL, baud=3_000_000, layers=(784, 5, 10)),
}
# The fake board counts nothing by itself: a hundred cycles forward and seven of waiting for the link, for each sample.
COUNT = (
    "old = f.SmallChip.train; f.SmallChip.train = lambda c, x, y: "
    "(c.counters.__setitem__('cycles_forward', c.counters['cycles_forward'] + 100), "
    "c.counters.__setitem__('cycles_starved', c.counters['cycles_starved'] + 7), old(c, x, y))[2]"
)


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Runs the command on fake boards in an empty folder; the exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cycles, "BOARDS", FEW)
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path, COUNT))
    application = typer.Typer(add_completion=False)
    application.command()(cycles.experiment)
    return lambda *arguments: run(application, [*arguments])


def test_boards_of_one_shape_and_network_share_a_run():
    grouped = cycles.groups()
    assert sorted(name for names in grouped for name in names) == sorted(BOARDS)
    for names in grouped:
        assert len({(BOARDS[name].geometry, BOARDS[name].layers) for name in names}) == 1
    assert ["ulx3s-25f", "ulx3s-12f"] in grouped and ["ulx3s-85f", "orangecrab-85f"] in grouped


def test_every_board_gets_its_cycles_and_the_wait_for_the_link_is_none_of_them(measure, tmp_path):
    assert measure("--samples", "20") == 0
    found = json.loads((tmp_path / "boards/cycles.json").read_text())
    assert list(found) == list(FEW)
    assert found["one"] == found["same"]
    assert found["one"]["cycles_per_sample"] == 100
    assert found["one"]["by_term"]["forward"] == 100 and found["one"]["by_term"]["starved"] == 7
    assert found["one"]["samples"] == 20 and found["one"]["layers"] == [784, 5, 10]
    assert Geometry(**found["one"]["geometry"]) == SMALL
    assert found["other"]["command"] == "python -m sw.experiments.cycles --only other --samples 20"


def test_one_board_measured_again_leaves_the_others_as_they_are(measure, tmp_path):
    path = tmp_path / "boards/cycles.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"one": {"cycles_per_sample": 1}, "other": {"cycles_per_sample": 2}}))
    assert measure("--only", "one", "--samples", "20") == 0
    found = json.loads(path.read_text())
    assert found["other"] == {"cycles_per_sample": 2}
    assert found["one"]["cycles_per_sample"] == found["same"]["cycles_per_sample"] == 100


def test_an_unknown_board_is_one_sentence(measure, tmp_path, capsys):
    assert measure("--only", "arty") == 2
    assert "there is no board arty: choose one of one, other, same" in capsys.readouterr().err
    assert not (tmp_path / "boards").exists()


def test_any_other_shape_is_measured_under_its_numbers(measure, tmp_path):
    text = geometry_text(SMALL)
    assert measure("--geometry", text, "--layers", "784,6,10", "--samples", "20", "--json", "shape.json") == 0
    found = json.loads((tmp_path / "shape.json").read_text())
    assert list(found) == [text]
    assert found[text]["cycles_per_sample"] == 100 and found[text]["layers"] == [784, 6, 10]
    assert found[text]["command"] == f"python -m sw.experiments.cycles --geometry {text} --layers 784,6,10 --samples 20"


def test_samples_come_out_of_the_memory_and_teach_the_same():
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 2, (300, 20), dtype=np.uint8)
    labels = generator.integers(0, 4, 300, dtype=np.int64)
    start = Checkpoint.initial(Network.of(layers=(20, 8, 4)))
    by_line, from_memory = TwinDevice(), TwinDevice()
    sent = learn(by_line, start, pixels, labels, "by line")
    played = learn_from_memory(from_memory, start, pixels, labels, "from memory")
    assert [device.memory.records for device in (by_line, from_memory)] == [0, 300]
    assert played.predictions.tolist() == sent.predictions.tolist()
    assert played.counters == sent.counters and played.counters["learned"] > 0
    assert from_memory.read_state() == by_line.read_state()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--layers", "784,6,10"), "--geometry and --layers go together"),
        (("--geometry", geometry_text(SMALL), "--layers", "784-6-10"), "layers is '784-6-10', expected sizes"),
        (("--geometry", geometry_text(SMALL), "--layers", "784,60,10"), "the network needs 70 rows"),
    ],
)
def test_a_shape_that_cannot_be_measured_is_one_sentence(measure, tmp_path, capsys, options, said):
    assert measure(*options, "--json", "shape.json") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "shape.json").exists()

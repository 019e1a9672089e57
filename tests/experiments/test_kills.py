"""A host that is killed in the middle of a pass: resumed from its last checkpoint it ends with the same bits."""

import json
import struct

import numpy as np
import pytest

from sw.experiments import kills
from sw.terminal.run import run
from tests.drivers.fake_port import FakePort, board_like

COUNT = 600
EVERY = 50
KILLS = 3


def idx(array):
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def files(tmp_path):
    """Words that name a network and its samples."""
    random = np.random.default_rng(3)
    (tmp_path / "images").write_bytes(idx(random.integers(0, 256, (COUNT, 8, 8), dtype=np.uint8)))
    (tmp_path / "labels").write_bytes(idx(random.integers(0, 10, COUNT, dtype=np.uint8)))
    (tmp_path / "net.toml").write_text("[network]\nlayers = [64, 20, 10]\n[learning]\nrelax_rate = [300, 300]\n")
    return ["--config", str(tmp_path / "net.toml"), "--images", str(tmp_path / "images"), "--labels", str(tmp_path / "labels")]


def run_kills(*words):
    application = kills.typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    application.command()(kills.experiment)
    return run(application, [str(word) for word in words])


def test_every_kill_ends_with_the_bits_of_a_whole_pass(files, tmp_path, capsys):
    """One board on one port outlives every host, with half a frame of the last one in its receiver and replies to it on
    the line."""
    with FakePort(board_like("ulx3s-85f")) as port:
        words = ("--board", "ulx3s", "--port", port.name, "--samples", COUNT, "--every", EVERY, "--kills", KILLS, "--seed", 4)
        assert run_kills(*files, *words, "--json", tmp_path / "kills.json") == 0
    assert capsys.readouterr().out == f"{KILLS} kills, {KILLS} identical ends\n"
    result = json.loads((tmp_path / "kills.json").read_text())
    assert (result["kills"], result["identical_resumes"], result["seed"]) == (KILLS, KILLS, 4)
    resumed = [saved for saved in result["resumed_from"] if saved]
    assert resumed and all(saved % EVERY == 0 and saved <= COUNT for saved in resumed)


def test_an_end_with_other_bits_is_told(files, monkeypatch, capsys):
    ends = iter([True, False, True])
    monkeypatch.setattr(kills.Kills, "_whole", lambda self, board, name: (b"", 1.0))
    monkeypatch.setattr(kills.Kills, "trial", lambda self, random: kills.Trial(1, 0.5, 100, next(ends)))
    assert run_kills(*files, "--kills", 3) == 1
    captured = capsys.readouterr()
    assert captured.out == "3 kills, 2 identical ends\n"
    assert "kill 2/3, 500 ms after checkpoint 1, 100 samples saved: DIFFERENT" in captured.err


def test_a_board_that_differs_without_a_kill(files, monkeypatch, capsys):
    monkeypatch.setattr(kills.Kills, "_whole", lambda self, board, name: (name.encode(), 1.0))
    assert run_kills(*files) == 2
    assert "a pass that is not killed differs from the twin's" in capsys.readouterr().err

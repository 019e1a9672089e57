"""The compiled twin as a board: every command takes it, and leaves what the twin and the simulated board leave."""

import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.host import checkpoint, known_boards, open_board, simulated_board, streaming
from sw.host.error import BoardError
from sw.host.selftest import known_answers
from sw.terminal.run import run
from sw.tree import built
from sw.tree.sources import ROOT
from sw.twin.compiled import CompiledDevice
from sw.twin.compiled import library as libraries
from tests.drivers.fake_build import build_command
from tests.drivers.program import GEOMETRY, prepare, start, wait_until_it_trains

torch.set_num_threads(1)  # tests run side by side

COUNT = 400
CONFIG = ("--config", "net.toml")
FILES = ("--images", "images", "--labels", "labels")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A network, its samples, and the simulated board in Python."""
    prepare(tmp_path, COUNT)
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def metaplast(*words):
    return run(app, [str(word) for word in words])


def train(board, save, *words, begin=CONFIG):
    assert metaplast("train", "--board", *board, *begin, *FILES, "--save", save, "--json", f"{save}.json", *words) == 0
    result = json.loads(Path(f"{save}.json").read_text())
    del result["seconds"]
    return Path(save).read_bytes(), result


def test_train_and_evaluate_leave_what_the_twin_and_the_simulated_board_leave(folder):
    left = [train(board, f"{board[0]}.npz") for board in (["compiled"], ["twin"], ["sim", "--geometry", GEOMETRY])]
    assert left[0] == left[1] == left[2] and left[0][1]["learned"] > 0
    told = []
    for board in ("compiled", "twin"):
        assert metaplast("evaluate", "--board", board, "--resume", "compiled.npz", *FILES, "--json", "e.json") == 0
        told.append(Path("e.json").read_text())
    assert told[0] == told[1]


def test_it_goes_on_from_a_checkpoint_of_any_board_and_any_goes_on_from_its_own(folder):
    whole = train(["twin"], "whole.npz")[0]
    for first, second in ((["compiled"], ["twin"]), (["twin"], ["compiled"]), (["compiled"], ["compiled"])):
        train(first, "half.npz", "--samples", 150, "--checkpoint-every", 70)
        assert train(second, "end.npz", "--skip", 150, begin=("--resume", "half.npz"))[0] == whole


def start_it(folder, *words, save="a.npz"):
    """A pass that writes a checkpoint after every sample, in a process."""
    given = ("train", "--board", "compiled", *CONFIG, *FILES, "--checkpoint-every", 1, "--save", save)
    return start(folder, *given, *words, stderr=subprocess.PIPE)


def test_a_pass_that_is_killed_goes_on_from_its_last_checkpoint(folder):
    with start_it(folder) as process:
        wait_until_it_trains(process)
        while not (folder / "a.npz").exists():
            assert process.poll() is None
        process.kill()
    saved = checkpoint.load(folder / "a.npz").samples
    assert 0 < saved < COUNT
    end, _ = train(["compiled"], "a.npz", "--skip", saved, begin=("--resume", "a.npz"))
    assert end == train(["twin"], "whole.npz")[0]


def test_ctrl_c_saves_and_tells_the_command_that_goes_on(folder):
    with start_it(folder) as process:
        wait_until_it_trains(process)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 130
    done = int(re.search(rf"interrupted after (\d+) of {COUNT} samples, saved a.npz; go on with\n", told)[1])
    assert checkpoint.load(folder / "a.npz").samples == done
    words = shlex.split(told.strip().split("\n")[-1])
    assert metaplast(*words[words.index("train") :]) == 0
    assert Path("a.npz").read_bytes() == train(["twin"], "whole.npz")[0]


def test_verify_and_selftest_find_it_sound(folder, capsys):
    assert metaplast("verify", "--board", "compiled", "--samples", 300, "--seed", 2, *CONFIG) == 0
    assert capsys.readouterr().out.startswith("equal: 300 predictions, 1480 hidden weights")
    assert metaplast("selftest", "--board", "compiled") == 0
    assert "sound: 400 known samples in 2 networks" in capsys.readouterr().out
    with known_boards.find("compiled").open(print) as device:
        answers = {name: known_answers.answers(device, case) for name, case in known_answers.CASES.items()}
    assert answers == known_answers.known()


def test_a_wrong_bit_is_found(folder, monkeypatch, capsys):
    for file in (libraries.SOURCE, *libraries.SOURCE.parent.glob("*.h")):
        (folder / file.name).write_text(file.read_text().replace("q[i] >= floor)", "q[i] > floor)"))
    wrong = CompiledDevice(folder / "machine.cpp")
    monkeypatch.setattr(known_boards.CompiledBoard, "open", lambda board, report: wrong)
    assert metaplast("verify", "--board", "compiled", "--samples", 300, "--seed", 2, *CONFIG) == 1
    assert capsys.readouterr().out.startswith("different: ")
    assert metaplast("selftest", "--board", "compiled") == 1


def test_from_python(tmp_path):
    images, labels = (part[:700] for part in load_packed("train"))
    left = []
    for name in ("compiled", "twin"):
        with open_board(name) as board:
            board.begin(layers=(784, 50, 10), relax_rate=(300, 300))
            before, after = board.train(images, labels), board.predict(images)
            board.save(tmp_path / f"{name}.npz")
            left.append((before.tolist(), after.tolist(), board.samples, board.counters(), board.geometry))
            board.load(tmp_path / "compiled.npz")
            assert board.train(images, labels)[0] == after[0]
    assert left[0] == left[1]
    assert (tmp_path / "compiled.npz").read_bytes() == (tmp_path / "twin.npz").read_bytes()


@pytest.mark.parametrize(("layers", "batch"), [((784, 500, 10), 10_000), ((4000, 4000, 10), 249), ((2, 2), 10_000)])
def test_a_batch_is_large_where_a_sample_is_quick(layers, batch, monkeypatch):
    """So calls cost nothing where samples are quick, and Ctrl-C is answered soon where they are not."""
    with CompiledDevice() as device:
        device.configure(Network.of(layers=layers))
        assert device.batch == batch
        sizes = []
        monkeypatch.setattr(device, "train", lambda pixels, labels: sizes.append(len(pixels)) or labels)
        list(streaming.train(device, np.zeros((10_100, layers[0]), np.uint8), np.zeros(10_100, int)))
    assert sizes[0] == batch and sum(sizes) == 10_100


def test_it_needs_no_torch(folder):
    program = "import sys; sys.modules['torch'] = None\nfrom sw.cli.command_line import main; main()"
    words = ["train", "--board", "compiled", *CONFIG, *FILES, "--save", "a.npz"]
    assert subprocess.run([sys.executable, "-c", program, *words], cwd=folder, capture_output=True).returncode == 0
    assert (folder / "a.npz").read_bytes() == train(["twin"], "b.npz")[0]


def test_what_is_missing_or_wrong_is_told_in_one_sentence(folder, monkeypatch, capsys):
    def refused(*words):
        assert metaplast("train", "--board", "compiled", *CONFIG, *FILES, "--save", "a.npz", *words) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ") and error.count("\n") == 1 and not Path("a.npz").exists()
        return error

    assert "the board compiled is on no port" in refused("--port", "/dev/none")
    assert "take away 1 neurons" in refused("--geometry", GEOMETRY.replace("rows=32", "rows=29"))
    libraries.library.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(libraries.shutil, "which", lambda name: None)
        patch.setitem(sys.modules, "torch", None)
        told = refused()
        assert "the compiled twin cannot be made: g++ is missing: install it" in told
        assert told.endswith('or choose the twin: pip install "metaplast[twin]"\n')
    with monkeypatch.context() as patch:
        patch.setattr(libraries.built, "folders", lambda room: [folder / "images" / room])
        with pytest.raises(BoardError, match="the compiled twin cannot be made: nothing can be built in"):
            known_boards.find("compiled").open(lambda line: None)
    with monkeypatch.context() as patch:
        patch.setattr(known_boards, "COMPILED", "no_package_here")
        assert 'the compiled twin needs the Python package no_package_here: pip install "metaplast[all]"' in refused()
    with known_boards.find("compiled").open(print) as device, pytest.raises(ContractError, match="not configured"):
        device.train(np.array([[0]], np.uint8), np.array([0]))


def test_without_a_compiler_the_twin_takes_its_place_which_is_said_once(folder, monkeypatch, capsys):
    left = train(["twin"], "twin.npz")
    libraries.library.cache_clear()
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    monkeypatch.setattr(known_boards, "_told", [])
    capsys.readouterr()
    assert train(["compiled"], "a.npz") == left
    assert train(["compiled"], "b.npz") == left
    said = [line for line in capsys.readouterr().err.splitlines() if "g++" in line]
    assert len(said) == 1
    assert said[0].startswith("g++ is missing: install it") and said[0].endswith(known_boards.IN_ITS_PLACE)


def test_whoever_waits_for_the_compiler_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(built, "folders", lambda room: [tmp_path / room])
    libraries.library.cache_clear()
    told = []
    with known_boards.find("compiled").open(told.append):
        assert told == ["compiling the twin (once)"]


def test_it_is_listed(capsys):
    assert metaplast("boards") == 0
    assert re.search(r"^. compiled .*any", capsys.readouterr().out, re.M)
    assert "`compiled`" in (ROOT / "docs" / "host.md").read_text(encoding="utf-8")

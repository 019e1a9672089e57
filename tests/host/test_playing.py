"""Playback from the command line and from Python: sent once, played by the board, and the same bits as without a memory."""

import json
import re
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.board_table import BOARDS
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.sample_memory import record_bytes
from sw.host import board_memory, notebook, simulated_board, streaming
from sw.host.error import BoardError, RecordError
from sw.host.pace import Pace
from sw.host.training import Training
from sw.terminal.run import run
from tests.drivers.fake_build import build_command
from tests.drivers.program import GEOMETRY, prepare

COUNT = 60
REHEARSAL = ("--rehearsal", 20, "--rehearsal-every", 2, "--rehearsal-per", 3, "--rehearsal-horizon", 30)
WITH_MEMORY = "old = f.FakeBoard; f.FakeBoard = lambda *g, **o: old(*g, **(o | {'sample_memory': 4096}))"
NETWORK = Network.of(layers=(12, 6, 3), margin=9)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Boards `sim` have a sample memory of 256 records of 64 pixels; a stretch is 7 samples."""
    prepare(tmp_path, COUNT)
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path / "boards", WITH_MEMORY))
    monkeypatch.setattr(streaming, "BATCH", 7)
    monkeypatch.setattr(Pace, "size", lambda pace: 7)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without_memory(monkeypatch):
    monkeypatch.setattr(simulated_board, "BUILD", build_command(Path("boards")))


def train(*words, start=("--config", "net.toml"), board="sim", save="a.npz", json="a.json"):
    place = ("--board", board, *(("--geometry", GEOMETRY) if board == "sim" else ()))
    data = ("--images", "images", "--labels", "labels", "--json", json)
    return run(app, [str(word) for word in ("train", *place, *start, *data, "--save", save, *words)])


def said(path="a.json"):
    return json.loads(Path(path).read_text())


@pytest.mark.parametrize("rehearsal", [(), REHEARSAL])
def test_epochs_are_sent_once_and_end_as_if_they_had_been_sent_each_time(folder, monkeypatch, rehearsal):
    assert train(*rehearsal, "--epochs", 3, "--shuffle", 5) == 0
    assert train(*rehearsal, "--epochs", 3, "--shuffle", 5, board="twin", save="t.npz", json="t.json") == 0
    assert (said()["samples"], said()["played"]) == (said("t.json")["samples"], said("t.json")["played"]) == (180, 180)
    without_memory(monkeypatch)
    assert train(*rehearsal, "--epochs", 3, "--shuffle", 5, save="b.npz", json="b.json") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes() == Path("t.npz").read_bytes()
    assert (said("b.json")["samples"], said("b.json")["played"]) == (180, 0)
    assert said()["prequential_accuracy"] == said("b.json")["prequential_accuracy"] == said("t.json")["prequential_accuracy"]
    by = ("board", "host", "board") if rehearsal else (None, None, None)
    assert (said()["rehearsed_by"], said("b.json")["rehearsed_by"], said("t.json")["rehearsed_by"]) == by


def test_a_live_stream_is_rehearsed_by_the_board(folder, monkeypatch):
    assert train(*REHEARSAL) == 0
    assert (said()["samples"], said()["rehearsed"], said()["played"], said()["rehearsed_by"]) == (COUNT, 90, 0, "board")
    without_memory(monkeypatch)
    assert train(*REHEARSAL, save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert said()["rehearsed_by"] == "host"


def test_a_pass_in_parts_on_boards_of_both_kinds_is_one_pass(folder, monkeypatch):
    assert train(*REHEARSAL, "--epochs", 2) == 0
    assert train(*REHEARSAL, "--epochs", 2, "--samples", 71, save="b.npz") == 0
    without_memory(monkeypatch)
    assert train("--epochs", 2, "--skip", 71, "--samples", 20, start=("--resume", "b.npz"), save="b.npz") == 0
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", WITH_MEMORY))
    assert train("--epochs", 2, "--skip", 91, start=("--resume", "b.npz"), save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_ctrl_c_acts_after_a_short_stretch_and_the_line_goes_on(folder, capsys, monkeypatch):
    assert train(*REHEARSAL, "--epochs", 3) == 0
    real = board_memory.BoardMemory.play

    def interrupting(*given, **options):
        for number, stretch in enumerate(real(*given, **options)):
            if number == 2:
                signal.raise_signal(signal.SIGINT)
            yield stretch

    monkeypatch.setattr(board_memory.BoardMemory, "play", interrupting)
    assert train(*REHEARSAL, "--epochs", 3, save="b.npz") == 130
    told = capsys.readouterr().err.rstrip()
    done = int(re.findall(r"interrupted after (\d+) of 180", told)[0])
    assert 21 <= done <= 5 * 7
    line = told.split("\n")[-1].split()
    monkeypatch.setattr(board_memory.BoardMemory, "play", real)
    assert run(app, line[line.index("train") :]) == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


@pytest.mark.parametrize(
    "happens",
    [
        "b.reset()",
        "b.memory.data.__setitem__(800, b.memory.data[800] ^ 1)",  # of record 50, which is played again
        "b.memory.data.__setitem__(4000, b.memory.data[4000] ^ 1)",  # of the reservoir
    ],
)
def test_a_board_that_is_reset_or_forgets_in_the_middle_learns_the_same(folder, monkeypatch, happens):
    assert train(*REHEARSAL, "--epochs", 3) == 0
    change = (
        "act = f.FakeBoard.act; f.FakeBoard.done = False; "
        f"f.FakeBoard.act = lambda b, frame: (not b.done and b.chip.samples >= 210 and (setattr(b, 'done', True), {happens}), "
        "act(b, frame))[1]; "
    )
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", change + WITH_MEMORY))
    restored, real = [], Training._restore
    monkeypatch.setattr(Training, "_restore", lambda training: (real(training), restored.append(training.restored))[0])
    assert train(*REHEARSAL, "--epochs", 3, "--checkpoint-every", 25, save="b.npz", json="b.json") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert restored == [1]
    for name in ("samples", "rehearsed", "prequential_accuracy", "learned", "draws"):
        assert said("b.json")[name] == said()[name], name


def test_a_data_set_that_does_not_fit_is_sent_each_time(folder, monkeypatch):
    assert train("--epochs", 2) == 0
    small = WITH_MEMORY.replace("4096", "512")
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", small))
    assert train("--epochs", 2, save="b.npz", json="b.json") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes() and said("b.json")["played"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--epochs", 0), "the number of epochs is 0, expected 1 or more"),
        (("--epochs", 2, "--samples", 121), "121 samples are asked for, expected at most 120"),
        (("--rehearsal", 257), "257 records for rehearsal do not fit: the sample memory holds 256 records of 64 pixels"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(folder, capsys, words, told):
    assert train(*words) == 2
    assert told in capsys.readouterr().err and not Path("a.npz").exists()


def test_the_boards_that_keep_samples_are_listed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    own = BOARDS["icebreaker"]
    monkeypatch.setitem(BOARDS, "icebreaker", replace(own, sample_memory=2**25))
    assert run(app, ["boards"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = {name: line for line in lines for name in ("twin", "icebreaker", "tangnano9k") if f" {name} " in line}
    assert "sample memory" in lines[1]
    assert "any" in told["twin"] and "32 MiB" in told["icebreaker"]
    assert "MiB" not in told["tangnano9k"] and "computer" not in told["tangnano9k"]


def samples(count):
    random = np.random.default_rng(7)
    return random.integers(0, 2, (count, 12), dtype=np.uint8), random.integers(0, 3, count)


@pytest.fixture(params=["twin", "compiled", "sim"])
def board(request, folder):
    with notebook.open_board(request.param, geometry=GEOMETRY if request.param == "sim" else None) as opened:
        opened.begin(NETWORK)
        yield opened


def test_from_python(board):
    pixels, labels = samples(90)
    permutation = np.random.default_rng(1).permutation(12)
    with notebook.open_board("twin") as other:
        other.begin(NETWORK)
        for each in (board, other):
            each.rehearse(size=8, per=2, prng=3)
        board.store(pixels.reshape(90, 3, 4) > 0, labels)
        expected = other.train(pixels, labels)
        played = board.play()
        assert played == (90, (expected == labels).sum())
        assert (board.rehearsed_by, board.samples) == ("board", other.samples)
        assert np.array_equal(
            board.play(10, 30, permutation=permutation, predictions=True),
            other.train(pixels[10:40][:, permutation], labels[10:40]),
        )
        tested = other.predict(pixels[:, permutation])
        assert np.array_equal(board.play(train=False, permutation=permutation, predictions=True), tested)
        assert board.play(train=False, permutation=permutation).correct == (tested == labels).sum()
        board.save("half.npz")
        board.load("half.npz")
        with pytest.raises(ContractError, match="records 0 to 9 cannot be played: 0 are stored"):
            board.play(count=10)
        for each in (board, other):
            each.train(pixels, labels)
            each.save(f"{each is board}.npz")
    assert Path("True.npz").read_bytes() == Path("False.npz").read_bytes()
    board.rehearse(size=0)
    before = board.samples
    board.train(pixels, labels)
    assert (board.samples - before, board.rehearsed_by) == (90, None)


def test_from_python_what_makes_no_sense_leaves_all_as_it_was(board):
    pixels, labels = samples(30)
    board.rehearse(size=4)
    board.store(pixels, labels)
    for wrong, words in (
        (lambda: board.play(0, 31), "records 0 to 30 cannot be played"),
        (lambda: board.play(permutation=[0] * 12), "the permutation is none"),
        (lambda: board.store(pixels, labels, first=31), "first record is 31"),
        (lambda: board.rehearse(size=2**27), "size of the rehearsal"),
    ):
        with pytest.raises(ContractError, match=words):
            wrong()
    with notebook.open_board("twin") as other:
        other.begin(NETWORK)
        other.rehearse(size=4)
        assert board.play().correct == (other.train(pixels, labels) == labels).sum()
        assert board.samples == other.samples


def test_from_python_a_board_without_memory_says_so(folder, monkeypatch):
    without_memory(monkeypatch)
    pixels, labels = samples(30)
    with notebook.open_board("sim", geometry=GEOMETRY) as board:
        board.begin(NETWORK)
        for wrong in (lambda: board.store(pixels, labels), board.play):
            with pytest.raises(BoardError, match="the board sim has no sample memory: train on the samples or take"):
                wrong()
        board.rehearse(size=4)
        board.train(pixels, labels)
        assert (board.rehearsed_by, board.samples) == ("host", 59)


def test_from_python_a_damaged_record_is_told(folder, monkeypatch):
    """What came before one of the library counts; after one of the reservoir the network has to be loaded again."""
    flip = "(setattr(b, 'done', True), b.memory.data.__setitem__({at}, b.memory.data[{at}] ^ 1))"
    pixels, labels = samples(30)
    for at, words in ((20 * record_bytes(12) + 3, "record 20 is damaged"), (4090, "for rehearsal is damaged")):
        change = (
            "act = f.FakeBoard.act; f.FakeBoard.done = False; f.FakeBoard.act = lambda b, frame: "
            f"(not b.done and b.chip.samples >= 12 and {flip.format(at=at)}, act(b, frame))[1]; "
        )
        monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", change + WITH_MEMORY))
        with notebook.open_board("sim", geometry=GEOMETRY) as board:
            board.begin(NETWORK)
            board.rehearse(size=1)
            board.store(pixels, labels)
            with pytest.raises(RecordError, match=words):
                board.play()
            assert board.has_network == (at < 4000)
            if board.has_network:
                assert checkpoint_of(pixels[:20], labels[:20]) == board.checkpoint.weights_crc32


def checkpoint_of(pixels, labels):
    with notebook.open_board("twin") as other:
        other.begin(NETWORK)
        other.rehearse(size=1)
        other.train(pixels, labels)
        return other.checkpoint.weights_crc32

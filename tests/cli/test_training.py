"""Training that is stopped: checkpoints every so often, each as if the pass had ended there; an error names the way on."""

import errno
import itertools
import json
import os
import re
import shlex
import signal
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.files import output
from sw.host import checkpoint, simulated_board, streaming, training
from sw.host.checkpoint import Checkpoint
from sw.host.invocation import program
from sw.terminal.run import run
from tests.drivers.fake_build import build_command

COUNT = 75
BATCH = 20
SMALL = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"


def idx(array):
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    random = np.random.default_rng(3)
    (tmp_path / "images").write_bytes(idx(random.integers(0, 256, (COUNT, 8, 8), dtype=np.uint8)))
    (tmp_path / "labels").write_bytes(idx(random.integers(0, 10, COUNT, dtype=np.uint8)))
    (tmp_path / "net.toml").write_text("[network]\nlayers = [64, 20, 10]\n[learning]\nrelax_rate = [300, 300]\n")
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path / "boards"))
    monkeypatch.setattr(streaming, "BATCH", BATCH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*words, save="b.npz", start=("--config", "net.toml"), board=("--board", "sim", "--geometry", SMALL)):
    given = ["train", *board, *start, "--images", "images", "--labels", "labels", "--save", save, *words]
    return run(app, [str(word) for word in given])


@pytest.fixture
def kept(monkeypatch):
    """Every checkpoint of a command by the samples in it, as it lay in the file."""
    files, real = {}, Checkpoint.save

    def save(state, path):
        real(state, path)
        files[state.samples] = path.read_bytes()

    monkeypatch.setattr(Checkpoint, "save", save)
    return files


def test_every_so_many_samples_a_checkpoint_as_if_the_pass_had_ended_there(folder, kept):
    assert train("--checkpoint-every", 17) == 0
    during = dict(kept)
    assert list(during) == [17, 34, 51, 68, 75]
    for count, file in during.items():
        assert train("--samples", count, save="c.npz") == 0
        assert Path("c.npz").read_bytes() == file


def test_batches_go_on_where_no_checkpoint_is_due(folder, monkeypatch):
    sizes, real = [], streaming.train

    def noting(*given, **options):
        for predictions in real(*given, **options):
            sizes.append(len(predictions))
            yield predictions

    monkeypatch.setattr(streaming, "train", noting)
    assert train("--checkpoint-every", 50) == 0
    assert sizes == [20, 20, 10, 20, 5]


def test_every_so_many_minutes(folder, kept, monkeypatch):
    clock = iter(range(0, 10**6, 25))  # seconds: each look at the clock is 25 later
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert train("--checkpoint-minutes", 1) == 0
    assert list(kept) == [60, 75]  # the third look after the pass began is more than a minute later
    kept.clear()
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: 5))
    assert train("--checkpoint-minutes", 1) == 0
    assert list(kept) == [COUNT]


def test_nothing_is_written_in_between_unless_it_is_asked_for(folder, kept):
    assert train() == 0
    assert list(kept) == [COUNT]


@pytest.mark.parametrize("words", [("--checkpoint-every", 0), ("--checkpoint-every", -5), ("--checkpoint-minutes", 0)])
def test_numbers_that_make_no_sense(folder, capsys, words):
    assert train(*words) == 2
    assert re.fullmatch(rf"error: {words[0]} is {words[1]}, expected more than 0: .*\n", capsys.readouterr().err)
    assert not Path("b.npz").exists()


def go_on(told):
    """Run the command at the end of an error's only line."""
    assert told.startswith("error: ") and told.count("\n") == 1
    command = shlex.split(told.partition("go on with: ")[2])
    assert command[0] == program()
    assert run(app, command[1:]) == 0


def full_at(monkeypatch, number):
    """The disk is full at the given save."""
    real, saves = os.fsync, []

    def fsync(file):
        saves.append(file)
        if len(saves) == 2 * number - 1:  # two for each checkpoint: the file, then its folder
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file)

    monkeypatch.setattr(output.os, "fsync", fsync)


def test_a_full_disk_leaves_the_last_checkpoint_and_the_command_that_goes_on(folder, monkeypatch, capsys):
    assert train() == 0
    with monkeypatch.context() as patch:
        full_at(patch, 3)
        assert train("--checkpoint-every", 20, "--json", "c.json", "--shuffle", 4, "--skip", 5, save="c.npz") == 2
    told = capsys.readouterr().err.removeprefix("compiling\n" * 2)
    assert "c.npz cannot be written: No space left on device; 40 of 70 samples are saved in c.npz, go on with:" in told
    assert checkpoint.load(folder / "c.npz").samples == 40
    assert not Path("c.json").exists() and not list(folder.glob("*.tmp"))
    go_on(told)
    assert train("--shuffle", 4, "--skip", 5, save="d.npz") == 0
    assert Path("c.npz").read_bytes() == Path("d.npz").read_bytes()


def test_a_full_disk_at_the_first_checkpoint_leaves_what_was_there(folder, monkeypatch, capsys):
    assert train() == 0
    before = Path("b.npz").read_bytes()
    full_at(monkeypatch, 1)
    assert train("--checkpoint-every", 20) == 2
    assert capsys.readouterr().err.endswith("error: b.npz cannot be written: No space left on device\n")
    assert Path("b.npz").read_bytes() == before


def test_a_board_that_stops_leaves_the_last_checkpoint_and_the_command_that_goes_on(folder, monkeypatch, capsys):
    dies = "old = f.SmallChip.count; f.SmallChip.count = lambda c: (old(c), c.samples == 50 and f.os._exit(9))"
    good = simulated_board.BUILD
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", dies))
    assert train("--checkpoint-every", 20) == 2
    told = capsys.readouterr().err.removeprefix("compiling\n")
    assert "the simulated board has ended with status 9; 40 of 75 samples are saved in b.npz" in told
    monkeypatch.setattr(simulated_board, "BUILD", good)
    go_on(told)
    assert train(save="c.npz") == 0
    assert Path("b.npz").read_bytes() == Path("c.npz").read_bytes()


def test_a_second_ctrl_c_does_not_wait_and_tells_what_is_saved(folder, monkeypatch, capsys):
    real, numbers = streaming.train, itertools.count()

    def with_two(*given, **options):
        for predictions in real(*given, **options):
            for _ in range(2 if next(numbers) == 2 else 0):
                signal.raise_signal(signal.SIGINT)
            yield predictions

    with monkeypatch.context() as patch:
        patch.setattr(streaming, "train", with_two)
        assert train("--checkpoint-every", 20) == 130
    told = capsys.readouterr().err.rstrip().split("\n")
    assert told[-2] == "interrupted at once; 40 of 75 samples are saved in b.npz, go on with"
    assert run(app, shlex.split(told[-1])[1:]) == 0
    assert train(save="c.npz") == 0
    assert Path("b.npz").read_bytes() == Path("c.npz").read_bytes()


def test_a_board_that_counts_otherwise_is_not_saved(folder, monkeypatch, capsys):
    twice = "old = f.SmallChip.count; f.SmallChip.count = lambda c: (old(c), c.samples == 30 and old(c))"
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", twice))
    assert train("--checkpoint-every", 20) == 2
    told = capsys.readouterr().err
    assert "has counted 41 training samples, expected 40: it has lost some or learned some twice" in told
    assert "20 of 75 samples are saved in b.npz" in told
    assert checkpoint.load(folder / "b.npz").samples == 20


def test_a_board_that_is_reset_gets_its_last_checkpoint_and_the_pass_ends_as_if_nothing_had_been(folder, capsys, monkeypatch):
    assert train("--checkpoint-every", 20, "--json", "b.json") == 0
    resets = (
        "old = f.FakeBoard.act; f.FakeBoard.done = False; "
        "f.FakeBoard.act = lambda b, frame: (not b.done and b.chip.samples >= 50 and (setattr(b, 'done', True), b.reset()), "
        "old(b, frame))[1]"
    )
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", resets))
    assert train("--checkpoint-every", 20, "--json", "c.json", save="c.npz") == 0
    assert Path("b.npz").read_bytes() == Path("c.npz").read_bytes()
    found, right = (json.loads(Path(name).read_text()) for name in ("c.json", "b.json"))
    assert all(found[name] == right[name] for name in right if name != "seconds")


@pytest.mark.parametrize(("words", "when", "saved"), [((), 50, None), (("--checkpoint-every", 20), 0, None)])
def test_a_board_that_is_reset_before_the_first_checkpoint_says_so(folder, capsys, monkeypatch, words, when, saved):
    resets = (
        "old = f.FakeBoard.train; "
        f"f.FakeBoard.train = lambda b, *d: (b.chip.samples >= {when} and b.reset(), f.check(False, f.Reason.NONCE)) "
        f"if b.chip.samples >= {when} else old(b, *d)"
    )
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", resets))
    assert train(*words) == 2
    assert "it has been reset in between, what it had learned is gone" in capsys.readouterr().err
    assert not Path("b.npz").exists()


def test_a_board_that_is_reset_again_and_again_is_given_up(folder, capsys, monkeypatch):
    resets = "old = f.FakeBoard.act; f.FakeBoard.act = lambda b, frame: (b.chip.samples >= 50 and b.reset(), old(b, frame))[1]"
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", resets))
    assert train("--checkpoint-every", 20) == 2
    told = capsys.readouterr().err.removeprefix("compiling\n")
    assert "it has been reset in between" in told and "40 of 75 samples are saved in b.npz" in told

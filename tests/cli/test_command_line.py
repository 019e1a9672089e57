"""The command line: what each command leaves, what it refuses, and that it goes on where it was stopped."""

import gzip
import json
import os
import re
import shlex
import signal
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.host import checkpoint, simulated_board, streaming
from sw.host.invocation import program
from sw.terminal.run import run
from sw.twin.device import TwinDevice
from tests.drivers.fake_build import build_command

NETWORK = "[network]\nlayers = [64, 20, 10]\n[learning]\nrelax_rate = [300, 300]\n"
COUNT = 75
BATCH = 20
SMALL_BOARD = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"


def idx(array):
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in with a configuration and two data files, and a simulated board of 64 columns in Python."""
    random = np.random.default_rng(3)
    (tmp_path / "images").write_bytes(idx(random.integers(0, 256, (COUNT, 8, 8), dtype=np.uint8)))
    (tmp_path / "labels").write_bytes(idx(random.integers(0, 10, COUNT, dtype=np.uint8)))
    (tmp_path / "net.toml").write_text(NETWORK)
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path))
    monkeypatch.setattr(streaming, "BATCH", BATCH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def metaplast(*words):
    """The exit status of a command."""
    return run(app, [str(word) for word in words])


FILES = ("--images", "images", "--labels", "labels")


def train(*words, board="twin", save="b.npz", start=("--config", "net.toml")):
    return metaplast("train", "--board", board, *start, *FILES, "--save", save, *words)


def read(name):
    return json.loads(Path(name).read_text())


def arrays(name):
    with np.load(name, allow_pickle=False) as file:
        return {key: file[key].tolist() for key in file.files}


def expected_on_twin(order, permutation=None, threshold=127):
    """The twin given, by other means, what a train command should give it."""
    images = np.frombuffer(Path("images").read_bytes()[16:], np.uint8).reshape(COUNT, 64)
    labels = np.frombuffer(Path("labels").read_bytes()[8:], np.uint8)
    pixels = (images > threshold).astype(np.uint8)
    if permutation is not None:
        p = np.random.default_rng(permutation).permutation(64)
        pixels = np.stack([pixels[:, p[i]] for i in range(64)], axis=1)
    twin = TwinDevice()
    start = checkpoint.Checkpoint.initial(checkpoint.load(start_checkpoint()).network)
    start.put_on(twin)
    predictions = twin.train(pixels[order], labels[order])
    return twin, (predictions == labels[order]).mean()


def start_checkpoint():
    assert metaplast("init", "--config", "net.toml", "--save", "start.npz") == 0
    return Path("start.npz")


def test_init_makes_the_initial_state(folder):
    found = checkpoint.load(start_checkpoint())
    assert found.samples == 0 and found.prng == found.network.prng
    first = np.random.default_rng(1).integers(-8, 8, size=(20, 64), dtype=np.int8)
    np.testing.assert_array_equal(found.weights[0], first)


@pytest.mark.parametrize(
    ("words", "order", "options"),
    [
        ((), range(COUNT), {}),
        (("--samples", 40, "--skip", 30), range(30, 70), {}),
        (("--shuffle", 5), np.random.default_rng(5).permutation(COUNT), {}),
        (("--shuffle", 5, "--skip", 30, "--samples", 7), np.random.default_rng(5).permutation(COUNT)[30:37], {}),
        (("--permutation", 8, "--threshold", 60), range(COUNT), {"permutation": 8, "threshold": 60}),
    ],
    ids=["whole file", "part", "shuffled", "part of shuffled", "permuted"],
)
def test_train_gives_the_network_the_documented_stream(folder, words, order, options):
    assert train("--json", "out.json", *words) == 0
    twin, accuracy = expected_on_twin(np.array(order), **options)
    result, found = read("out.json"), checkpoint.load(folder / "b.npz")
    for ours, theirs in zip(found.weights, twin.read_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (found.prng, found.samples, found.signature) == twin.read_state()
    counted = twin.counters()
    seconds = result.pop("seconds")
    assert seconds > 0
    assert result == {
        "samples": len(order),
        "rehearsed": 0,
        "rehearsed_by": None,
        "played": 0,
        "learned": counted["learned"],
        "draws": counted["draws"],
        "prequential_accuracy": accuracy,
        "weights_crc32": found.weights_crc32,
    }
    assert 0 < result["learned"] <= len(order) and result["draws"] > 0


def test_the_simulated_board_leaves_the_same_as_the_twin(folder, capsys):
    assert train("--json", "t.json") == 0
    assert train("--json", "s.json", "--geometry", SMALL_BOARD, board="sim", save="s.npz") == 0
    assert "compiling" in capsys.readouterr().err
    assert arrays("s.npz") == arrays("b.npz")
    t, s = read("t.json"), read("s.json")
    assert {**t, "seconds": 0} == {**s, "seconds": 0}


def test_halves_with_skip_equal_one_go_and_counts_are_of_one_command(folder):
    assert train("--json", "one.json") == 0
    assert train("--samples", 35, "--json", "first.json", save="half.npz") == 0
    assert train("--skip", 35, "--json", "second.json", save="two.npz", start=("--resume", "half.npz")) == 0
    assert arrays("two.npz") == arrays("b.npz")
    one, first, second = read("one.json"), read("first.json"), read("second.json")
    for name in ("samples", "learned", "draws"):
        assert first[name] + second[name] == one[name]
    assert checkpoint.load(folder / "two.npz").samples == COUNT


def test_resume_begins_at_sample_0_of_the_file(folder):
    assert train() == 0
    assert train(start=("--resume", "b.npz"), save="c.npz") == 0
    twin, _ = expected_on_twin(np.concatenate([np.arange(COUNT)] * 2))
    np.testing.assert_array_equal(checkpoint.load(folder / "c.npz").weights[0], twin.read_weights()[0])


def test_evaluate_learns_nothing_and_tells_the_accuracy(folder):
    assert train() == 0
    before = Path("b.npz").read_bytes()
    for board, words in (("twin", ()), ("sim", ("--geometry", "ulx3s"))):
        assert metaplast("evaluate", "--board", board, "--resume", "b.npz", *FILES, "--json", "e.json", *words) == 0
    assert Path("b.npz").read_bytes() == before
    twin, _ = expected_on_twin(np.arange(COUNT))
    images = np.frombuffer(Path("images").read_bytes()[16:], np.uint8).reshape(COUNT, 64)
    labels = np.frombuffer(Path("labels").read_bytes()[8:], np.uint8)
    accuracy = (twin.infer((images > 127).astype(np.uint8)) == labels).mean()
    assert read("e.json") == {"accuracy": accuracy, "samples": COUNT}


def test_gzip_is_read_like_plain(folder):
    assert train() == 0
    for name in ("images", "labels"):
        (folder / name).write_bytes(gzip.compress((folder / name).read_bytes()))
    assert train(save="c.npz") == 0
    assert arrays("b.npz") == arrays("c.npz")


def test_ctrl_c_saves_and_the_command_it_prints_goes_on_bit_identically(folder, monkeypatch, capsys):
    assert train("--shuffle", 2) == 0
    real = streaming.train

    def with_ctrl_c(*given, **options):
        for number, predictions in enumerate(real(*given, **options)):
            if number == 1:
                signal.raise_signal(signal.SIGINT)
            yield predictions

    monkeypatch.setattr(streaming, "train", with_ctrl_c)
    assert train("--shuffle", 2, save="c.npz") == 130
    monkeypatch.setattr(streaming, "train", real)
    assert checkpoint.load(folder / "c.npz").samples == 2 * BATCH
    told = capsys.readouterr().err.rstrip().split("\n")
    assert f"interrupted after {2 * BATCH} of {COUNT} samples, saved c.npz" in told[-2]
    command = shlex.split(told[-1])
    assert command[0] == program()
    assert metaplast(*command[1:]) == 0
    assert arrays("c.npz") == arrays("b.npz")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_signal_to_a_real_process(folder, number):
    """On the simulated board: its process must not die of the Ctrl-C that reaches the whole terminal."""
    program = (
        "import sw.terminal.progress, sw.host.simulated_board as s, sys\n"
        f"s.BUILD = {simulated_board.BUILD!r}\n"
        "sw.terminal.progress.LINE_EVERY = 0\n"
        "from sw.cli.command_line import main\n"
        "main()\n"
    )
    big = np.random.default_rng(1).integers(0, 256, (20000, 8, 8), dtype=np.uint8)
    (folder / "images").write_bytes(idx(big))
    (folder / "labels").write_bytes(idx((big[:, 0, 0] % 10).astype(np.uint8)))
    words = ["train", "--board", "sim", "--config", "net.toml", *FILES, "--save", "c.npz"]
    command = [sys.executable, "-c", program, *words, "--geometry", "ulx3s"]
    # a group of its own, as a shell gives a command: the signal goes to all of it
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, process_group=0)
    assert process.stderr is not None
    while not process.stderr.readline().startswith("training on sim"):
        assert process.poll() is None
    os.killpg(process.pid, number)
    told = process.stderr.read()
    assert process.wait(30) == 128 + number
    process.stderr.close()
    assert "go on with" in told
    done = checkpoint.load(folder / "c.npz").samples
    assert 0 < done < 20000 and done % 100 == 0
    assert train("--samples", done, "--geometry", "ulx3s", board="sim") == 0
    assert arrays("c.npz") == arrays("b.npz")


def test_verify_compares_everything(folder, capsys):
    words = ("verify", "--board", "sim", "--geometry", SMALL_BOARD, "--config", "net.toml", "--samples", 60, "--seed", 3)
    assert metaplast(*words) == 0
    assert capsys.readouterr().out == "equal: 60 predictions, 1480 hidden weights, random word, sample count, signature\n"


FAULTS = {
    "a threshold one too high": (
        "old = f.SmallChip.table_of; f.SmallChip.table_of = lambda c, i, u: [x + 1 for x in old(c, i, u)]",
        "the (prediction of sample|hidden weight of layer)",
    ),
    "a random word that is stepped twice": (
        "old = f.SmallChip.step; f.SmallChip.step = lambda c: (old(c), old(c))",
        "the (prediction of sample|hidden weight of layer)",
    ),
    "a sample counted twice": (
        "old = f.SmallChip.count; f.SmallChip.count = lambda c: (old(c), old(c))",
        "the simulated board has counted 80 training samples, expected 40",
    ),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS)
def test_verify_names_the_first_difference_of_a_broken_board(folder, capsys, monkeypatch, change, said):
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder, change))
    words = ("verify", "--board", "sim", "--geometry", SMALL_BOARD, "--config", "net.toml", "--samples", 60, "--seed", 3)
    assert metaplast(*words) == 1
    out = capsys.readouterr().out
    assert re.fullmatch(f"different: {said}.*\n", out)


def test_lists(folder, capsys):
    assert metaplast("boards") == 0
    listed = capsys.readouterr().out
    assert "twin" in listed and "sim" in listed and "ulx3s" in listed
    kept = dict(re.findall(r"^ *│? *(\S+) .*?(\d+) MiB", listed, re.MULTILINE))
    assert (kept["ulx3s-12f"], kept["tangnano20k"]) == ("32", "8") and "icebreaker" not in kept
    assert metaplast("experiment", "--list") == 0
    assert "vertical-slice" in capsys.readouterr().out


def test_the_console_script_does_not_need_torch():
    program = "import sys, sw.cli.command_line as c; sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

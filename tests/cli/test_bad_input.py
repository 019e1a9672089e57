"""Bad input: one sentence on standard error, exit 2, nothing written, the old checkpoint as it was."""

import gzip
import os
import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.host import known_boards, ports, simulated_board
from sw.host.checkpoint import load
from sw.terminal.run import run
from tests.drivers.fake_build import build_command

NETWORK = "[network]\nlayers = [64, 20, 10]\n"
COUNT = 30
SMALL = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"


def idx(array):
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


def images(count=COUNT, side=8):
    return idx(np.random.default_rng(1).integers(0, 256, (count, side, side), dtype=np.uint8))


def labels(count=COUNT, classes=10):
    return idx((np.arange(count) % classes).astype(np.uint8))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Good files, a checkpoint `a.npz`, and a simulated board in Python."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").write_bytes(images())
    (tmp_path / "labels").write_bytes(labels())
    (tmp_path / "net.toml").write_text(NETWORK)
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path / "boards"))
    monkeypatch.setattr(ports.list_ports, "comports", list)
    assert run(app, ["init", "--config", "net.toml", "--save", "a.npz"]) == 0
    return tmp_path


def plays(monkeypatch, program):
    """Let `program`, in Python, stand for the builder of the simulated board."""
    monkeypatch.setattr(simulated_board, "BUILD", (sys.executable, "-c", program))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def refuse(folder, capsys):
    """Run a command; check that it is refused in one sentence and changes nothing; the sentence."""

    def refused(*words):
        before = contents(folder)
        capsys.readouterr()
        assert run(app, [str(word) for word in words]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        told = captured.err.removeprefix("compiling\n")  # progress of the simulated board's builder
        assert told.startswith("error: ") and told.count("\n") == 1
        assert contents(folder) == before
        return told

    return refused


def train(**options):
    """The words of a good `train` command that overwrites a.npz, with options changed or (None) taken away."""
    given = {
        "board": "sim",
        "geometry": SMALL,
        "resume": "a.npz",
        "images": "images",
        "labels": "labels",
        "save": "a.npz",
        "json": "a.json",
    }
    given |= options
    return ["train", *(word for name, value in given.items() if value is not None for word in (f"--{name}", str(value)))]


def test_the_good_command_is_good(folder):
    """Else every refusal below would prove nothing."""
    before = contents(folder)
    assert run(app, train()) == 0
    after = contents(folder)
    assert before["a.npz"] != after["a.npz"] and "a.json" in after


CONFIGURATIONS = {
    "an unknown field": ("[learning]\nmomentum = 0.9\n", "net.toml: unknown field momentum in [learning]"),
    "an unknown table": ("[optimiser]\nname = 'adam'\n", "unknown table [optimiser]"),
    "a field in the wrong table": ("[network]\nmargin = 3\n", "unknown field margin in [network]"),
    "a value out of range": ("[learning]\nrelax_floor = 128\n", "relax_floor is 128, expected an integer from 1 to 127"),
    "a list too short": ("[learning]\nwindow = []\n", "one per hidden layer"),
    "a rate that is no number": ("[learning]\nlearning_rate = [nan, 0.4]\n", "learning_rate has nan"),
    "no TOML": ("layers: [1]\n", "is not TOML"),
    "no text": (b"\xff\xfe\x00", "no text in UTF-8"),
    "an integer of 5,000 digits": (f"[learning]\nmargin = {'1' * 5000}\n", "a number has more than 4300 digits"),
    "an integer of 20,000 bits": (f"[learning]\nmargin = 0x{'f' * 5000}\n", "margin is too long to be shown (int)"),
    "lists in lists": (f"[network]\nlayers = {'[' * 5000}\n", "it is nested too deeply"),
    "tables in tables": (f"[network]\nlayers{'.a' * 5000} = 1\n", "layers is too long to be shown (dict)"),
    "a very long list": (f"[learning]\nwindow = [{'1, ' * 9999}1]\n", "…, expected a list of 1"),
    "too many neurons": ("[network]\nlayers = [64, 30, 10]\n", "take away 8 neurons"),
    "too many inputs": ("[network]\nlayers = [65, 3]\n", "take away 1 inputs"),
}


@pytest.mark.parametrize(("text", "said"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_configurations(folder, refuse, text, said):
    (folder / "net.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    assert said in refuse(*train(resume=None, config="net.toml"))


def test_no_configuration_or_two(refuse):
    assert "either --config" in refuse(*train(resume=None))
    assert "either --config" in refuse(*train(config="net.toml"))
    assert "none.toml cannot be read: No such file" in refuse(*train(resume=None, config="none.toml"))
    assert "none.toml cannot be read" in refuse("init", "--config", "none.toml", "--save", "b.npz")


DATA = {
    "images of another shape": ("images", images(side=9), "9 x 9 = 81 pixels, expected 64"),
    "images truncated": ("images", images()[:-1], "images is truncated"),
    "images with a damaged gzip": ("images", b"\x1f\x8b\x08" + images(), "damaged gzip"),
    "images that are labels": ("images", labels(), "expected 00000803"),
    "empty images": ("images", b"", "starts with the bytes (none)"),
    "labels truncated": ("labels", labels()[:-5], "labels is truncated"),
    "fewer labels": ("labels", labels(COUNT - 1), f"holds {COUNT - 1} labels, expected {COUNT}"),
    "a label out of range": ("labels", labels(classes=11), "has the label 10 at sample 10, expected labels below 10"),
}


@pytest.mark.parametrize(("name", "content", "said"), DATA.values(), ids=DATA)
def test_data(folder, refuse, name, content, said):
    (folder / name).write_bytes(content)
    assert said in refuse(*train())
    assert said in refuse("evaluate", *train(save=None)[1:])


def test_streams(refuse):
    assert "31 samples are asked for, expected at most 30" in refuse(*train(samples=31))
    assert "21 samples are asked for, expected at most 20" in refuse(*train(samples=21, skip=10))
    assert "31 samples are to be skipped" in refuse(*train(skip=31))
    assert "the seed of the sample order is -1" in refuse(*train(shuffle=-1))
    assert "the seed of the permutation is -1" in refuse(*train(permutation=-1))
    assert "the threshold is 256" in refuse(*train(threshold=256))
    assert "the threshold is 'x'" in refuse(*train(threshold="x"))
    assert "cannot be read" in refuse(*train(images="none"))


def test_checkpoints(folder, refuse):
    assert "none.npz cannot be read" in refuse(*train(resume="none.npz"))
    damaged = bytearray((folder / "a.npz").read_bytes())
    damaged[damaged.index(load(folder / "a.npz").weights[0].tobytes()) + 77] ^= 1
    (folder / "damaged.npz").write_bytes(damaged)
    assert "damaged.npz is damaged" in refuse(*train(resume="damaged.npz"))
    assert "net.toml is damaged or not a checkpoint" in refuse(*train(resume="net.toml"))
    (folder / "big.toml").write_text("[network]\nlayers = [64, 60, 10]\n")
    assert run(app, ["init", "--config", "big.toml", "--save", "big.npz"]) == 0
    assert "take away 38 neurons" in refuse(*train(resume="big.npz"))
    (folder / "other.toml").write_text("[network]\nlayers = [36, 5, 10]\n")
    assert run(app, ["init", "--config", "other.toml", "--save", "other.npz"]) == 0
    assert "8 x 8 = 64 pixels, expected 36" in refuse(*train(resume="other.npz"))


def test_outputs_are_tried_before_the_board_is_opened(folder, refuse, monkeypatch):
    plays(monkeypatch, "raise SystemExit('the board was opened')")
    for path in ("/proc/a.npz", "none/a.npz", "net.toml/a.npz", "."):
        assert f"{path} " in refuse(*train(save=path))
        assert f"{path} " in refuse(*train(json=path))
        assert f"{path} " in refuse("evaluate", *train(save=None, json=path)[1:])
    assert "/proc/a.npz cannot be written" in refuse("init", "--config", "net.toml", "--save", "/proc/a.npz")


def test_an_output_that_is_an_input_or_another_output(folder, refuse, monkeypatch):
    plays(monkeypatch, "raise SystemExit('the board was opened')")
    (folder / "link").symlink_to(".")
    for path in ("b.npz", "link/b.npz", f"{folder}/b.npz"):
        assert "--save and --json name the same file" in refuse(*train(save="b.npz", json=path))
    for name in ("images", "labels", "net.toml"):
        started = {"resume": None, "config": "net.toml"}
        for path in (name, f"link/{name}"):
            assert f"--save {path} is the file of --" in refuse(*train(**started, save=path))
            assert f"--json {path} is the file of --" in refuse(*train(**started, json=path))
            if name != "net.toml":
                assert f"--json {path} is the file of --" in refuse("evaluate", *train(save=None, json=path)[1:])
    assert "--json a.npz is the file of --resume" in refuse(*train(save="b.npz", json="a.npz"))
    assert "--json link/a.npz is the file of --resume" in refuse("evaluate", *train(save=None, json="link/a.npz")[1:])
    assert "--save link/net.toml is the file of --config" in refuse("init", "--config", "net.toml", "--save", "link/net.toml")
    port = os.devnull
    assert "is the file of --port" in refuse(*train(board="ulx3s", geometry=None, port=port, json=port))


def test_a_device_is_never_replaced(folder, capsys):
    before, files = Path(os.devnull).stat(), sorted(contents(folder))
    assert run(app, train(save=os.devnull, json=os.devnull)) == 0
    assert run(app, ["init", "--config", "net.toml", "--save", os.devnull]) == 0
    assert os.path.samestat(Path(os.devnull).stat(), before) and sorted(contents(folder)) == files
    capsys.readouterr()
    assert run(app, train(save=os.devnull, **{"checkpoint-every": 10})) == 2
    assert "/dev/null is a device or a pipe, where no checkpoint takes the place" in capsys.readouterr().err


def piped(folder, name):
    """A pipe that gives what the file `name` holds, once."""
    path = folder / f"{name}.pipe"
    os.mkfifo(path)
    threading.Thread(target=lambda: path.write_bytes((folder / name).read_bytes()), daemon=True).start()
    return path.name


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_inputs_that_can_be_read_once(folder, compress):
    for name in ("images", "labels"):
        (folder / name).write_bytes(compress((folder / name).read_bytes()))
    assert run(app, train(save="b.npz")) == 0
    given = {name: piped(folder, name) for name in ("images", "labels")}
    assert run(app, train(save="c.npz", resume=piped(folder, "a.npz"), **given)) == 0
    assert load(folder / "c.npz").weights_crc32 == load(folder / "b.npz").weights_crc32
    assert run(app, ["init", "--config", piped(folder, "net.toml"), "--save", "d.npz"]) == 0
    assert (folder / "d.npz").read_bytes() == (folder / "a.npz").read_bytes()


def test_a_pipe_that_holds_something_else(folder, refuse):
    (folder / "text").write_text("no checkpoint")
    assert "begins with the bytes 6e6f, expected 504b" in refuse(*train(resume=piped(folder, "text")))
    assert "starts with the bytes 5b6e6574" in refuse(*train(images=piped(folder, "net.toml")))


def test_pixels_on_another_scale(folder, refuse):
    (folder / "images").write_bytes(idx(np.random.default_rng(1).integers(0, 2, (COUNT, 8, 8), dtype=np.uint8)))
    for words in (train(), ["evaluate", *train(save=None)[1:]]):
        assert "images has no pixel that is on: brightest pixel is 1, threshold 127; give a lower threshold" in refuse(*words)
    assert run(app, train(threshold="0")) == 0
    (folder / "images").write_bytes(idx(np.random.default_rng(1).integers(3, 256, (COUNT, 8, 8), dtype=np.uint8)))
    assert "images has no pixel that is off: darkest pixel is 3, threshold 2, 1; give" in refuse(*train(threshold="2,1"))


def test_a_read_only_folder(folder, refuse):
    (folder / "fixed").mkdir(mode=0o555)
    read_only = "fixed" if os.geteuid() else "/proc"  # root may write to every folder but this
    assert "a.npz cannot be written" in refuse(*train(save=f"{read_only}/a.npz"))


BOARDS = {
    "unknown": ({"board": "ulx9s"}, "there is no board ulx9s: choose one of twin, sim"),
    "no port given and none there": ({"board": "ulx3s", "geometry": None}, "plug the board in or give --port"),
    "a port that is not there": ({"board": "ulx3s", "geometry": None, "port": "/dev/none"}, "there is no such port"),
    "a port for the simulated board": ({"port": "/dev/none"}, "is on no port"),
    "a geometry for a real board": ({"board": "ulx3s", "port": "/dev/none"}, "has a geometry of its own"),
    "a geometry that is none": ({"geometry": "columns"}, "unknown geometry 'columns'"),
    "half a geometry": ({"geometry": "columns=64"}, "a geometry without rows"),
    "a geometry that does not add up": ({"geometry": SMALL.replace("64", "65")}, "columns is 65, expected"),
    "a network too big for the twin's geometry": (
        {"board": "twin", "geometry": SMALL.replace("rows=32", "rows=29")},
        "take away 1 neurons",
    ),
}


@pytest.mark.parametrize(("options", "said"), BOARDS.values(), ids=BOARDS)
def test_boards(refuse, options, said):
    assert said in refuse(*train(**options))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda data: data, "answers, but not as a metaplast board does"),
        (lambda data: b"OK\r\n", "answers, but not as a metaplast board does"),
        (lambda data: b"", "does not answer"),
    ],
    ids=["an echo", "a modem", "silence"],
)
def test_a_port_that_answers_something_else(refuse, answer, said):
    import pty
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)

    def serve():
        try:
            while data := os.read(master, 4096):
                os.write(master, answer(data))
        except OSError:
            return

    threading.Thread(target=serve, daemon=True).start()
    name = os.ttyname(slave)
    sentence = refuse(*train(board="ulx3s", geometry=None, port=name))
    assert said in sentence and name in sentence
    os.close(slave)
    os.close(master)


def test_a_board_of_another_kind(folder, refuse, monkeypatch):
    """The fake board on a socket: it is no ULX3S."""
    import socket

    from tests.drivers.fake_board import FakeBoard

    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = server.accept()
        board = FakeBoard()
        with connection:
            while data := connection.recv(4096):
                connection.sendall(board.feed(data))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = f"socket://127.0.0.1:{server.getsockname()[1]}"
    assert "is no ulx3s-85f" in refuse(*train(board="ulx3s", geometry=None, port=port))
    thread.join(5)
    server.close()


BUILDS = {
    "a missing tool": ("import sys; sys.exit('error: g++ is missing: install it')", "error: g++ is missing: install it\n"),
    "no program": ("print('/no/such/program')", "/no/such/program cannot be started"),
    "no path": ("pass", "printed no path"),
}


@pytest.mark.parametrize(("program", "said"), BUILDS.values(), ids=BUILDS)
def test_a_simulated_board_that_cannot_be_built(refuse, monkeypatch, program, said):
    plays(monkeypatch, program)
    assert said in refuse(*train())


FAULTS = {
    "crashes": ("import os; os.write(2, b'assertion failed: cell.v:12'); f.main = lambda: os._exit(3)", "status 3: assertion"),
    "crashes while it learns": ("f.SmallChip.train = None", "TypeError: 'NoneType' object is not callable"),
    "has another shape": ("old = f.FakeBoard; f.FakeBoard = lambda *a, **k: old(**k)", "not the one asked for"),
    "loses its configuration": (
        "old = f.SmallChip.configure; f.SmallChip.configure = lambda c, d: (old(c, d), setattr(c, 'network', None))",
        "the simulated board refused TABLE: no network has been configured",
    ),
}


@pytest.mark.parametrize(("change", "said"), FAULTS.values(), ids=FAULTS)
def test_a_simulated_board_with_a_fault(folder, refuse, monkeypatch, change, said):
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", change))
    assert said in refuse(*train(geometry=SMALL.replace("rows=32", "rows=33")))


def test_a_twin_without_torch(refuse, monkeypatch):
    monkeypatch.setattr(known_boards, "TWIN", "no_torch_here")
    assert 'the twin needs the Python package no_torch_here: pip install "metaplast[all]"' in refuse(*train(board="twin"))


@pytest.mark.parametrize(
    "words",
    [
        ["train"],
        ["frobnicate"],
        ["init", "--config", "net.toml"],
        ["train", "--colour", "red"],
        train(samples="many"),
        ["verify", "--board", "twin", "--samples", "0", "--seed", "1"],
        ["verify", "--board", "twin", "--samples", "5", "--seed", "-1"],
        ["experiment", "none"],
        ["experiment"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_usage(refuse, words):
    refuse(*words)

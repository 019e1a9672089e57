"""`metaplast page` as a command: what it refuses, how it ends, and what other commands make of its checkpoint."""

import http.client
import json
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.host import checkpoint
from sw.terminal.run import run
from tests.drivers.page_scene import drawings
from tests.drivers.program import idx, prepare

COMMAND = [sys.executable, "-P", "-m", "sw.cli", "page", "--board", "compiled", "--listen", "0"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text("[network]\nlayers = [64, 16, 4]\n[learning]\nlearning_rate = [1.0, 1.0]\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--board", "nowhere"), "there is no board nowhere: choose one of twin, sim"),
        (
            ("--board", "compiled", "--config", "net.toml", "--resume", "a.npz"),
            "give --config, to begin with a new",
        ),
        (("--board", "compiled", "--resume", "none.npz"), "none.npz cannot be read"),
        (("--board", "compiled", "--listen", "here:and:there"), "the page cannot listen at here:and:there"),
        (("--board", "compiled", "--token", "a b"), "the token is to have letters and digits alone"),
        (("--board", "compiled", "--save", "none/a.npz"), "none/a.npz cannot be written"),
        (("--board", "compiled", "--config", "net.toml", "--save", "net.toml"), "net.toml"),
        (("--board", "sim", "--geometry", "tangnano9k", "--resume", "large.npz"), "take away"),
        (("--board", "compiled", "--resume", "flat.npz"), "the network has 30 inputs, expected those of a square drawing"),
    ],
)
def test_what_cannot_be_is_one_sentence(folder, capsys, words, sentence):
    for name, layers in (("large", "[784, 100, 10]"), ("flat", "[30, 8, 2]")):
        (folder / f"{name}.toml").write_text(f"[network]\nlayers = {layers}\n")
        assert run(app, ["init", "--config", f"{name}.toml", "--save", f"{name}.npz"]) == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    capsys.readouterr()
    assert run(app, ["page", *words]) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith("error: ") and told.err.count("\n") == 1 and sentence in told.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_other_commands_do_without_the_packages_of_the_page_and_it_says_which_is_missing(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "sw.page.serve", raising=False)
    assert run(app, ["page", "--board", "compiled", "--listen", "0"]) == 2
    assert capsys.readouterr().err.startswith("error: the page needs the Python package uvicorn: pip install")
    found = "import sys, sw.cli.command_line; print({'uvicorn', 'starlette', 'playwright'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", found], capture_output=True, text=True).stdout == "set()\n"


def test_a_port_in_use_is_one_sentence(folder, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(app, ["page", "--board", "compiled", "--listen", str(port)]) == 2
        assert capsys.readouterr().err.startswith(f"error: port {port} of 127.0.0.1 is in use: give another one")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_it_ends_with_what_was_taught_in_a_checkpoint_that_commands_read(folder, capsys, number, status):
    """Given a page that is taught a named symbol, when a signal ends it, then it is saved, and `evaluate` knows the name."""
    words = [*COMMAND, "--config", str(folder / "net.toml"), "--save", str(folder / "a.npz")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        host = process.stdout.readline().removeprefix("http://").partition("/")[0]
        line = http.client.HTTPConnection(host, timeout=60)
        for path, given in (
            ("/symbols", {"name": "7"}),
            ("/teach", {"drawing": drawings(1, side=8)[0], "symbol": 0}),
        ):
            line.request("POST", path, json.dumps(given))
            assert line.getresponse().read() != b""
        line.request("GET", "/events")  # a page is open
        events = line.getresponse()
        assert events.readline().startswith(b"data: ")
        process.send_signal(number)
        told = process.stderr.read()
        assert process.wait(60) == status
        events.close()
        line.close()
    assert "a.npz" in told and "Traceback" not in told
    kept = checkpoint.load(folder / "a.npz")
    assert kept.samples == 1 and kept.meaning.labels == ("7",)
    prepare(folder, 3)
    (folder / "labels").write_bytes(idx(np.full(3, 7, np.uint8)))
    words = ["evaluate", "--board", "compiled", "--resume", "a.npz", "--images", "images", "--labels", "labels"]
    assert run(app, words) == 0
    assert "3 samples" in capsys.readouterr().out

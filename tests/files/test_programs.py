"""Every program that writes: what cannot be written is refused in one sentence, before the work, and nothing is replaced."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from boards import build
from formal import run as formal_run
from hw import generate
from mutation import run as mutation_run
from sw.cli.command_line import app
from sw.data import pack
from sw.terminal.run import run
from tests.data.test_idx import idx

SMALL = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a folder, a file and images in it."""
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").write_text("old")
    Path("images").write_bytes(idx(np.full((3, 28, 28), 200, np.uint8)))
    Path("labels").write_bytes(idx(np.arange(3, dtype=np.uint8)))
    return tmp_path


def generated(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["hw.generate", *words])
    return generate.main()


def proved(monkeypatch, results):
    monkeypatch.setattr(sys, "argv", ["formal.run", "--only", "crc"])
    monkeypatch.setattr(formal_run, "RESULTS", Path(results))
    return formal_run.main()


def started(module, *words):
    """The exit status of a program of a room that nothing imports; what it says is said here too."""
    ran = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True, check=False)
    print(ran.stderr, end="", file=sys.stderr)
    return ran.returncode


RECORD = ["record", "--geometry", SMALL, "--layers", "8,4", "--samples", "1"]
PACK = ["--images", "images", "--labels", "labels"]
REFUSED = {
    "hw.generate": (lambda m: generated(m, "--geometry", SMALL, "--output", "folder"), "folder is a folder, no file"),
    "hw.generate of no memory": (
        lambda m: generated(m, "--board", "icebreaker", "--output", "a"),
        "board 'icebreaker' has no sample memory",
    ),
    "hw.generate of no shape": (lambda m: generated(m, "--geometry", "x", "--output", "a"), "unknown geometry 'x'"),
    "boards.build": (lambda m: build.main(["--output", "file"]), "folder file cannot be made: something else bears its name"),
    "formal.run": (lambda m: proved(m, "file/formal.json"), "folder file cannot be made: something else"),
    "mutation.run": (lambda m: mutation_run.main(["--output", "folder"]), "folder is a folder, no file"),
    "mutation.run on another file": (lambda m: mutation_run.main(["--output", "file"]), "file is not JSON"),
    "sim.replay record": (lambda m: started("sim.replay", *RECORD, "folder"), "folder is a folder, no file"),
    "sim.replay play": (lambda m: started("sim.replay", "play", "--engine", "twin", "images"), "images is no text in UTF-8"),
    "sw.data.pack": (lambda m: pack.main([*PACK, "--save", "images"]), "--save images is the file of --images too"),
    "sw.data.pack of white images": (lambda m: pack.main([*PACK, "--save", "a"]), "images has no pixel that is off"),
    "an experiment": (lambda m: run(app, ["experiment", "quadratic-task", "--json", "file/a.json"]), "the folder file cannot"),
    "a result that its picture would replace": (
        lambda m: run(app, ["experiment", "quadratic-task", "--json", "a.png"]),
        "--json and the picture a.png name the same file, a.png: give two names",
    ),
    "a picture beside a pipe": (
        lambda m: run(app, ["experiment", "quadratic-task", "--json", os.devnull]),
        "/dev/null is a device or a pipe, and pictures lie beside the result",
    ),
    "an experiment into a folder": (
        lambda m: run(app, ["experiment", "permuted-mnist", "--json", "folder"]),
        "folder is a folder, no file",
    ),
}


@pytest.mark.parametrize(("start", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_written_or_read_is_one_sentence(folder, monkeypatch, capsys, start, said):
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert start(monkeypatch) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_table_of_coverage_is_no_part_of_itself(folder, capsys):
    Path("folder/a.json").write_text("{}")
    assert started("sim.coverage", "--folder", "folder", "--output", "folder/a.json") == 2
    assert "--output folder/a.json is the file of --folder, a.json too" in capsys.readouterr().err

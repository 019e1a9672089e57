"""The examples run as they stand, from another folder, and the notebook cell by cell."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from sw.tree.sources import ROOT

EXAMPLES = ROOT / "examples"
SECONDS = 120  # a cell, on a machine that does other things too

# What tells a kernel's end, of Jupyter's own libraries.
JUPYTER = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def told(folder, name, *words):
    """The lines that an example prints, run in a folder."""
    command = [sys.executable, "-P", str(EXAMPLES / f"{name}.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def percents(line):
    return [float(found) for found in re.findall(r"(\d+(?:\.\d)?)%", line)]


def test_first_light_learns_digits(tmp_path):
    learned, tested = told(tmp_path, "first_light", "--board", "twin", "--samples", "1500")
    assert re.fullmatch(r"1500 digits in \d+\.\d s, \d+\.\d% right before each was learned", learned)
    assert float(re.match(r"(\d+\.\d)% of 2000 digits", tested)[1]) > 65


def test_quickstart_is_ten_lines_and_learns(tmp_path):
    _, _, program = (EXAMPLES / "quickstart.py").read_text(encoding="utf-8").split('"""')
    assert len([line for line in program.splitlines() if line]) <= 10
    (line,) = told(tmp_path, "quickstart")
    assert percents(line)[0] > 90 and (tmp_path / "digits.npz").exists()


def test_remember_keeps_more_of_the_first_task_with_the_rule(tmp_path):
    with_rule, without = map(percents, told(tmp_path, "remember", "--picture", "kept.png"))
    assert len(with_rule) == len(without) == 3 and min(with_rule) > 75
    assert with_rule[1] > without[1]
    assert (tmp_path / "kept.png").read_bytes().startswith(b"\x89PNG")


def test_new_classes_leave_the_old_ones_where_some_samples_are_kept(tmp_path):
    forgotten, kept = map(percents, told(tmp_path, "new_class"))
    assert len(forgotten) == len(kept) == 10
    assert forgotten[-1] < 20 and kept[-1] > 75


def test_the_sensor_goes_on_from_its_file(tmp_path):
    first, *states = told(tmp_path, "sensor")
    assert percents(first)[0] > 90 and len(states) == 3
    assert all(percents(line)[0] > 90 for line in states)
    assert (tmp_path / "sensor.npz").exists()


def printed(folder, name):
    """The lines that a notebook prints, run in a folder."""
    notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "take the outputs out: a reader makes their own"
    client = NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": str(folder)}})
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.get("name") == "stdout"]
    return [line for output in outputs for line in output["text"].splitlines()]


@JUPYTER
def test_the_notebook_runs(tmp_path):
    lines = printed(tmp_path, "first_look")
    (score,) = (line for line in lines if "it has not seen" in line)
    assert percents(score)[0] > 85 and (tmp_path / "first-look.npz").exists()


@JUPYTER
def test_samples_that_stay_on_the_board_are_played(tmp_path):
    *epochs, both, without, kept = printed(tmp_path, "samples_on_the_board")
    (begin, _), _, (end, tested) = map(percents, epochs)
    assert end > begin + 5 and tested > 80
    assert min(percents(both)) > 60
    assert percents(kept)[0] > percents(without)[0] + 30
    assert without.endswith("3000 samples learned, rehearsed by: None") and kept.endswith(
        "5999 samples learned, rehearsed by: board"
    )
    assert (tmp_path / "kept.npz").exists()

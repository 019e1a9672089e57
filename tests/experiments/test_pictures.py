"""Pictures of results: each is drawn from its JSON file alone, and what is committed is what the pages show."""

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from sw.experiments.pictures import comparison, sweeps
from sw.experiments.pictures.__main__ import draw
from sw.experiments.pictures.drawing import figures_of
from sw.experiments.results import RESULTS, path_of
from sw.experiments.results_plan import PLAN
from sw.terminal.application import alone
from sw.terminal.run import run
from sw.tree.sources import ROOT

PICTURE = (".png", ".svg")
LINK = re.compile(r"""(?:\]\(|src=")([^)"]+)""")
SHOWN = ("results/", "docs/")  # of other rooms a build leaves pictures that no page shows


def named(page: Path) -> set[str]:
    """The pictures of `SHOWN` that a page shows or links to, from the root of the project."""
    paths = {(page.parent / link).resolve() for link in LINK.findall(page.read_text()) if link.endswith(PICTURE)}
    inside = {path.relative_to(ROOT).as_posix() for path in paths if path.is_relative_to(ROOT)}
    return {path for path in inside if path.startswith(SHOWN)}


def differences(pages: dict[str, set[str]], pictures: set[str]) -> list[str]:
    """One sentence for each picture that no page names, and for each that a page names and that is not there."""
    unnamed = pictures - set().union(*pages.values())
    missing = {(name, page) for page, names in pages.items() for name in names - pictures}
    return [f"{name} is named by no page" for name in sorted(unnamed)] + [f"{page} names {name}" for name, page in missing]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which pictures are committed")
def test_every_committed_picture_is_named_by_a_page_and_every_named_one_is_there():
    listed = subprocess.run(["git", "ls-files", *SHOWN], cwd=ROOT, capture_output=True, text=True, check=True)
    pictures = {line for line in listed.stdout.splitlines() if line.endswith(PICTURE)}
    pages = {page.name: named(page) for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))}
    assert len(pictures) > 10
    assert differences(pages, pictures) == []


def test_a_picture_that_is_named_by_nobody_or_missing_is_found():
    assert differences({"a.md": {"results/a.png"}}, {"results/a.png"}) == []
    assert differences({"a.md": set()}, {"results/a.png"}) == ["results/a.png is named by no page"]
    assert differences({"a.md": {"results/a.png"}}, set()) == ["a.md names results/a.png"]


TABLES_ALONE = {"by_variant", "by_trial", "by_settings", "by_rows"}  # results that are a table and no picture


@pytest.mark.parametrize("name", [name for name in PLAN if path_of(name, ROOT / RESULTS).exists()])
def test_every_committed_result_can_be_drawn(name):
    result = json.loads(path_of(name, ROOT / RESULTS).read_text())
    figures = figures_of(result)
    assert bool(figures) == TABLES_ALONE.isdisjoint(result)
    for picture in (ROOT / "results" / name).glob("*.png"):
        assert picture.stem.removeprefix("result") in figures


RUN = {
    "matrix": [[0.5, None, None], [0.25, 0.75, None], [None, 0.5, 1.0]],
    "so_far": [0.5, 0.5, 0.75],
    "final": [None, 0.5, 1.0],
    "when_new": [0.5, 0.75, 1.0],
    "held_out": [],
    "flips": [[1, 1], [2, 0], [0, 0]],
    "histograms": {"0": [{"limit": 1.0, "counts": [1, 3]}, {"limit": 2.0, "counts": [2, 2]}]},
}


def lines(methods):
    """Of every panel: its title, and the means of each line by name."""
    return {panel.title: {line.name: list(line.mean) for line in panel.lines} for panel in comparison.panels(methods)}


def test_the_panels_say_what_the_runs_say():
    assert lines({"chip": {"runs": [RUN, RUN]}}) == {
        "Mean accuracy of the tasks tested so far": {"chip": [0.5, 0.5, 0.75]},
        "What is left at the end": {"chip": [None, 0.5, 1.0]},
        "Binary weights flipped by each task": {"chip": [0.25, 0.25, 0.0]},
    }


def test_a_joint_method_learns_at_the_end_and_a_test_that_is_held_out_comes_first():
    joint = RUN | {"so_far": [None, None, 0.5], "flips": [[4, 0]], "held_out": [0.25]}
    shown = lines({"chip": {"runs": [RUN]}, "joint": {"runs": [joint]}})
    assert list(shown)[0] == "Held-out test" and shown["Held-out test"] == {"joint": [None, None, 0.25]}
    assert shown["Mean accuracy of the tasks tested so far"]["joint"] == [None, None, 0.5]
    assert shown["Binary weights flipped by each task"]["joint"] == [None, None, 0.5]


def test_a_stream_that_is_too_long_for_its_matrix_has_no_picture_of_it():
    long = RUN | {"matrix": None}
    assert list(comparison.figures({"methods": {"chip": {"runs": [long]}}})) == ["-curves", "-hidden-weights"]


def test_a_sweep_has_a_point_for_each_value():
    metrics = {name: {"mean": 0.5, "deviation": None} for name in sweeps.AGAINST_M}
    by_m = {"0": {"chip": {"metrics": metrics}}, "2.5": {"chip": {"metrics": metrics}}}
    figure = sweeps.metaplasticity_figures({"values": [0, 2.5], "by_m": by_m})[""]
    assert np.asarray(figure.axes[0].lines[0].get_xdata()).tolist() == [0, 2.5]


def test_pictures_are_drawn_again_from_the_file_alone_as_svg_where_that_is_asked_for(tmp_path, capsys):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"methods": {"chip": {"runs": [RUN]}}}))
    assert run(alone(draw), [str(path), "--svg"]) == 0
    names = {"a-curves.svg", "a-matrices.svg", "a-hidden-weights.svg"}
    assert {Path(line).name for line in capsys.readouterr().out.split()} == names
    assert all(ElementTree.parse(tmp_path / name).getroot().tag.endswith("svg") for name in names)
    assert run(alone(draw), [str(path)]) == 0
    assert {picture.name for picture in tmp_path.glob("*.png")} == {name.replace("svg", "png") for name in names}


def test_what_has_no_pictures_is_one_sentence(tmp_path, capsys):
    path = tmp_path / "a.json"
    path.write_text("{}")
    assert run(alone(draw), [str(path)]) == 2
    assert f"{path} has no pictures" in capsys.readouterr().err

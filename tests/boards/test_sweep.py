"""The sweep: points are kept as they come and measured again only when asked for; page and front say what the file says."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import asdict

import pytest

from boards import sweep, sweep_table
from boards.error import BuildError
from boards.target import Target
from sw.contract.network import Network

ALONE = ["--workers", "1"]


def measured(clock, logic, **changes):
    entry = {
        "geometry": asdict(sweep.points()["k16-s4"].geometry),
        "layers": [784, 70, 10],
        "options": [],
        "seed": 1,
        "use": {"TRELLIS_COMB": [int(144 * logic), 24288], "TRELLIS_FF": [9000, 24288], "DP16KD": [44, 56]},
        "logic_per_synapse": logic,
        "clock_mhz": clock,
        "critical_path": {"from": "a", "to": "b", "ns": 12.0, "logic_ns": 4.0, "routing_ns": 8.0},
        "cycles": 800.0,
        "samples_per_second": clock * 1e6 / 800,
        "seconds": {"generate": 1.0, "synthesis": 20.0, "place and route": 200.0, "pack": 1.0},
        "tools": {"yosys": "Yosys 1", "nextpnr-ecp5": "nextpnr 1"},
        "command": "python -m boards.sweep --only k16-s4",
    }
    return entry | changes


@pytest.fixture
def swept(tmp_path, monkeypatch):
    """Runs the command with a build that takes no time; the points that were built, and those whose cycles were counted."""
    built, counted = [], []

    def build(request, console):
        assert isinstance(request.target, Target) and request.target.name == sweep.BOARD
        built.append((request.folder.name, request.seed, request.options))
        point = measured(80.0 + request.seed, 60.0)
        return point | {"geometry": asdict(request.geometry)}

    def cycles(geometry, folder):
        counted.append((geometry.synapses_per_cell, geometry.slices, geometry.group))
        return {"cycles_per_sample": 100.0 * geometry.slices}

    monkeypatch.setattr(sweep, "build", build)
    monkeypatch.setattr(sweep, "cycles", cycles)
    monkeypatch.setattr(sweep, "RESULT", tmp_path / "reports" / "sweep.json")
    monkeypatch.setattr(sweep_table, "PAGE", tmp_path / "docs" / "sweep.md")
    monkeypatch.setattr(sweep_table.write, "__defaults__", (tmp_path / "docs" / "sweep.md",))
    return built, counted


def test_every_point_is_a_shape_that_holds_the_network_and_fits_the_chip():
    assert len(sweep.points()) == len(sweep.SHAPES) + len(sweep.OPTIONS) + len(sweep.SEEDS)
    family = sweep.find(sweep.BOARD).family
    for point in sweep.points().values():
        assert point.geometry.columns_per_fold == 144
        point.geometry.check_fits(Network.of(layers=sweep.LAYERS))
        assert family.weight_blocks(point.geometry) == 36


def test_the_whole_sweep_builds_every_point_once_and_goes_on_where_it_stopped(swept, tmp_path):
    built, counted = swept
    assert sweep.main(["--only", "k8-s2", *ALONE]) == 0
    assert sweep.main(ALONE) == 0
    names = [name for name, *_ in built]
    assert names[0] == "k8-s2" and sorted(names) == sorted(sweep.points())
    assert len(counted) == len(set(counted)) == len(sweep.SHAPES)  # a shape's cycles are counted once
    kept = json.loads((tmp_path / "reports/sweep.json").read_text())
    assert list(kept) == list(sweep.points())
    assert kept["k8-s2"]["command"] == "python -m boards.sweep --only k8-s2"
    assert kept["k16-s4-seed3"]["samples_per_second"] == 83e6 / 400
    assert kept["k16-s2-g4"]["geometry"]["group"] == 4 and kept["k16-s2"]["geometry"]["group"] == 1
    assert ("k16-s4-router2", 1, ("--router", "router2")) in built and ("k16-s4-seed2", 2, ()) in built
    assert sweep.main(ALONE) == 0
    assert len(built) == len(names)


def test_a_chosen_point_is_measured_again_and_a_failure_keeps_what_there_is(swept, monkeypatch, tmp_path, capsys):
    built, _ = swept
    assert sweep.main(["--only", "k4-s1", *ALONE]) == sweep.main(["--only", "k4-s1", *ALONE]) == 0
    assert len(built) == 2

    def fail(request, console):
        raise BuildError("place and route failed")

    monkeypatch.setattr(sweep, "build", fail)
    assert sweep.main(["--only", "k8-s1", *ALONE]) == 1
    assert capsys.readouterr().err.endswith("error: place and route failed\n")
    assert list(json.loads((tmp_path / "reports/sweep.json").read_text())) == ["k4-s1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "k32-s4"], "there is no point k32-s4: choose from k4-s1, k8-s1"),
        (["--tables"], "nothing has been measured yet"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(swept, capsys, arguments, said):
    assert sweep.main(arguments) == 2
    assert f"error: {said}" in capsys.readouterr().err


def test_the_front_has_the_points_that_no_other_beats():
    points = {
        "small": measured(50.0, 30.0),
        "fast": measured(90.0, 60.0),
        "beaten": measured(80.0, 60.0),
        "between": measured(60.0, 40.0),
        "worse": measured(59.0, 41.0),
        "same": measured(60.0, 40.0),
        "heavier": measured(60.0, 45.0),
    }
    assert sweep_table.front(points) == ["small", "between", "same", "fast"]


def test_the_page_and_the_picture_have_every_point(tmp_path):
    points = {"k16-s4": measured(81.5, 58.3), "k16-s4-seed2": measured(79.0, 58.3, seed=2, options=["--tmg-ripup"])}
    paths = sweep_table.write(points, tmp_path / "docs" / "sweep.md")
    text = paths[0].read_text()
    assert "| k16-s4 | - | 8,395 | 58.3 | 9,000 | 44 | 81.5 | 800 | 101,875 | 20 | 200 | * |\n" in text
    assert "| k16-s4-seed2 | --tmg-ripup seed 2 | 8,395 | 58.3 | 9,000 | 44 | 79.0 | 800 | 98,750 | 20 | 200 |  |\n" in text
    assert "144 synapses a cycle (864 columns in 6 folds, 80 rows)" in text and "(sweep.svg)" in text
    assert [path.name for path in paths] == ["sweep.md", "sweep.svg"]
    assert ElementTree.fromstring(paths[1].read_bytes()).tag.endswith("svg")
    assert "k16-s4-seed2" in sweep_table_labels(points)


def sweep_table_labels(points):
    figure = sweep_table.pareto.draw(
        {name: (p["logic_per_synapse"], p["samples_per_second"]) for name, p in points.items()},
        sweep_table.front(points),
        title="t",
        across="a",
        up="u",
    )
    return [text.get_text() for text in figure.axes[0].texts]

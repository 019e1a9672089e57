"""The scenarios meet every case of `sim/coverage/points.py`, and the count of what is met can be trusted.

The stimulus has fixed seeds and the cases are told from the twin, so the closing does not depend on which benches run where;
the benches count the same while they compare, and the pace of the streams besides (`python -m sim.coverage`).
"""

import json
from pathlib import Path

import numpy as np
import pytest

from sim.coverage.__main__ import main
from sim.coverage.collector import Collector, merged
from sim.coverage.points import POINTS
from sim.coverage.watch import Watch
from sim.drivers.scenario import SCENARIOS, Scenario
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.table import thresholds
from sw.twin.engine import Twin

SAMPLES, SEED = 80, 1  # those of `sim/test_accelerator.py`


def met(scenario: Scenario, collector: Collector, samples: int = SAMPLES) -> None:
    """Count what a scenario meets."""
    geometry, network, weights = scenario.build(SEED)
    watch, twin = Watch(collector, geometry, network), Twin.of(network)
    twin.load(weights, network.prng, 0)
    for pixels, label in zip(*scenario.samples(SEED, network, samples), strict=True):
        before, word = twin.weights(), twin.prng()
        watch.sample(pixels, int(label), before, word, twin.step(pixels, int(label)))


def test_the_scenarios_meet_every_case():
    collector = Collector()
    for scenario in SCENARIOS:
        met(scenario, collector)
    assert collector.holes(in_simulation=False) == []


def test_without_a_scenario_there_are_holes():
    collector = Collector()
    met(next(scenario for scenario in SCENARIOS if scenario.name == "one layer"), collector, samples=20)
    assert "sample: 1 / more / learned" in collector.holes()
    assert "stall: waits / learned" in collector.holes()
    assert "sample: 1 / 1 / learned" not in collector.holes()


def hits_of(network: Network, pixels: list[int], label: int, weights: list[np.ndarray]) -> Collector:
    collector = Collector()
    geometry = Geometry(columns=8, rows=8, grid_height=1, grid_width=1, synapses_per_cell=4, folds=2)
    twin = Twin.of(network)
    twin.load(weights, network.prng, 0)
    image = np.array(pixels, np.uint8)
    Watch(collector, geometry, network).sample(image, label, weights, network.prng, twin.step(image, label))
    return collector


def test_a_sample_by_hand():
    """One layer of two neurons. Two pixels of three are lit: scores 2 and 0, label 1, rival 0, distance -2 = margin - 2.

    Every draw steps (lr 2, m 0: thresholds 128 and 128) and relaxes from level 127 up.
    """
    network = Network.of(
        layers=(3, 2), margin=0, learning_rate=[2.0], metaplasticity=[0.0], relax_rate=[65536], relax_floor=127
    )
    assert set(thresholds(2.0, 0.0)) == {(128, 128)}
    hits = hits_of(network, [1, 1, 0], 1, [np.array([[127, 5, -128], [127, -128, 0]], np.int8)]).hits
    assert hits["sample"] == {("1", "2", "learned"): 1}
    assert hits["image"] == {("some", "learned"): 1}
    assert hits["margin"] == {("2 below", "1"): 1}
    assert not hits["tie"]
    assert hits["row"] == {("only", "first", "-"): 1, ("only", "last", "+"): 1}
    assert hits["relaxation"] == {("1", "always", "relaxes"): 2}
    assert hits["draw"] == {("only", "both", "relaxes"): 2}
    assert hits["rail"] == {
        ("127", "toward", "yes", "relaxes"): 1,  # row 0 steps down
        ("127", "away", "yes", "relaxes"): 1,  # row 1 steps up
        ("-128", "toward", "yes", "relaxes"): 1,
    }
    assert hits["floor"] == {
        ("equal", "+", "valid"): 2,
        ("equal", "-", "valid"): 1,
        ("equal", "-", "not valid"): 1,
    }
    assert not hits["threshold"]  # no level is 127 or 128 after the relaxation


def test_a_value_on_no_axis_and_an_impossible_bin_are_errors():
    collector = Collector()
    with pytest.raises(KeyError, match="sample has no value '5'"):
        collector.hit("sample", "5", "1", "learned")
    with pytest.raises(KeyError, match="said not to be possible"):
        collector.hit("relaxation", "1", "0", "relaxes")


def test_files_are_merged_into_a_table_and_holes_are_the_exit_status(tmp_path: Path, capsys):
    collector = Collector()
    for point in POINTS:
        for each in point.bins():
            collector.hit(point.name, *each)
    collector.write(tmp_path / "one" / "a.json")
    collector.write(tmp_path / "one" / "b.json")
    output = tmp_path / "coverage.json"
    assert main(["--folder", str(tmp_path / "one"), "--output", str(output)]) == 0
    told = json.loads(output.read_text())
    assert (told["benches"], told["hit"], told["holes"]) == (2, told["bins"], [])
    assert merged((tmp_path / "one").glob("*.json")).hits["sample"]["1", "1", "learned"] == 2

    Collector().write(tmp_path / "none" / "a.json")
    assert main(["--folder", str(tmp_path / "none"), "--output", str(output)]) == 1
    assert json.loads(output.read_text())["hit"] == 0
    assert main(["--folder", str(tmp_path / "nothing")]) == 2
    assert "has no coverage: run make coverage" in capsys.readouterr().err

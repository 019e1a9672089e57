"""Every combination of values is tried, for each method its own, on held-out samples; the table has the best of each."""

import json

import pytest

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.experiments.continual.methods_sweep import trials
from sw.experiments.results_tables import table_of
from sw.host.error import InputError
from sw.terminal.run import run

TINY = ["--samples", "40", "--test-samples", "50", "--hidden", "8", "--seeds", "2", "--workers", "1"]


def swept(path, *words):
    status = run(app, ["experiment", "methods-sweep", *words, *TINY, "--json", str(path)])
    return status, json.loads(path.read_text()) if path.exists() else {}


def test_every_combination_of_values_is_a_trial():
    over = ["learning_rate=0.1, 0.2", "ewc-batch-1:strength=1,2", "si-batch-1:learning_rate=3"]
    found = trials(["ewc-batch-1", "si-batch-1"], over)
    assert found == {
        "ewc-batch-1: learning_rate=0.1, strength=1": ("ewc-batch-1", ("learning_rate=0.1", "strength=1")),
        "ewc-batch-1: learning_rate=0.1, strength=2": ("ewc-batch-1", ("learning_rate=0.1", "strength=2")),
        "ewc-batch-1: learning_rate=0.2, strength=1": ("ewc-batch-1", ("learning_rate=0.2", "strength=1")),
        "ewc-batch-1: learning_rate=0.2, strength=2": ("ewc-batch-1", ("learning_rate=0.2", "strength=2")),
        "si-batch-1: learning_rate=3": ("si-batch-1", ("learning_rate=3",)),
    }


def test_a_trial_learns_with_its_settings_and_is_tested_on_held_out_samples(tmp_path):
    words = ["--methods", "plain-batch-1,ewc-batch-1", "--over", "learning_rate=0.1,0.4", "--over", "ewc-batch-1:strength=7"]
    status, result = swept(tmp_path / "a.json", *words, "--set", "half_width=0.3")
    assert status == 0 and result["scale"]["validation"] and result["tried"] == {"plain-batch-1": 2, "ewc-batch-1": 2}
    settings = {name: of[name.partition(":")[0]]["settings"] for name, of in result["by_settings"].items()}
    assert {name: (of["learning_rate"], of["strength"], of["half_width"]) for name, of in settings.items()} == {
        "plain-batch-1: learning_rate=0.1": (0.1, 0, 0.3),
        "plain-batch-1: learning_rate=0.4": (0.4, 0, 0.3),
        "ewc-batch-1: learning_rate=0.1, strength=7": (0.1, 7, 0.3),
        "ewc-batch-1: learning_rate=0.4, strength=7": (0.4, 7, 0.3),
    }
    assert all("matrix" not in one for of in result["by_settings"].values() for by in of.values() for one in by["runs"])


def test_the_table_has_the_best_of_each_method_and_none_that_diverged():
    def of(*accuracies):
        metric = {"mean": sum(accuracies) / len(accuracies), "deviation": 0.0, "runs": len(accuracies)}
        return {"metrics": {"held_out": metric, "newest_accuracy": metric}}

    by = {f"si: c={i}": {"si": of(i / 8, i / 8)} for i in range(5)} | {
        "si: c=9": {"si": of(1.0)},
        "ewc: c=1": {"ewc": of(0, 0)},
    }
    result = {"by_settings": by, "tried": {"si": 7, "ewc": 1}, "scale": {"seeds": [1, 2]}}
    table = table_of(result)
    assert table[0] == "| best settings | tried | held-out test | newest task |"
    assert [line.split(" | ")[:3] for line in table[2:]] == [
        ["| si: c=4", "7", "50.0 ± 0.0"],
        ["| si: c=3", "7", "37.5 ± 0.0"],
        ["| si: c=2", "7", "25.0 ± 0.0"],
        ["| ewc: c=1", "1", "0.0 ± 0.0"],
    ]


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ("learning_rate", "--over has 'learning_rate', expected FIELD=VALUE,VALUE"),
        ("ewc:strength=1", "--over has 'ewc:strength=1'"),
    ],
)
def test_what_cannot_be_read_is_said(over, told):
    with pytest.raises(InputError, match=told):
        trials(["ewc-batch-1"], [over])


def test_the_chip_is_not_swept_here():
    with pytest.raises(ContractError, match="--methods has chip, expected methods in floating point: try settings-sweep"):
        trials(["si-batch-1", "chip"], ["learning_rate=1"])


@pytest.mark.parametrize("over", ["speed=1", "learning_rate=fast", "learning_rate=-1", "learning_rate="])
def test_a_value_that_cannot_be_is_one_line_and_nothing_is_learned(over, tmp_path, capsys):
    status, result = swept(tmp_path / "a.json", "--over", over)
    assert status == 2 and not result
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: ")

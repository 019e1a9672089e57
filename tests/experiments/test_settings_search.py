"""A search draws around the best so far, on held-out samples, and keeps all that it tried."""

import json

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.network import Network
from sw.experiments.continual import settings_search
from sw.experiments.continual.settings_search import SEARCHED, draw
from sw.experiments.continual.trial import TrialNetwork
from sw.experiments.results_tables import table_of
from sw.terminal.run import run

SMALL = ["--samples", "60", "--test-samples", "40", "--engine", "compiled", "--workers", "1"]


def searched(path, *words):
    status = run(app, ["experiment", "settings-search", *words, *SMALL, "--json", str(path)])
    return status, json.loads(path.read_text()) if path.exists() else {}


def test_each_generation_draws_around_the_best_so_far(tmp_path, monkeypatch):
    around = []

    def noted(base, centre, width, random):
        around.append(centre)
        return draw(base, centre, width, random)

    monkeypatch.setattr(settings_search, "draw", noted)
    status, result = searched(tmp_path / "a.json", "--generations", "3", "--draws", "2", "--start", "margin = 9")
    assert status == 0 and result["scale"]["validation"] and "unfinished" not in result
    assert (result["generations"], result["draws"], result["width"], result["search_seed"]) == (3, 2, 0.2, 1)
    trials = {name: of["chip"]["metrics"]["accuracy"]["mean"] for name, of in result["by_trial"].items()}
    margins = {name: of["chip"]["settings"]["learning"]["margin"] for name, of in result["by_trial"].items()}
    names = list(trials)
    assert len(names) == 7 and names[0] == "as it is" and margins["as it is"] == 9
    for number, centre in enumerate(around):
        first = names[: 1 + 2 * (number // 2)]
        best = max(first, key=trials.__getitem__) if number >= 2 else "as it is"
        rates = result["by_trial"][best]["chip"]["settings"]["learning"]
        assert list(centre.learning_rate) == rates["learning_rate"] and centre.margin == rates["margin"]


def test_the_same_search_draws_the_same(tmp_path):
    words = ["--generations", "2", "--draws", "1"]
    (_, first), (_, again), (_, other) = (
        searched(tmp_path / f"{i}.json", *words, "--search-seed", seed) for i, seed in enumerate("112")
    )
    assert list(first["by_trial"]) == list(again["by_trial"]) != list(other["by_trial"])


def test_a_draw_changes_what_is_searched_and_zero_stays():
    base = TrialNetwork.like(Network.of(saturation=(0.0, 1.0)))
    random = np.random.default_rng(1)
    drawn = [draw(base, base, 0.3, random)[1].fields() for _ in range(20)]
    own = base.fields()
    assert {name for of in drawn for name in own if of[name] != own[name]} <= set(SEARCHED)
    assert all(of["saturation"][0] == 0 for of in drawn)
    assert len({of["saturation"][1] for of in drawn}) > 5


def test_the_table_has_the_beginning_and_the_best():
    def trial(accuracy):
        metric = {"mean": accuracy, "deviation": None, "runs": 1}
        return {"chip": {"metrics": {"accuracy": metric, "newest_accuracy": metric}}}

    trials = {"as it is": 0.5, "a": 0.4, "b": 0.9, "c": 0.7, "d": 0.6}
    table = table_of({"by_trial": {name: trial(value) for name, value in trials.items()}})
    assert table[0] == "| settings, 5 tried | accuracy at the end | newest task |"
    assert table[2:] == ["| as it is | 50.0 | 50.0 |", "| b | 90.0 | 90.0 |", "| c | 70.0 | 70.0 |", "| d | 60.0 | 60.0 |"]


@pytest.mark.parametrize(
    ("words", "said"), [(["--start", "margn = 3"], "names margn"), (["--stream", "cifar"], "--stream is cifar")]
)
def test_what_cannot_be_searched_is_one_line(words, said, tmp_path, capsys):
    status, result = searched(tmp_path / "a.json", *words)
    assert status == 2 and not result
    assert said in capsys.readouterr().err

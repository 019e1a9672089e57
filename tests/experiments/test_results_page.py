"""The results page: its numbers are those of the files, each file is one that the plan makes, and what is missing says so."""

import json
import shlex
from pathlib import Path

import pytest
import typer

from sw.contract.configuration import network_from_toml
from sw.contract.network import Network
from sw.experiments import results, results_plan
from sw.experiments.continual.methods import parse_methods
from sw.experiments.continual.sample_points import WITH, WITHOUT, point_name
from sw.experiments.continual.settings_sweep import variant
from sw.experiments.continual.trial import TrialNetwork
from sw.experiments.metrics import spread
from sw.experiments.registry import EXPERIMENTS
from sw.experiments.results_aims import ANSWER, BEYOND
from sw.experiments.results_page import PAGES, replaced
from sw.experiments.results_plan import PLAN, words_of
from sw.terminal.application import alone
from sw.terminal.run import run


def chip(final, matrix=None, **metrics):
    """A method's part of a result: two runs with these accuracies at the end."""
    runs = [{"final": list(of), "matrix": matrix, "metrics": {}} for of in final]
    return {"task_knowledge": [], "metrics": {name: spread(values) for name, values in metrics.items()}, "runs": runs}


SCALE = {"tasks": 2, "samples": None, "test_samples": 50, "epochs": 3, "hidden": [500], "grey": False, "seeds": [1, 2]}
RESULT = {
    "command": "metaplast experiment x",
    "scale": SCALE,
    "methods": {
        "ewc": chip([[0.5, 0.7]], accuracy=[0.6, 0.5], forgetting=[None, None]) | {"task_knowledge": ["all"]},
        "chip": chip([[0.5, 0.7], [0.6, 0.7]], accuracy=[0.25, 0.75], forgetting=[0.125, 0.125]),
    },
}


def leave(folder, name, result):
    """A result where an experiment leaves it."""
    path = results.path_of(name, folder)
    path.parent.mkdir()
    path.write_text(json.dumps(result))


def reproduce(*words):
    return run(alone(results_plan.reproduce_all), list(words))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_committed_page_is_what_its_command_writes(page):
    assert replaced(page.read_text()) == page.read_text(), "run python -m sw.experiments.results_page"


def test_the_pages_have_every_result_of_the_plan():
    text = "".join(page.read_text() for page in PAGES)
    read = {name for _, *names, _, _, _ in BEYOND for name in names}
    read |= {name for _, new, _, first, _ in ANSWER for name in (new, first)}
    assert [name for name in PLAN if f"<!-- result: {name} -->" not in text] == []
    assert read - {None} <= set(PLAN)


def test_the_first_page_is_a_screen():
    """The question, one table, three figures."""
    (page,) = (page for page in PAGES if page.stem == "results")
    text = page.read_text()
    assert len(text.split()) <= 800 and text.count("![") == 3 and text.count("<!-- answer -->") == 1
    assert all(f"({other.name})" in text for other in PAGES if other != page)


def test_a_committed_result_is_the_one_of_the_plan(request):
    for name in PLAN:
        path = request.config.rootpath / "results" / name / "result.json"
        if path.exists():
            assert shlex.split(json.loads(path.read_text())["command"])[2:] == words_of(name)
            assert path.stat().st_size < 400_000


def test_a_result_becomes_a_table(tmp_path):
    leave(tmp_path, "switching", RESULT)
    (tmp_path / "switching" / "result-curves.png").touch()
    page = replaced("before\n<!-- result: switching -->\nold\n<!-- end -->\nafter\n", tmp_path).splitlines()
    assert page[:3] == ["before", "<!-- result: switching -->", "`metaplast experiment x`"]
    assert page[-2:] == ["<!-- end -->", "after"] and "old" not in page
    assert page[6:10] == [
        "| method | accuracy at the end | forgetting | told of tasks |",
        "| --- | --- | --- | --- |",
        "| ewc | 55.0 ± 7.1 | – | yes |",
        "| chip | 50.0 ± 35.4 | 12.5 ± 0.0 | no |",
    ]
    assert "seeds 1, 2" in page[4] and "all, test samples 50" in page[4]
    assert "![switching](../results/switching/result-curves.png)" in page


@pytest.mark.parametrize(("last", "said"), [(1, " Accuracy at the end is that of the last 1 tasks."), (2, "")])
def test_an_accuracy_of_the_newest_tasks_says_so(last, said, tmp_path):
    leave(tmp_path, "switching", RESULT | {"last": last})
    page = replaced("<!-- result: switching -->\n<!-- end -->", tmp_path).splitlines()
    assert page[3].endswith("standard deviation over seeds." + said)


def test_of_one_task_one_number_is_shown(tmp_path):
    metrics = {"accuracy": [0.25], "accuracy_when_new": [0.25], "newest_accuracy": [0.25]}
    result = RESULT | {"scale": SCALE | {"tasks": 1}, "methods": {"chip": chip([[0.25]], **metrics)}}
    leave(tmp_path, "switching", result)
    (tmp_path / "switching" / "result-curves.png").touch()
    page = replaced("<!-- result: switching -->\n<!-- end -->", tmp_path)
    assert "| method | accuracy at the end | told of tasks |" in page and "![" not in page


def test_a_sweep_becomes_a_line_a_variant(tmp_path):
    by = {"as it is": chip([[0.5, 0.75]], accuracy=[0.5]), "margin = 2": chip([[0.5, 0.75]], accuracy=[0.25])}
    for of in by.values():
        of["metrics"] |= {name: spread([0.125]) for name in ("accuracy_when_new", "newest_accuracy")}
    result = {"command": "c", "scale": SCALE | {"validation": True}, "by_variant": {k: {"chip": v} for k, v in by.items()}}
    leave(tmp_path, "sweep-mnist", result)
    page = replaced("<!-- result: sweep-mnist -->\n<!-- end -->", tmp_path)
    assert "held-out training samples 50" in page and "| margin = 2 | 25.0 | 12.5 | 12.5 |" in page.splitlines()


def test_a_result_that_is_missing_says_so(tmp_path):
    page = replaced("<!-- result: switching -->\n<!-- end -->", tmp_path)
    assert "Not run yet: `metaplast experiment switching " in page
    assert "not run" in replaced("<!-- beyond -->\n<!-- end -->", tmp_path)
    assert "| not run | 94 | – |" in replaced("<!-- answer -->\n<!-- end -->", tmp_path)


def test_a_result_that_is_not_whole_is_none(tmp_path):
    leave(tmp_path, "switching", RESULT | {"unfinished": ["chip, seed 2"]})
    assert "Not run yet: `metaplast experiment switching " in replaced("<!-- result: switching -->\n<!-- end -->", tmp_path)


def test_an_aim_stands_beside_the_first_settings_and_the_new_ones(tmp_path):
    for name, end in (("band-mnist", 0.75), ("beyond-mnist", 0.5)):
        leave(tmp_path, name, RESULT | {"methods": {"chip": chip([[end]], accuracy=[end])}})
    page = replaced("<!-- answer -->\n<!-- end -->", tmp_path).splitlines()
    assert page[3] == "| MNIST once, 784-500-10 | 50.0 | 75.0 | 96 | 2 |"


def test_the_value_of_samples_becomes_a_line_for_each_count(tmp_path):
    by = {
        point_name(rule, n, every): {"chip": chip([[0.5]], accuracy=[0.5 + n / 100 + every / 1000], held_out=[0.25])}
        for rule in (WITH, WITHOUT)
        for n in (0, 20)
        for every in (1, 8)
    }
    result = {"command": "c", "scale": SCALE, "records": [0, 20], "every": [1, 8], "by_records": by}
    leave(tmp_path, "value-classes", result)
    page = replaced("<!-- result: value-classes -->\n<!-- end -->", tmp_path).splitlines()
    assert "| 20 | 25.0 | 25.0 | 25.0 | 25.0 |" in page  # where there is a test of all classes, it is that one
    for of in by.values():
        del of["chip"]["metrics"]["held_out"]
    (tmp_path / "value-classes" / "result.json").write_text(json.dumps(result))
    page = replaced("<!-- result: value-classes -->\n<!-- end -->", tmp_path).splitlines()
    assert "| 20 | 70.1 | 70.8 | 70.1 | 70.8 |" in page and "| 0 | 50.8 | 50.8 | 50.8 | 50.8 |" in page


def test_the_first_six_of_ten_tasks_are_read_from_the_sixth_row(tmp_path):
    matrix = [[1.0] * 10 for _ in range(5)] + [[0.5] * 6 + [1.0] * 4] + [[1.0] * 10] * 3 + [[0.25] * 10]
    result = RESULT | {"methods": {"chip": chip([[0.25] * 10], matrix, accuracy=[0.25])}}
    leave(tmp_path, "defaults-permuted-mnist", result)
    lines = replaced("<!-- beyond -->\n<!-- end -->", tmp_path).splitlines()
    found = {line.split(" | ")[0]: line.split(" | ")[2] for line in lines if "784-500-10" in line}
    assert found["| 6 permuted tasks, 784-500-10"] == "50.0" and found["| 10 permuted tasks, 784-500-10"] == "25.0"


def test_both_tasks_are_told_apart(tmp_path):
    leave(tmp_path, "beyond-mnist-fashion", RESULT)
    assert "| 55.0 ± 7.1 / 70.0 ± 0.0 |" in replaced("<!-- beyond -->\n<!-- end -->", tmp_path)


@pytest.mark.parametrize("text", ["<!-- result: nothing -->\n<!-- end -->", "<!-- result: switching -->\n"])
def test_a_marker_that_leads_nowhere_is_an_error(text, tmp_path):
    with pytest.raises(ValueError):
        replaced(text, tmp_path)


def test_a_result_names_the_command_that_was_typed(tmp_path, monkeypatch):
    monkeypatch.setitem(PLAN, "quadratic-task", "quadratic-task --dimensions 20 --steps 50")
    monkeypatch.chdir(tmp_path)
    assert reproduce("--only", "quadratic-task") == 0
    written = json.loads((tmp_path / "results/quadratic-task/result.json").read_text())
    assert shlex.split(written["command"])[2:] == words_of("quadratic-task")
    page = replaced("<!-- result: quadratic-task -->\n<!-- end -->", tmp_path / "results")
    assert "| correlation of hidden weight" in page and "(../results/quadratic-task/result.png)" in page


def test_what_is_there_is_not_run_again(tmp_path, monkeypatch):
    ran = []
    monkeypatch.chdir(tmp_path)
    ends = {"switching": 2, "width-curve": 70, "beyond-stream": 130}
    monkeypatch.setattr(results_plan, "reproduce", lambda name, who: ran.append(name) or ends.get(name, 0))
    (tmp_path / "results").mkdir()
    leave(tmp_path / "results", "beyond-mnist", RESULT)
    leave(tmp_path / "results", "beyond-permuted", RESULT | {"unfinished": ["chip, seed 2"]})
    assert reproduce() == 130  # Ctrl-C ends all; one that fails does not
    assert "beyond-mnist" not in ran and "beyond-permuted" in ran
    assert ran.index("switching") < ran.index("width-curve") < ran.index("beyond-stream") == len(ran) - 1
    ran.clear()
    del ends["beyond-stream"]
    assert reproduce() == 2 and len(ran) == len(PLAN) - 1
    ran.clear()
    assert reproduce("--only", "beyond-mnist") == 0 and ran == ["beyond-mnist"]
    assert reproduce("--only", "beyond") == 2


@pytest.mark.parametrize("name", PLAN)
def test_every_command_of_the_plan_is_understood(name, request):
    experiment, *words = words_of(name)
    application = typer.Typer()
    application.command()(EXPERIMENTS[experiment].load())
    given = typer.main.get_command(application).make_context(experiment, words).params
    assert given["json"] == Path(f"results/{name}/result.json")
    network = Network.of()
    if given.get("config"):
        network = network_from_toml((request.config.rootpath / given["config"]).read_text())
    assert parse_methods(given.get("methods") or "chip")
    shaped = TrialNetwork.like(network)
    for words_of_variant in (given.get("variants") or "margin = 1").split(";"):
        assert variant(shaped, words_of_variant) != shaped

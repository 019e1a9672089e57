"""Runs side by side: the same result whoever computes, written as they come, and a failure or Ctrl-C leaves what is done."""

import json

import pytest

from sw.cli.command_line import app
from sw.experiments.continual import runs
from sw.experiments.results import is_there, without_workers
from sw.terminal.run import run

TINY = ["--tasks", "2", "--samples", "60", "--test-samples", "40", "--epochs", "1", "--hidden", "6", "--seeds", "2"]


def experiment(path, *words, name="compare-permuted-mnist"):
    status = run(app, ["experiment", name, *TINY, *words, "--json", str(path)])
    return status, json.loads(path.read_text()) if path.exists() else {}


def without_times(result):
    for kept in [result, *(one for of in result["methods"].values() for one in of["runs"])]:
        del kept["seconds"]
    return result


def test_two_processes_give_the_result_of_one(tmp_path):
    words = ["--methods", "metaplastic,chip"]
    _, one = experiment(tmp_path / "a.json", *words, "--workers", "1")
    status, two = experiment(tmp_path / "a.json", *words, "--workers", "2")
    assert status == 0 and without_times(two) == without_times(one)
    assert is_there(tmp_path / "a.json")


def test_a_method_that_diverges_leaves_the_others(tmp_path, capsys):
    words = ["--methods", "si-batch-1,chip", "--set", "si-batch-1:strength=1e30", "--workers", "1"]
    status, result = experiment(tmp_path / "a.json", *words)
    assert status == 2
    assert list(result["methods"]) == ["chip"] and len(result["methods"]["chip"]["runs"]) == 2
    assert list(result["failed"]) == ["si-batch-1, seed 1", "si-batch-1, seed 2"] and "diverged" in str(result["failed"])
    assert "unfinished" not in result and list(tmp_path.glob("a*.png"))
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert (
        said.startswith("error: 2 of 4 runs are in") and "2 failed: si-batch-1, seed 1: hidden weights are no numbers" in said
    )


def test_ctrl_c_leaves_the_runs_that_are_done(tmp_path, monkeypatch, capsys):
    real, begun = runs.run_part, []

    def interrupted(plan, method, seed, report):
        begun.append((method, seed))
        if len(begun) == 3:
            raise KeyboardInterrupt
        return real(plan, method, seed, report)

    monkeypatch.setattr(runs, "run_part", interrupted)
    status, result = experiment(tmp_path / "a.json", "--methods", "chip-plain,chip", "--workers", "1")
    assert status == 130
    assert [len(of["runs"]) for of in result["methods"].values()] == [1, 1]
    assert result["unfinished"] == ["chip-plain, seed 2", "chip, seed 2"] and not is_there(tmp_path / "a.json")
    assert "interrupted: 2 of 4 runs are in" in capsys.readouterr().err


def test_ctrl_c_before_the_first_run_leaves_nothing(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "run_part", interrupted)
    assert experiment(tmp_path / "a.json", "--methods", "chip", "--workers", "1") == (130, {})
    assert "interrupted: nothing was written" in capsys.readouterr().err


def test_a_fault_of_the_program_is_not_taken_for_a_run_that_failed(tmp_path, monkeypatch, capsys):
    def broken(plan, method, seed, report):
        raise TypeError("a bug")

    monkeypatch.setattr(runs, "run_part", broken)
    assert experiment(tmp_path / "a.json", "--methods", "chip", "--workers", "1") == (70, {})
    assert "TypeError: a bug" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--workers", "3"], ["--workers=3"], ["--scheduler", "tcp://a:1"]])
def test_a_command_is_the_same_whoever_computes(words):
    assert without_workers(["--tasks", "2", *words, "--seeds", "3"]) == ["--tasks", "2", "--seeds", "3"]


def test_stored_samples_keep_classes_in_floating_point_and_on_the_chip(tmp_path):
    words = ["--methods", "plain-batch-1,rehearsal-batch-1,chip-plain", "--hidden", "30", "--samples", "300", "--tasks", "5"]
    words += ["--rehearsal", "150", "--seeds", "1", "--test-samples", "1000", "--workers", "1"]
    status, result = experiment(tmp_path / "a.json", *words, name="compare-class-incremental")
    ends = {name: of["metrics"]["held_out"]["mean"] for name, of in result["methods"].items()}
    assert status == 0 and ends["plain-batch-1"] < 0.35 < 0.5 < min(ends["rehearsal-batch-1"], ends["chip-plain"])
    settings = {name: of["settings"] for name, of in result["methods"].items()}
    assert settings["rehearsal-batch-1"]["rehearsal"]["size"] == settings["chip-plain"]["rehearsal"]["size"] == 150
    assert "rehearsal" not in settings["plain-batch-1"]


def test_the_value_of_samples_has_a_point_for_every_count_and_interval(tmp_path):
    path = tmp_path / "a.json"
    words = ["--samples", "200", "--test-samples", "100", "--seeds", "1", "--records", "0,30", "--every", "1,5", "--tasks", "2"]
    assert (
        run(app, ["experiment", "sample-value", *words, "--rehearsal-horizon", "90", "--workers", "1", "--json", str(path)])
        == 0
    )
    result = json.loads(path.read_text())
    points = ["nothing stored", "30 records, every 1", "30 records, every 5"]
    assert list(result["by_records"]) == [f"{rule}, {point}" for rule in ("with the rule", "without it") for point in points]
    settings = {name: of["chip"]["settings"] for name, of in result["by_records"].items()}
    assert settings["without it, nothing stored"]["learning"]["metaplasticity"] == [0, 0]
    assert settings["with the rule, 30 records, every 5"]["rehearsal"] == {
        "size": 30, "every": 5, "per": 1, "horizon": 90, "prng": 88675123,
    }  # fmt: skip
    assert "rehearsal" not in settings["with the rule, nothing stored"]

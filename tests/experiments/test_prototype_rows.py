"""Output rows that learn alone: a new one copies its sample, only the winner of the label's class learns, others stay."""

import json

import numpy as np
import pytest
from distributed import LocalCluster

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.experiments.continual import prototype_rows
from sw.experiments.continual.prototypes import PrototypeRows, Settings, hidden_signs
from sw.experiments.results import is_there
from sw.experiments.results_page import section
from sw.terminal.run import run
from sw.twin.device import TwinDevice

ALWAYS = Settings(near=0.75, learning_rate=1000.0, metaplasticity=0.0, start=0)


def signs(text):
    return np.array([1.0 if letter == "+" else -1.0 for letter in text], np.float32)


def rows_of(machine):
    return {
        c: ["".join("+" if sign > 0 else "-" for sign in row) for row in machine._signs[c, : machine.used[c]]]
        for c in range(10)
    }


def test_a_sample_without_a_near_row_takes_one_until_there_is_none():
    machine = PrototypeRows(ALWAYS, 8, 2, np.random.default_rng(1))
    machine.learn(signs("++++----"), 3)
    assert rows_of(machine)[3] == ["++++----"]
    machine.learn(signs("++++--++"), 3)  # six of eight agree: near
    assert len(rows_of(machine)[3]) == 1
    machine.learn(signs("----++--"), 3)
    assert len(rows_of(machine)[3]) == 2
    machine.learn(signs("+-+-+-+-"), 3)
    assert len(rows_of(machine)[3]) == 2
    assert machine.used.tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]


def test_only_the_winner_of_the_class_steps_toward_its_sample():
    machine = PrototypeRows(ALWAYS, 8, 2, np.random.default_rng(1))
    for text, label in (("++++----", 0), ("----++++", 0), ("++++++++", 1)):
        machine.learn(signs(text), label)
    before = machine._levels.copy()
    machine.learn(signs("++++---+"), 0)
    changes = machine._levels - before
    assert changes[0, 0].tolist() == [1, 1, 1, 1, -1, -1, -1, 1]
    assert not changes[0, 1].any() and not changes[1:].any()
    assert rows_of(machine)[0] == ["++++---+", "----++++"]  # a level of 0 changed its sign
    assert machine.predictions(np.stack([signs("++++--++"), signs("----++++"), signs("+++++++-")])).tolist() == [0, 0, 1]


def test_levels_end_at_the_rails_and_step_by_the_table():
    slow = Settings(near=0.5, learning_rate=0.25, metaplasticity=0.0, start=0)
    for settings, least, most in ((ALWAYS, 127, 127), (slow, 20, 110)):
        machine = PrototypeRows(settings, 8, 1, np.random.default_rng(1))
        for _ in range(300):
            machine.learn(signs("++++----"), 0)
        levels = machine._levels[0, 0]
        assert least <= levels.max() <= most and (levels[4:] == ~levels[:4]).all()


def test_the_hidden_layer_is_that_of_the_contract():
    network = Network.of(layers=(784, 20, 10))
    pixels = (np.random.default_rng(1).random((5, 784)) < 0.2).astype(np.uint8)
    own = hidden_signs(network, pixels)
    device = TwinDevice()
    device.configure(network)
    last = np.where(device.read_weights()[1] >= 0, 1, -1)
    np.testing.assert_array_equal(own @ last.T, device.scores(pixels))


def test_classes_are_kept_and_the_page_has_their_table(tmp_path):
    path = tmp_path / "prototype-rows" / "result.json"
    path.parent.mkdir()
    words = ["--hidden", "60", "--rows", "1,4", "--seeds", "1", "--validation", "--json", str(path)]
    assert run(app, ["experiment", "prototype-rows", *words]) == 0
    result = json.loads(path.read_text())
    one, four = (of["accuracy"]["mean"] for of in result["by_rows"].values())
    assert 0.4 < one < four  # with nothing stored a network that learns all its rows ends at 0.2
    assert [of["rows"]["mean"] for of in result["by_rows"].values()] == [10, 40]
    page = section("prototype-rows", tmp_path)
    assert "all held-out training samples" in page and f"| 60 hidden neurons, 4 rows a class | {100 * four:.1f} | 40 |" in page


def tried(path, *words):
    status = run(app, ["experiment", "prototype-rows", *words, "--hidden", "20", "--tasks", "1", "--json", str(path)])
    return status, json.loads(path.read_text()) if path.exists() else {}


def few(settings, hidden, most, tasks, seed, validation):
    """In the place of a run."""
    if (most, seed) == (2, 6):
        raise KeyboardInterrupt
    return {"seed": seed, "accuracy": most / 10, "rows": most, "seconds": 0}


def test_the_workers_of_a_scheduler_give_the_result_of_one_process(tmp_path):
    words = ["--rows", "1,3", "--seeds", "2"]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        who = ["--workers", "1"], ["--scheduler", cluster.scheduler_address]
        results = [tried(tmp_path / "a.json", *words, *of)[1] for of in who]
    for result in results:
        del result["seconds"]
        for one in (one for of in result["by_rows"].values() for one in of["runs"]):
            del one["seconds"]
    assert results[0] == results[1] and list(results[0]["by_rows"]) == [f"20 hidden neurons, {n} rows a class" for n in (1, 3)]
    assert is_there(tmp_path / "a.json")


def test_ctrl_c_leaves_the_runs_that_are_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prototype_rows, "run", few)
    words = ["--seeds", "2", "--seed", "5", "--workers", "1"]
    status, result = tried(tmp_path / "a.json", "--rows", "1,2", *words)
    assert status == 130 and list(result["by_rows"]) == ["20 hidden neurons, 1 rows a class"]
    assert result["unfinished"] == ["20 hidden neurons, 2 rows a class, seed 6"] and not is_there(tmp_path / "a.json")
    assert "interrupted: 3 of 4 runs are in" in capsys.readouterr().err
    assert tried(tmp_path / "b.json", "--rows", "2", "--seeds", "1", "--seed", "6", "--workers", "1") == (130, {})
    assert "interrupted: nothing was written" in capsys.readouterr().err


def test_a_run_that_fails_leaves_the_others(tmp_path, monkeypatch, capsys):
    def failing(settings, hidden, most, tasks, seed, validation):
        if most == 1:
            raise ContractError("no rows")
        return few(settings, hidden, most, tasks, seed, validation)

    monkeypatch.setattr(prototype_rows, "run", failing)
    status, result = tried(tmp_path / "a.json", "--rows", "1,3", "--seeds", "1", "--workers", "1")
    assert (
        status == 2 and list(result["by_rows"]) == ["20 hidden neurons, 3 rows a class"] and not is_there(tmp_path / "a.json")
    )
    assert "error: no rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rows", "0"], "--rows is 0, expected at least one row a class"),
        (["--workers", "2", "--scheduler", "tcp://a:1"], "give --workers or --scheduler, not both"),
        (["--hidden", "0"], "layers"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_learned(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prototype_rows, "run", lambda *_: pytest.fail("a run began"))
    path = tmp_path / "a.json"
    assert run(app, ["experiment", "prototype-rows", *words, "--json", str(path)]) == 2 and not path.exists()
    assert said in capsys.readouterr().err

"""Classes one after the other, and permuted tasks, with rehearsal, as experiments on any board."""

import json
from pathlib import Path

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.configuration import network_from_tables
from sw.data.binarise import permute
from sw.data.mnist import load_packed
from sw.experiments.class_incremental import order_of_steps
from sw.experiments.seeds import Seeds
from sw.host import open_board
from sw.terminal.run import run
from sw.twin.compiled import CompiledDevice
from sw.twin.sample_memory import TwinMemory

NET = "[network]\nlayers = [784, 30, 10]\ninit_range = 12\n[learning]\nlearning_rate = [0.9, 0.6]\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "net.toml").write_text(NET)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def experiment(*words, name="class-incremental", into="a.json"):
    status = run(app, ["experiment", name, "--config", "net.toml", "--json", into, *map(str, words)])
    return status, json.loads(Path(into).read_text()) if status == 0 else None


def test_rehearsal_keeps_the_classes(folder):
    _, without = experiment("--samples", 400)
    _, kept = experiment("--samples", 400, "--rehearsal", 200)
    assert kept["config"]["rehearsal"]["size"] == 200 and "rehearsal" not in without["config"]
    assert without["accuracy"] < 0.4 < kept["accuracy"] - 0.2
    assert len(kept["accuracy_by_class"]) == 10 and len(kept["accuracy_after_each_step"]) == 5
    counts = np.bincount(load_packed("test")[1], minlength=10)
    assert np.average(kept["accuracy_by_class"], weights=counts) == pytest.approx(kept["accuracy"])
    assert kept["samples"] == 2000


def test_every_board_ends_the_same(folder):
    for words in (
        ("class-incremental", "--samples", 20, "--rehearsal", 30),
        ("permuted-mnist", "--tasks", 2, "--samples", 40, "--rehearsal", 9),
    ):
        name, *rest = words
        found = [experiment("--board", b, "--rehearsal-per", 2, *rest, name=name)[1] for b in ("compiled", "twin")]
        for each in found:
            del each["command"], each["seconds"]
        assert found[0] == found[1]


def test_steps_hold_their_classes_shuffled_and_each_sample_once():
    labels = np.random.default_rng(1).integers(0, 10, 500)
    for together in (1, 2, 3, 10):
        steps = order_of_steps(labels, together, None, 5)
        assert [set(labels[step] // together) for step in steps] == [{i} for i in range(-(-10 // together))]
        assert sorted(np.concatenate(steps)) == list(range(500))
        assert any(np.any(np.diff(step) < 0) for step in steps)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--classes-per-step", 0), "--classes-per-step is 0, expected 1 to 10"),
        (("--samples", 50_000), "expected at most"),
        (("--rehearsal", -1), "size of the rehearsal is -1"),
        (("--rehearsal", 9, "--rehearsal-horizon", 8), "horizon of the rehearsal is 8, expected an integer from 9"),
    ],
)
def test_what_is_wrong_is_said(folder, capsys, words, told):
    assert experiment(*words) == (2, None)
    assert told in capsys.readouterr().err


def test_another_network_is_refused(folder, capsys):
    Path("net.toml").write_text("[network]\nlayers = [100, 30, 10]\n")
    assert experiment() == (2, None)
    assert "expected 784 inputs and 10 classes for MNIST" in capsys.readouterr().err


def test_permuted_tasks_are_played_in_one_order(folder):
    """The board is sent the samples once, and a permutation a task."""
    words = ("--tasks", 2, "--samples", 40, "--rehearsal", 9, "--play", "--seed", 3)
    found = [experiment(*words, "--board", board, name="permuted-mnist")[1] for board in ("compiled", "twin")]
    for each in found:
        assert (each["played"], each["rehearsed_by"]) == (True, "board")
        del each["command"], each["seconds"]
    assert found[0] == found[1]
    seeds = Seeds.of(3, 2)
    (pixels, labels), (test_pixels, test_labels) = load_packed("train"), load_packed("test")
    order = np.random.default_rng(seeds.orders[0]).permutation(60_000)[:40]
    with open_board("compiled") as board:
        board.begin(network_from_tables(found[0]["config"]))
        board.rehearse(size=9)
        for task, row in enumerate(found[0]["matrix"]):
            board.train(permute(pixels[order], seeds.permutations[task]), labels[order])
            right = [(board.predict(permute(test_pixels, p)) == test_labels).mean() for p in seeds.permutations]
            assert row == pytest.approx(right)


def test_a_board_without_sample_memory_has_nothing_to_play_from(folder, capsys, monkeypatch):
    monkeypatch.setattr(CompiledDevice, "sample_memory", 0)
    assert experiment("--play", "--board", "compiled", name="permuted-mnist") == (2, None)
    assert "the board compiled has no sample memory to play from: leave --play away" in capsys.readouterr().err


def test_what_has_no_room_is_sent(folder, monkeypatch):
    words = ("--samples", 20, "--rehearsal", 30)
    _, played = experiment(*words)
    monkeypatch.setattr(TwinMemory, "room", 10_099)
    _, sent = experiment(*words)
    assert (played["played"], sent["played"]) == (True, False)
    for each in (played, sent):
        del each["command"], each["seconds"], each["played"]
    assert played == sent

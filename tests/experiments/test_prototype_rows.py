"""Output rows that learn alone: a new one copies its sample, only the winner of the label's class learns, others stay."""

import json

import numpy as np

from sw.cli.command_line import app
from sw.contract.network import Network
from sw.experiments.continual.prototype_rows import PrototypeRows, Settings, hidden_signs
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

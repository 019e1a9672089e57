"""Rules that the contract does not have: each does what it says, and where it says nothing it is the contract."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.experiments.continual.learners import engine_of
from sw.experiments.continual.other_rules import RULES, OtherRule
from sw.experiments.continual.trial import TrialNetwork
from sw.host.error import InputError
from sw.terminal.run import run
from sw.tree.sources import ROOT
from sw.twin.compiled import library
from sw.twin.compiled.device import CompiledDevice

FREE = 10  # how far a neuron's mean may be from the layer's before its threshold follows it
SLOW = ("own-threshold", "own-mean", "own-quick-mean", "four-thresholds")  # take more samples, or draws that differ
ALWAYS = 1000.0  # a rate at which every step is taken, whatever the draw


@pytest.fixture(autouse=True)
def quickly_compiled(monkeypatch):
    """Each rule is compiled, and learns a few samples: the time is the compiler's."""
    quickly = tuple("-O1" if word == "-O3" else word for word in library.COMPILE)
    assert quickly != library.COMPILE
    monkeypatch.setattr(library, "COMPILE", quickly)


def network(layers=(30, 20, 3), **settings):
    depth = len(layers) - 1
    given = {"learning_rate": (ALWAYS,) * depth, "metaplasticity": (0.0,) * depth, "margin": 6}
    return Network.of(layers=layers, **given | settings)


def learned(device, own, weights, samples=60, seed=5):
    """Predictions and hidden weights after random samples, from `weights`."""
    generator = np.random.default_rng(seed)
    pixels = (generator.random((samples, own.layers[0])) < 0.5).astype(np.uint8)
    labels = generator.integers(0, own.layers[-1], samples)
    device.configure(own)
    device.write_weights(weights)
    return device.train(pixels, labels), device.read_weights()


def random_weights(own, seed=3):
    generator = np.random.default_rng(seed)
    return [generator.integers(-3, 3, shape, dtype=np.int8) for shape in own.shapes]


@pytest.mark.parametrize("name, times", [("two-read-outs", 2), ("four-read-outs", 4)])
def test_equal_read_outs_are_one_with_their_margin_shared(name, times):
    own = network()
    first, last = random_weights(own)
    predictions, (hidden, outputs) = learned(CompiledDevice(), own, [first, last])
    shared = replace(own, margin=own.margin * times)
    found, (same, several) = learned(OtherRule(name), shared, [first, np.repeat(last, times, axis=0)])
    np.testing.assert_array_equal(found, predictions)
    np.testing.assert_array_equal(same, hidden)
    np.testing.assert_array_equal(several, np.repeat(outputs, times, axis=0))
    assert (hidden != first).any()


@pytest.mark.parametrize("name, times", [("best-of-two", 2), ("best-of-four", 4)])
def test_a_read_out_that_is_never_largest_says_and_learns_nothing(name, times):
    own = network(activation=("gate",))  # all that is valid is +1, so that weights of -1 give the least sum there is
    first, last = random_weights(own)
    last[:, 0] = 127  # a class's own sum is above that where neuron 0 is on, and equal otherwise: the first one counts
    silent = np.full((3, times, own.layers[1]), -128, dtype=np.int8)
    silent[:, 0] = last
    predictions, (hidden, outputs) = learned(CompiledDevice(), own, [first, last])
    found, (same, several) = learned(OtherRule(name), own, [first, silent.reshape(3 * times, -1)])
    np.testing.assert_array_equal(found, predictions)
    np.testing.assert_array_equal(same, hidden)
    several = several.reshape(3, times, -1)
    np.testing.assert_array_equal(several[:, 0], outputs)
    np.testing.assert_array_equal(several[:, 1:], silent[:, 1:])
    assert (outputs != last).any()


def test_the_largest_read_out_speaks_and_learns():
    own = network((4, 2))
    rows = np.array([[0, 0, -1, -1], [0, 0, 0, 0], [-1, 0, 0, 0], [-1, -1, 0, 0]], dtype=np.int8)  # sums 0 4 2 0
    device = OtherRule("best-of-two")
    device.configure(replace(own, margin=3))
    device.write_weights([rows])
    assert device.train([[1, 1, 1, 1]], [0]).tolist() == [0]
    changes = device.read_weights()[0] - rows
    assert changes[:, 1].tolist() == [0, 1, -1, 0]


@pytest.mark.parametrize(
    "name, negative, margin, expected",
    [
        ("contract", [0, 1, 1, 2], 3, [1, -1, 0, 0]),
        ("two-rivals", [0, 1, 1, 2], 3, [1, -1, -1, 0]),
        ("two-rivals", [0, 0, 1, 2], 2, [1, -1, 0, 0]),  # the second is as far below as the margin asks
    ],
)
def test_the_second_rival_within_the_margin_is_pushed_away_too(name, negative, margin, expected):
    rows = np.array([[0] * (4 - count) + [-1] * count for count in negative], dtype=np.int8)  # sums 4 - 2 · count
    device = engine_of("compiled", name)
    device.configure(replace(network((4, 4)), margin=margin))
    device.write_weights([rows])
    device.train([[1, 1, 1, 1]], [0])
    assert (device.read_weights()[0] - rows)[:, 0].tolist() == expected


@pytest.mark.parametrize("window, expected", [(4, [0, 0, 1, 1]), (8, [1, 1, 1, 1])])
def test_a_neuron_on_the_side_of_its_error_has_half_the_window(window, expected):
    own = replace(network((8, 4, 2)), window=(window,))
    counts = [8, 8, 4, 4]  # sums 8, 8, 0, 0, 4 from their mean
    first = np.array([[0] * on + [-1] * (8 - on) for on in counts], dtype=np.int8)
    last = np.array([[0, 0, 0, 0], [-1, -1, -1, -1]], dtype=np.int8)  # every hidden neuron should grow
    device = OtherRule("halved-window")
    device.configure(own)
    device.write_weights([first, last])
    device.train([[1] * 8], [0])
    assert (device.read_weights()[0] - first)[:, 0].tolist() == expected


def test_an_own_threshold_follows_the_neuron_s_mean():
    own = replace(network((64, 2, 2)), margin=4, window=(1,))
    first = np.array([[0] * 64, [-1] * 64], dtype=np.int8)  # sums +n and -n, mean 0
    last = np.array([[0, -1], [-1, 0]], dtype=np.int8)  # class 0 where neuron 0 is on and neuron 1 is off
    often = np.zeros((1, 64), np.uint8)
    often[0, :40] = 1
    weak, strong = np.zeros((2, 1, 64), np.uint8)
    weak[0, : 40 - FREE - 1] = 1
    strong[0, : 40 - FREE] = 1
    with OtherRule("own-threshold") as device:
        device.configure(own)
        device.write_weights([first, last])
        assert device.infer(weak).tolist() == [0]
        device.train(np.repeat(often, 400_000, axis=0), np.zeros(400_000, np.int64))
        # both neurons are off for a weaker input: neuron 0 below its threshold, and neuron 1 above its own
        assert device.infer(strong).tolist() == [0]
        assert device.infer(weak).tolist() == [1]
        assert (device.read_weights()[0] == first).all()  # nothing was to be learned so far
        device.train(weak, [0])
        assert (device.read_weights()[0] != first)[:, 0].all()  # one below its threshold is in the window


@pytest.mark.parametrize("name, shift", [("small-bias", 3), ("large-bias", 1)])
def test_a_bias_steps_with_its_row_and_is_added_to_its_neuron_s_sum(name, shift):
    own = replace(network((8, 2, 2)), window=(100,), margin=3)
    first = np.array([[0] * 8, [-1] * 8], dtype=np.int8)
    last = np.array([[0, -1], [-1, 0]], dtype=np.int8)  # class 0 where neuron 0 is on and neuron 1 is off
    needed = 1 << shift  # steps until a bias counts
    with OtherRule(name) as device:
        for silent in (needed - 1, needed):
            device.configure(own)
            for _ in range(silent):
                device.write_weights([first, last])  # the biases stay what they are
                device.train(np.zeros((1, 8), np.uint8), [1])  # neuron 1 up and 0 down, no input
            device.write_weights([first, last])
            assert device.infer(np.zeros((1, 8), np.uint8)).tolist() == [1 if silent == needed else 0]


def test_an_integrated_error_learns_at_two_and_starts_again():
    own = replace(network((4, 2, 2)), window=(100,), margin=100)
    rows = [np.full((2, 4), 9, np.int8), np.array([[0, -1], [-1, 0]], dtype=np.int8)]
    device = OtherRule("integrated-error")
    device.configure(own)
    device.write_weights(rows)
    moved = []
    for label in (0, 0, 0, 1, 0, 0):  # errors of neuron 0: +1, +1, +1, -1, +1, +1
        device.train(np.ones((1, 4), np.uint8), [label])
        first, last = device.read_weights()
        moved.append(int(first[0, 0]) - 9)
        device.write_weights([first, rows[1]])  # the errors stay what they are
    assert moved == [0, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    "name, samples, follows", [("own-mean", 400_000, True), ("own-mean", 4000, False), ("own-quick-mean", 8000, True)]
)
def test_an_own_mean_is_taken_from_the_sum(name, samples, follows):
    own = replace(network((64, 2, 2)), margin=4, window=(1,))
    first = np.array([[0] * 64, [-1] * 64], dtype=np.int8)  # sums +n and -n, mean 0
    last = np.array([[0, -1], [-1, 0]], dtype=np.int8)  # class 0 where neuron 0 is on and neuron 1 is off
    often, weak = np.zeros((2, 1, 64), np.uint8)
    often[0, :40] = 1
    weak[0, : 40 - FREE - 2] = 1
    with OtherRule(name) as device:
        device.configure(own)
        device.write_weights([first, last])
        assert device.infer(weak).tolist() == [0]
        device.train(np.repeat(often, samples, axis=0), np.zeros(samples, np.int64))
        assert device.infer(weak).tolist() == [1 if follows else 0]  # 28 - 30 and -28 + 30 are on the other side


def test_the_slices_of_a_row_step_by_draws_of_their_own():
    half = (0.5,) * 2
    own = replace(network((784, 20, 2)), learning_rate=half, margin=1000, window=(1000,))
    weights = [np.zeros((20, 784), np.int8), np.array([[0] * 20, [-1] * 20], np.int8)]  # every hidden neuron has an error
    shares = {}
    for name in ("contract", "four-thresholds"):
        device = engine_of("compiled", name)
        device.configure(own)
        device.write_weights(weights)
        device.train(np.ones((1, 784), np.uint8), [0])
        slices = np.split(device.read_weights()[0] != 0, [192, 384, 576], axis=1)  # words 0 to 2, 3 to 5, …
        for part in slices:
            assert (part == part[:, :1]).all()  # one draw a slice: all of equal weights step, or none
        shares[name] = {len({bool(part[j, 0]) for part in slices}) for j in range(20)}
    assert shares == {"contract": {1}, "four-thresholds": {1, 2}}


def test_code_outputs_score_and_learn_by_the_codes():
    own = replace(network((4, 10)), margin=1000)
    rows = random_weights(replace(own, layers=(4, 30)))[0]
    device = OtherRule("code-outputs")
    device.configure(own)
    device.write_weights([rows])
    codes = np.array([[1 if bin((3 * c + 1) & (k + 1)).count("1") % 2 else -1 for k in range(30)] for c in range(10)])
    sums = np.where(rows >= 0, 1, -1).sum(axis=1)
    scores = device.scores(np.ones((1, 4), np.uint8))[0]
    np.testing.assert_array_equal(scores, codes @ sums)
    device.train(np.ones((1, 4), np.uint8), [2])
    rival = max((c for c in range(10) if c != 2), key=lambda c: (scores[c], -c))
    np.testing.assert_array_equal((device.read_weights()[0] - rows)[:, 0], np.where(codes[2] != codes[rival], codes[2], 0))


def test_silent_columns_relax_and_valid_ones_do_not():
    own = replace(network((4, 2)), learning_rate=(0.0,), relax_rate=(65536,))
    rows = np.array([[9, 9, -9, -9], [9, 9, -9, -9]], dtype=np.int8)
    device = OtherRule("silent-relax")
    device.configure(own)
    device.write_weights([rows])
    device.train([[1, 0, 1, 0]], [0])
    assert (device.read_weights()[0] - rows).tolist() == [[0, -1, 0, 1]] * 2


@pytest.mark.parametrize("inputs", [64, 70])
def test_a_signed_pixel_that_is_off_counts_and_learns(inputs):
    own = network((inputs, 3))
    generator = np.random.default_rng(1)
    rows = generator.integers(-9, 9, (3, inputs), dtype=np.int8)
    pixels = generator.integers(0, 2, (40, inputs), dtype=np.uint8)
    device = OtherRule("signed-input")
    device.configure(own)
    device.write_weights([rows])
    signs = 2 * pixels.astype(int) - 1
    np.testing.assert_array_equal(device.infer(pixels), (signs @ np.where(rows < 0, -1, 1).T).argmax(axis=1))
    label = (int(device.infer(pixels[:1])[0]) + 1) % 3
    device.train(pixels[:1], [label])
    np.testing.assert_array_equal(device.read_weights()[0][label] - rows[label], signs[0])


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_another_one(name):
    own = replace(network(activation=("gate",)), relax_rate=(30000, 30000), init_range=20)
    device = OtherRule(name)
    more = replace(own, layers=(30, 20, 3 * device.read_outs))
    weights = random_weights(more)
    _, (first, _) = learned(CompiledDevice(), own, random_weights(own))
    _, (other, _) = learned(device, own, weights)
    assert (first != other).any() or name in SLOW
    assert device.describe() == f"compiled twin, but {RULES[name].about}"


def test_a_rule_is_refused_where_it_is_unknown_or_the_engine_cannot():
    own = TrialNetwork.like(Network.of())
    with pytest.raises(ContractError, match="rule is 'nearest', expected one of contract, two-rivals"):
        replace(own, rule="nearest")
    with pytest.raises(InputError, match="--engine is twin, expected compiled for the rule two-rivals"):
        engine_of("twin", "two-rivals")


def test_a_sweep_refuses_before_it_learns_and_learns_by_the_rule_that_it_names(tmp_path, capsys):
    path = tmp_path / "a.json"
    words = ["experiment", "settings-sweep", "--samples", "300", "--test-samples", "30", "--seeds", "1", "--json", str(path)]
    variants = ["--variants", "rule = 'contract'; rule = 'best-of-two'"]
    assert run(app, [*words, *variants]) == 2
    said = capsys.readouterr()
    assert "--engine is twin, expected compiled for the rule best-of-two" in said.err
    assert "when new" not in said.out + said.err
    assert run(app, [*words, *variants, "--engine", "compiled"]) == 0
    base, same, other = (result["chip"]["runs"][0]["flips"] for result in json.loads(path.read_text())["by_variant"].values())
    assert base == same != other


def test_the_results_page_says_what_every_rule_is():
    page = (ROOT / "docs" / "results-tried.md").read_text()
    assert all(f"| `{name}`" in page or f", `{name}` |" in page for name in RULES)

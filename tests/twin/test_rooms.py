"""The twin's smaller rooms, each where it could be wrong: means, activations, ties, draws and words made ahead."""

import numpy as np
import pytest
import torch

from sw.contract import prng
from sw.contract.network import Network
from sw.twin import normalise
from sw.twin.array import Array
from sw.twin.classify import Classifier, predict
from sw.twin.draw import LEAST_AHEAD, Draws
from sw.twin.random_words import ahead
from sw.twin.settings import activation_settings


def settings(inputs, neurons, **fields):
    network = Network.of(layers=(inputs, neurons, 2), **fields)
    return activation_settings([network], torch.device("cpu"))[0]


@pytest.mark.parametrize(
    ("values", "mean"), [([-1, 0, 0], -1), ([1, 1, 0], 0), ([-3, 0], -2), ([3, 0], 1), ([-4, -2], -3), ([-7], -7)]
)
def test_the_mean_is_floored_toward_minus_infinity(values, mean):
    a = torch.tensor([[values]], dtype=torch.float32)
    assert normalise.mean(a, settings(8, len(values))).item() == mean


@pytest.mark.parametrize("inputs", [7, 784, 65535])
def test_the_mean_is_exact_for_sums_of_any_size(inputs):
    generator = np.random.default_rng(inputs)
    for neurons in (1, 3, 500, 40961):
        a = generator.integers(-inputs, inputs + 1, (1, 4, neurons))
        a[0, 1], a[0, 2] = inputs, -inputs
        a[0, 3], a[0, 3, 0] = inputs, inputs - 1  # just below an integer
        expected = [sum(row) // neurons for row in a[0].tolist()]
        found = normalise.mean(torch.from_numpy(a).to(torch.float32), settings(inputs, neurons))
        assert found[0].tolist() == expected


@pytest.mark.parametrize(
    ("mode", "gate", "expected"), [("sign", 0, [-1, 1, 1]), ("gate", 0, [0, 1, 1]), ("gate", 1, [0, 0, 1])]
)
def test_the_activation_begins_at_the_mean_and_the_gate(mode, gate, expected):
    a, mu = torch.tensor([[[-6.0, -5.0, -4.0]]]), torch.tensor([[-5.0]])
    own = settings(8, 3, activation=(mode,), gate=(gate,))
    found = normalise.activate(a, mu, own.fixed, own)
    assert found[0, 0].tolist() == expected


def test_a_band_begins_at_the_gate_on_both_sides_of_the_mean():
    a, mu = torch.arange(-9, 0, dtype=torch.float32).reshape(1, 1, -1), torch.tensor([[-5.0]])
    for gate, expected in ((0, a[0, 0]), (-2, a[0, 0]), (1, a[a != -5]), (3, torch.tensor([-9.0, -8, -2, -1])), (5, a[a > 0])):
        own = settings(8, 9, activation=("band",), gate=(gate,))
        found = normalise.activate(a, mu, own.fixed, own)
        assert a[found == 1].tolist() == expected.tolist()
        assert set(found.unique().tolist()) <= {0, 1}


def test_the_window_has_its_ends_inside_and_its_middle_at_the_gate():
    a = torch.arange(-10, 11, dtype=torch.float32).unsqueeze(0)
    own = settings(8, 21, activation=("gate",), gate=(3,), window=(2,))
    found = normalise.nearness(a, torch.tensor([[-5.0]]), own.fixed, own)
    assert a[found == 1].tolist() == [-4, -3, -2, -1, 0]
    assert set(found.unique().tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("gate", "window", "above", "below"),
    [
        (4, 1, [-2, -1, 0], [-10, -9, -8]),
        (4, 0, [-1], [-9]),
        (1, 2, [-5, -4, -3, -2], [-8, -7, -6]),  # the mean itself is above
        (0, 0, [-5], []),
        (-1, 2, [-5, -4], [-6]),
        (-3, 2, [], []),
    ],
)
def test_a_band_has_a_window_on_either_side_of_the_mean(gate, window, above, below):
    a = torch.arange(-10, 1, dtype=torch.float32).unsqueeze(0)
    own = settings(8, 11, activation=("band",), gate=(gate,), window=(window,))
    found = normalise.nearness(a, torch.tensor([[-5.0]]), own.fixed, own)
    assert (a[found == 1].tolist(), a[found == -1].tolist()) == (above, below)


@pytest.mark.parametrize("mode", ["sign", "gate", "band"])
def test_gate_and_window_follow_the_valid_inputs_of_each_sample(mode):
    gate = 0 if mode == "sign" else 10
    own = settings(200, 3, activation=(mode,), gate=(gate,), window=(20,), scaling=("root",))
    inputs = torch.zeros(1, 4, 200)
    for sample, valid in enumerate((0, 7, 100, 200)):
        inputs[0, sample, :valid] = torch.tensor([1.0, -1.0]).repeat(100)[:valid]
    found = own.bounds(inputs)
    assert found.gate.tolist() == [[0, 0, 0, 0] if mode == "sign" else [2, 2, 10, 14]]
    assert found.window.tolist() == [[4, 4, 20, 29]]


def test_ties_go_to_the_lowest_class():
    z = np.array([[[3, 7, 7, 1], [2, 2, 2, 2]]], dtype=np.float32)
    assert predict(z).tolist() == [[1, 0]]
    classifier = Classifier(np.array([[1, 0]]), 4, [0])
    assert classifier.d(z[:, 0], [0]).tolist() == [[0, 1, -1, 0]]
    assert classifier.d(z[:, 1], [1]).tolist() == [[1, -1, 0, 0]]
    assert classifier.d(z[:, 1], [None]).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize(("margin", "errors"), [(2, [False]), (3, [True]), (4, [True]), (-32768, [False]), (32767, [True])])
def test_a_lead_of_the_margin_is_enough(margin, errors):
    z = np.array([[[5, 3, 1]]], dtype=np.float32)
    assert Classifier(np.array([[0]]), 3, [margin]).errors(z, 0).tolist() == [errors]


def test_words_made_ahead_are_the_sequence():
    words = np.array([1, 2463534242, 2**32 - 1], dtype=np.uint32)
    stretch = ahead(words, 9)
    assert stretch.shape == (3, 512)
    for row in stretch.tolist():
        for word, following in zip(row, row[1:], strict=False):
            assert prng.step(word) == following


def test_draws_follow_the_rows_of_each_replica():
    networks = [Network.of(layers=(4, 6, 3), prng=p, relax_rate=(rate, 0)) for p, rate in ((5, 0), (77, 65536))]
    d = np.array([[0, 1, 0, -1, 1, 0], [1, 0, 0, 0, 0, -1]], dtype=np.int8)
    draws = Draws(networks)
    rows = draws.draw(0, d)
    expected = []
    for replica, network in enumerate(networks):
        word, table = network.prng, network.table(0)
        for neuron in np.flatnonzero(d[replica]).tolist():
            word = prng.step(word)
            relaxes = prng.relaxes(word, network.relax_rate[0])
            toward, away = table[prng.table_index(word)]
            if toward or away or relaxes:
                expected.append((replica, neuron, d[replica, neuron], toward, toward + min(away, 127), relaxes))
        assert draws.state(replica) == word
    found = (rows.replica, rows.neuron, rows.d[:, 0], rows.toward[:, 0], rows.span[:, 0], rows.relaxes)
    assert list(zip(*(values.tolist() for values in found), strict=True)) == expected
    assert rows.draws == [3, 2]
    assert rows.touched == [sum(replica == r for replica, *_ in expected) for r in range(2)]


def test_a_layer_may_draw_as_many_words_as_the_least_that_are_made_ahead():
    draws = Draws([Network.of(layers=(1, LEAST_AHEAD, 2), prng=7)])
    word = 7
    for _ in range(2):
        draws.draw(0, np.ones((1, LEAST_AHEAD), np.int8))
        for _ in range(LEAST_AHEAD):
            word = prng.step(word)
        assert draws.state(0) == word


@pytest.mark.parametrize(("rate", "relaxed"), [(1001, False), (1002, True)])
def test_a_row_is_relaxed_by_all_sixteen_bits_of_its_word(rate, relaxed):
    word = 1
    while (following := prng.step(word)) & 0xFFFF != 1001:
        word = following
    draws = Draws([Network.of(layers=(4, 1, 2), prng=word, learning_rate=(0, 0), relax_rate=(rate, 0))])
    assert (draws.draw(0, np.ones((1, 1), np.int8)).touched == [1]) == relaxed


def test_padding_columns_are_never_read():
    floor = torch.ones(1, 1, dtype=torch.int8)
    array = Array(3, 5, floor)
    array.load(0, torch.ones(3, 5, dtype=torch.int8))
    array._hidden[:, :, 5:] = -77
    array._binary[:, :, 5:] = torch.nan
    assert array.forward(torch.ones(1, 1, 5)).tolist() == [[[5, 5, 5]]]
    assert array.backward(torch.ones(1, 3, dtype=torch.int8)).tolist() == [[3] * 5]

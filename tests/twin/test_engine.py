"""The whole twin from outside: its state, its replicas, what inference leaves alone and what it refuses."""

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.twin.engine import Twin

NETWORK = Network.of(layers=(40, 21, 13, 5), init_range=128, margin=6, activation=("sign", "gate"), gate=(0, 2))
OTHERS = [
    NETWORK,
    Network.of(layers=NETWORK.layers, init_seed=7, prng=99, relax_rate=(65536, 0, 500), relax_floor=4),
    Network.of(layers=NETWORK.layers, margin=-(2**15)),
    Network.of(layers=NETWORK.layers, margin=2**15 - 1, learning_rate=(3.0, 0.0, 1.0), metaplasticity=(0.0, 1.0, 9.0)),
]


def samples(count, seed=1, replicas=None):
    generator = np.random.default_rng(seed)
    shape = (count,) if replicas is None else (replicas, count)
    return generator.integers(0, 2, (*shape, 40), dtype=np.uint8), generator.integers(0, 5, shape)


def state(twin, replica=0):
    weights = [w.tolist() for w in twin.weights(replica)]
    return weights, twin.prng(replica), twin.samples(replica), twin.counters(replica)


def test_it_begins_with_the_initial_state():
    twin = Twin(OTHERS)
    for replica, network in enumerate(OTHERS):
        for found, expected in zip(twin.weights(replica), initial_weights(network), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert (twin.prng(replica), twin.samples(replica), twin.signature(replica)) == (network.prng, 0, 0)


def test_a_replica_is_what_it_is_alone():
    pixels, labels = samples(200, replicas=len(OTHERS))
    together = Twin(OTHERS)
    predictions = together.train(pixels, labels)
    learned = set()
    for replica, network in enumerate(OTHERS):
        alone = Twin.of(network)
        np.testing.assert_array_equal(alone.train(pixels[replica], labels[replica])[0], predictions[replica])
        assert state(alone) == state(together, replica)
        learned.add(alone.counters()["learned"])
    assert {0, 200} < learned  # one never learns, one always


def test_the_trace_of_a_replica_is_its_own():
    pixels, labels = samples(40, replicas=len(OTHERS))
    together, alone = Twin(OTHERS), [Twin.of(network) for network in OTHERS]
    for i in range(40):
        trace = together.step(pixels[:, i], labels[:, i])
        for r, twin in enumerate(alone):
            own = twin.step(pixels[r, i], labels[r, i])
            for name in ("prediction", "learned", "prng", "scores"):
                assert getattr(trace, name)[r].tolist() == getattr(own, name)[0].tolist()
            for name in ("pre_activations", "means", "d"):
                assert [x[r].tolist() for x in getattr(trace, name)] == [x[0].tolist() for x in getattr(own, name)]


def test_replicas_share_samples_that_are_given_once():
    pixels, labels = samples(60)
    shared, repeated = Twin(OTHERS), Twin(OTHERS)
    shared.train(pixels, labels)
    repeated.train(np.stack([pixels] * 4), np.stack([labels] * 4))
    assert [state(shared, r) for r in range(4)] == [state(repeated, r) for r in range(4)]


@pytest.mark.parametrize("block", [1, 2, 7, 500])
def test_the_block_size_changes_nothing(block):
    pixels, labels = samples(150, replicas=4)
    one, other = Twin(OTHERS), Twin(OTHERS, block=block)
    np.testing.assert_array_equal(one.train(pixels, labels), other.train(pixels, labels))
    assert [state(one, r) for r in range(4)] == [state(other, r) for r in range(4)]


def test_a_resumed_run_never_stopped():
    pixels, labels = samples(300)
    whole, first = Twin.of(NETWORK), Twin.of(NETWORK)
    predictions = whole.train(pixels, labels)[0]
    before = first.train(pixels[:113], labels[:113])[0]
    resumed = Twin.of(NETWORK)
    resumed.load(first.weights(), first.prng(), first.samples())
    after = resumed.train(pixels[113:], labels[113:])[0]
    assert [*before, *after] == predictions.tolist()
    assert state(resumed)[:3] == state(whole)[:3]
    assert whole.samples() == 300


def test_inference_changes_nothing():
    pixels, labels = samples(700)
    twin = Twin.of(NETWORK)
    twin.train(pixels[:100], labels[:100])
    before = state(twin)
    predictions = twin.infer(pixels)
    assert state(twin) == before
    assert predictions[0, 100] == twin.train(pixels[100:101], labels[100:101])[0, 0]
    assert twin.infer(pixels[:0]).shape == (1, 0)


def test_more_draws_than_were_made_ahead():
    network = Network.of(layers=(3, 90, 2), margin=2**15 - 1, window=(1023,), learning_rate=(1.0, 1.0))
    generator = np.random.default_rng(4)
    pixels, labels = generator.integers(0, 2, (300, 3)), generator.integers(0, 2, 300)
    stepwise, blocked = Twin.of(network), Twin.of(network)
    for image, label in zip(pixels, labels, strict=True):
        stepwise.step(image, label)
        stepwise.set_state(stepwise.prng(), stepwise.samples())  # makes them ahead from here
    blocked.train(pixels, labels)
    assert blocked.counters()["draws"] > 3 * 8192 // 2
    assert state(stepwise) == state(blocked)


def test_the_largest_state_is_taken():
    twin = Twin.of(NETWORK)
    twin.set_state(2**32 - 1, 2**64 - 1, 2**32 - 1)
    assert (twin.prng(), twin.samples()) == (2**32 - 1, 2**64 - 1)


def test_weights_are_copies():
    twin = Twin.of(NETWORK)
    twin.weights()[0][:] = 3
    np.testing.assert_array_equal(twin.weights()[0], initial_weights(NETWORK)[0])


PIXELS, LABELS = samples(3)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda t: t.train(PIXELS[:, :-1], LABELS), r"pixels has the shape \(3, 39\)"),
        (lambda t: t.train(PIXELS[0], LABELS[:1]), r"pixels has the shape \(40,\)"),
        (lambda t: t.train(np.stack([PIXELS] * 2), LABELS), r"expected \(samples, 40\) or \(1, samples, 40\)"),
        (lambda t: t.train(PIXELS * 2, LABELS), "other than the integers 0 and 1"),
        (lambda t: t.train(PIXELS * 0.5, LABELS), "other than the integers 0 and 1"),
        (lambda t: t.train(PIXELS, LABELS[:2]), r"labels has the shape \(2,\)"),
        (lambda t: t.train(PIXELS, [0, 1, 5]), "a label is 5, expected 0 to 4"),
        (lambda t: t.train(PIXELS, [0, -1, 5]), "a label is -1"),
        (lambda t: t.train(PIXELS, [0.0, 1.0, 2.0]), "labels has the type float64"),
        (lambda t: t.step(PIXELS[0], 5), "a label is 5"),
        (lambda t: t.infer(PIXELS.T), "pixels has the shape"),
        (lambda t: t.load(t.weights()[:2], 1, 0), "weights has 2 layers, expected 3"),
        (lambda t: t.load([w.T for w in t.weights()], 1, 0), "weights of layer 1 have the shape"),
        (lambda t: t.load([w.astype(int) for w in t.weights()], 1, 0), "weights of layer 1 have the type int64"),
        (lambda t: t.load(t.weights(), 0, 0), "prng is 0"),
        (lambda t: t.load([0 * w for w in t.weights()], 2**32, 0), "prng is 4294967296"),
        (lambda t: t.set_state(1, 2**64), "samples is 18446744073709551616"),
        (lambda t: t.set_state(1, 0, replica=1), "replica is 1, expected an integer from 0 to 0"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(use, message):
    twin = Twin.of(NETWORK)
    twin.train(PIXELS, LABELS)
    before = state(twin)
    with pytest.raises(ContractError, match=message):
        use(twin)
    assert state(twin) == before


def test_replicas_have_the_same_sizes():
    with pytest.raises(ContractError, match=r"layers is \(4, 2\), the first replica's is \(4, 3\)"):
        Twin([Network.of(layers=(4, 3)), Network.of(layers=(4, 2))])
    with pytest.raises(ContractError, match="a twin has no networks"):
        Twin([])

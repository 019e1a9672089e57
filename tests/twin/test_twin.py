"""The twin from the inside and in several: what it traces of a sample, and its replicas, are those of the independent model.

`tests/contract/test_contract_model.py` has the same comparison from the outside, and shows that it finds faults.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sw.contract.network import Network
from sw.twin.engine import Twin
from tests.drivers.network_model import model_of


def assert_same_state(twin, replica, model):
    assert [w.tolist() for w in twin.weights(replica)] == model.weights
    assert twin.prng(replica) == model.prng
    assert twin.samples(replica) == model.samples
    assert twin.signature(replica) == model.signature
    expected = {"learned": model.learned, "draws": model.draws, "rows_learned": model.rows_learned}
    assert twin.counters(replica) == expected


def assert_same_sample(trace, replica, passed, errors, model):
    """`passed` and `errors`: what the model made of the sample before it learned from it."""
    assert trace.prediction[replica] == model.prediction(passed.sums[-1])
    assert [a[replica].tolist() for a in trace.pre_activations] == passed.sums
    assert trace.scores[replica].tolist() == passed.sums[-1]
    assert [mu[replica] for mu in trace.means] == passed.means[:-1]
    assert [d[replica].tolist() for d in trace.d] == (errors or [[0] * len(a) for a in passed.sums])
    assert trace.learned[replica] == (errors is not None)
    assert trace.prng[replica] == model.prng


@st.composite
def networks_of_layers(draw, layers):
    """A network of the given sizes; every other setting anywhere in its range, the ends included."""
    depth = len(layers) - 1

    def each(values, count=depth):
        return tuple(draw(values) for _ in range(count))

    activation = each(st.sampled_from(["sign", "gate", "band"]), depth - 1)
    return Network.of(
        layers=layers,
        init_seed=draw(st.integers(0, 2**32)),
        init_range=draw(st.sampled_from([1, 2, 8, 128])),
        learning_rate=each(st.sampled_from([0.0, 0.1, 0.4, 1.0, 5.0])),
        metaplasticity=each(st.sampled_from([0.0, 0.5, 2.5, 40.0])),
        saturation=each(st.sampled_from([0.0, 0.0, 2.0])),
        metaplastic_function=each(st.sampled_from(["tanh", "hyperbola"])),
        margin=draw(st.sampled_from([-(2**15), -2, 0, 1, 2, 4, 6, 2**15 - 1])),
        window=each(st.sampled_from([0, 1, 2, 3, 1023]), depth - 1),
        activation=activation,
        gate=tuple(0 if mode == "sign" else draw(st.sampled_from([-1023, -2, -1, 0, 1, 2, 1023])) for mode in activation),
        scaling=each(st.sampled_from(["none", "root"]), depth - 1),
        prng=draw(st.integers(1, 2**32 - 1)),
        relax_rate=each(st.sampled_from([0, 300, 30000, 65535, 65536])),
        relax_floor=draw(st.sampled_from([1, 2, 5, 127])),
    )


SIZES = st.lists(st.integers(1, 9) | st.sampled_from([24, 57]), min_size=1, max_size=4).flatmap(
    lambda sizes: st.integers(2, 5).map(lambda classes: (*sizes, classes))
)


@given(SIZES.flatmap(networks_of_layers), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_every_sample_is_the_model_s(network, seed):
    """Given any network, when it is trained sample by sample, then all it computes and all its state are the model's."""
    generator = np.random.default_rng(seed)
    twin, model = Twin.of(network), model_of(network)
    for _ in range(12):
        pixels, label = generator.integers(0, 2, network.layers[0]).tolist(), int(generator.integers(network.layers[-1]))
        passed = model.forward(pixels)
        errors = model.errors(passed, label)
        model.train(pixels, label)
        assert_same_sample(twin.step(np.array(pixels), label), 0, passed, errors, model)
        assert_same_state(twin, 0, model)


@given(
    SIZES.flatmap(lambda layers: st.lists(networks_of_layers(layers), min_size=1, max_size=4)),
    st.integers(1, 9),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_blocks_of_replicas_are_the_model_s(networks, block, seed):
    """Given replicas with their own settings and samples, when they train in blocks, then each is its model."""
    generator = np.random.default_rng(seed)
    replicas, sizes = len(networks), networks[0].layers
    pixels = generator.integers(0, 2, (replicas, 30, sizes[0]))
    labels = generator.integers(0, sizes[-1], (replicas, 30))
    twin = Twin(networks, block=block)
    predictions = np.concatenate([twin.train(pixels[:, :17], labels[:, :17]), twin.train(pixels[:, 17:], labels[:, 17:])], 1)
    for replica, network in enumerate(networks):
        model = model_of(network)
        samples = zip(pixels[replica].tolist(), labels[replica].tolist(), strict=True)
        assert predictions[replica].tolist() == [model.train(*sample) for sample in samples]
        assert_same_state(twin, replica, model)


def test_a_wide_network_is_the_model_s():
    """Given layers wider than a byte and weights at the rails, when relaxation and gates are on, then nothing differs."""
    network = Network.of(
        layers=(200, 70, 40, 30, 6),
        init_range=128,
        learning_rate=(0.5, 1.0, 0.7, 2.0),
        metaplasticity=(0.0, 1.0, 2.0, 0.2),
        margin=4,
        activation=("gate", "sign", "band"),
        gate=(3, 0, 2),
        window=(6, 4, 3),
        scaling=("root", "none", "none"),
        relax_rate=(3000, 65536, 0, 20000),
        relax_floor=3,
    )
    generator = np.random.default_rng(3)
    pixels, labels = generator.integers(0, 2, (60, 200)), generator.integers(0, 6, 60)
    twin, model = Twin.of(network), model_of(network)
    predictions = [model.train(*sample) for sample in zip(pixels.tolist(), labels.tolist(), strict=True)]
    assert twin.train(pixels, labels)[0].tolist() == predictions
    assert_same_state(twin, 0, model)
    assert any(mu < 0 for mu in model.forward(pixels[-1].tolist()).means)
    assert {-128, 127} <= {q for layer in model.weights for row in layer for q in row}

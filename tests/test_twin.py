"""The twin against the clauses: a model that loops over synapses must agree with it after every sample.

The model shares nothing with the twin but the scalar definitions of `sw.contract`; its loops are the clauses, in order.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import set_num_threads

from sw.contract import hidden_weight, prng
from sw.contract.network import Network
from sw.contract.table import thresholds
from sw.data.initial_weights import initial_weights
from sw.twin.engine import Twin

set_num_threads(1)  # tests run side by side


class Model:
    """One network, one synapse at a time."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.weights = [w.tolist() for w in initial_weights(network)]
        settings = zip(network.learning_rate, network.metaplasticity, network.saturation, strict=True)
        self.tables = [thresholds(*setting) for setting in settings]
        self.prng, self.samples = network.prng, 0
        self.learned = self.draws = self.rows_learned = 0

    def forward(self, pixels):
        """Clauses 3 to 6: pairs (valid, sign) into each layer, pre-activations, means."""
        self.inputs, self.a, self.mu = [[(int(p), 1) for p in pixels]], [], []
        for i, layer in enumerate(self.weights):
            x = self.inputs[i]
            a = [sum(v * hidden_weight.binary_weight(q) * s for q, (v, s) in zip(row, x, strict=True)) for row in layer]
            self.a.append(a)
            if i < len(self.weights) - 1:
                mu = sum(a) // len(a)
                self.mu.append(mu)
                if self.network.activation[i] == "sign":
                    self.inputs.append([(1, 1 if value >= mu else -1) for value in a])
                else:
                    self.inputs.append([(int(value >= mu + self.network.gate[i]), 1) for value in a])
        return self.a[-1].index(max(self.a[-1]))

    def train(self, pixels, label):
        """Clauses 7 to 11; the prediction before learning."""
        prediction = self.forward(pixels)
        self.samples += 1
        z = self.a[-1]
        rival = min((c for c in range(len(z)) if c != label), key=lambda c: (-z[c], c))
        self.d = [[0] * len(layer) for layer in self.weights]
        if z[label] - z[rival] >= self.network.margin:
            return prediction
        self.learned += 1
        self.d[-1][label], self.d[-1][rival] = 1, -1
        for i in reversed(range(len(self.weights))):
            if i > 0:
                self.backward(i)
            for j, d in enumerate(self.d[i]):
                if d:
                    self.learn_row(i, j, d)
        return prediction

    def backward(self, i):
        gate, window = self.network.gate[i - 1], self.network.window[i - 1]
        for j, a in enumerate(self.a[i - 1]):
            rows = zip(self.d[i], self.weights[i], strict=True)
            g = sum(d * hidden_weight.binary_weight(row[j]) for d, row in rows)
            if abs(a - self.mu[i - 1] - gate) <= window:
                self.d[i - 1][j] = (g > 0) - (g < 0)

    def learn_row(self, i, j, d):
        self.draws += 1
        self.prng = prng.step(self.prng)
        toward, away = self.tables[i][prng.table_index(self.prng)]
        row = self.weights[i][j]
        relaxes = prng.relaxes(self.prng, self.network.relax_rate[i])
        self.rows_learned += bool(relaxes or toward or away)
        for column, (valid, sign) in enumerate(self.inputs[i]):
            q = hidden_weight.relax(row[column], self.network.relax_floor) if relaxes else row[column]
            row[column] = hidden_weight.learn(q, d * sign * valid, toward, away)


def assert_same_state(twin, replica, model):
    assert [w.tolist() for w in twin.weights(replica)] == model.weights
    assert twin.prng(replica) == model.prng
    assert twin.samples(replica) == model.samples
    expected = {"learned": model.learned, "draws": model.draws, "rows_learned": model.rows_learned}
    assert twin.counters(replica) == expected


def assert_same_sample(trace, replica, model, prediction):
    assert trace.prediction[replica] == prediction
    assert [a[replica].tolist() for a in trace.pre_activations] == model.a
    assert trace.scores[replica].tolist() == model.a[-1]
    assert [mu[replica] for mu in trace.means] == model.mu
    assert [d[replica].tolist() for d in trace.d] == model.d
    assert trace.learned[replica] == any(model.d[-1])
    assert trace.prng[replica] == model.prng


@st.composite
def networks_of_layers(draw, layers):
    """A network of the given sizes; every other setting anywhere in its range, the ends included."""
    depth = len(layers) - 1

    def each(values, count=depth):
        return tuple(draw(values) for _ in range(count))

    activation = each(st.sampled_from(["sign", "gate"]), depth - 1)
    return Network.of(
        layers=layers,
        init_seed=draw(st.integers(0, 2**32)),
        init_range=draw(st.sampled_from([1, 2, 8, 128])),
        learning_rate=each(st.sampled_from([0.0, 0.1, 0.4, 1.0, 5.0])),
        metaplasticity=each(st.sampled_from([0.0, 0.5, 2.5, 40.0])),
        saturation=each(st.sampled_from([0.0, 0.0, 2.0])),
        margin=draw(st.sampled_from([-(2**15), -2, 0, 1, 2, 4, 6, 2**15 - 1])),
        window=each(st.sampled_from([0, 1, 2, 3, 1023]), depth - 1),
        activation=activation,
        gate=tuple(0 if mode == "sign" else draw(st.sampled_from([-1023, -2, -1, 0, 1, 2, 1023])) for mode in activation),
        prng=draw(st.integers(1, 2**32 - 1)),
        relax_rate=each(st.sampled_from([0, 300, 30000, 65535, 65536])),
        relax_floor=draw(st.sampled_from([1, 2, 5, 127])),
    )


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=4).flatmap(
    lambda sizes: st.integers(2, 5).map(lambda classes: (*sizes, classes))
)


@given(SIZES.flatmap(networks_of_layers), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_every_sample_is_the_model_s(network, seed):
    """Given any network, when it is trained sample by sample, then all it computes and all its state are the model's."""
    generator = np.random.default_rng(seed)
    twin, model = Twin.of(network), Model(network)
    for _ in range(12):
        pixels, label = generator.integers(0, 2, network.layers[0]), int(generator.integers(network.layers[-1]))
        trace = twin.step(pixels, label)
        assert_same_sample(trace, 0, model, model.train(pixels, label))
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
        model = Model(network)
        samples = zip(pixels[replica], labels[replica].tolist(), strict=True)
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
        activation=("gate", "sign", "gate"),
        gate=(3, 0, -2),
        window=(6, 4, 3),
        relax_rate=(3000, 65536, 0, 20000),
        relax_floor=3,
    )
    generator = np.random.default_rng(3)
    pixels, labels = generator.integers(0, 2, (60, 200)), generator.integers(0, 6, 60)
    twin, model = Twin.of(network), Model(network)
    predictions = [model.train(*sample) for sample in zip(pixels, labels.tolist(), strict=True)]
    assert twin.train(pixels, labels)[0].tolist() == predictions
    assert_same_state(twin, 0, model)
    assert any(mu < 0 for mu in model.mu) or min(min(a) for a in model.a) < 0
    assert {-128, 127} <= {q for layer in model.weights for row in layer for q in row}

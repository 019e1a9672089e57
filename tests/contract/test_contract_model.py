"""The twin against a second implementation of the contract, with no line in common (`tests/drivers/contract_model.py`)."""

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sw.contract import network as contract_network
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.table import thresholds
from sw.data.initial_weights import initial_weights
from sw.twin.engine import Twin
from tests.drivers import contract_model
from tests.drivers.contract_model import ContractModel, Forward, Layer, Table
from tests.drivers.network_model import model_of

SAMPLES = 12


class DisagreementError(AssertionError):
    """The twin and the model computed different things."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network, its samples and its weights at the start, all but the network from `seed`.

    tables : of each layer, where they are not clause 12's
    at_rails : whether the weights are at the ends and in the middle of their range instead of clause 14's
    """

    network: Network
    tables: tuple[Table, ...] | None
    at_rails: bool
    seed: int


@contextmanager
def twin_of(case: Case) -> Iterator[Twin]:
    """The twin, with the case's tables in place of those that it computes."""
    if case.tables is None:
        yield Twin.of(case.network)
        return
    tables = case.tables
    with mock.patch.object(Network, "table", lambda network, layer: tables[layer]):
        yield Twin.of(case.network)


def compare(case: Case, model_class: type[ContractModel] = ContractModel) -> None:
    """Trains both in the same portions; raises DisagreementError where a prediction or anything that is kept differs."""
    source = random.Random(case.seed)
    model = model_of(case.network, case.tables, model_class)
    with twin_of(case) as twin:
        if case.at_rails:
            ends = (-128, -127, -126, -2, -1, 0, 1, 126, 127)
            model.weights = [[[source.choice(ends) for _ in row] for row in layer] for layer in model.weights]
            twin.load([np.array(layer, dtype=np.int8) for layer in model.weights], model.prng, 0)
        pixels = [[source.randrange(2) for _ in range(model.inputs)] for _ in range(SAMPLES)]
        labels = [source.randrange(model.layers[-1].neurons) for _ in range(SAMPLES)]
        begin = 0
        while begin < SAMPLES:
            end = min(SAMPLES, begin + source.choice((1, 1, 2, 5)))
            agree("predictions", twin.infer(pixels[begin:end])[0].tolist(), [model.predict(p) for p in pixels[begin:end]])
            before = twin.train(pixels[begin:end], labels[begin:end])[0].tolist()
            samples = zip(pixels[begin:end], labels[begin:end], strict=True)
            agree("predictions in training", before, [model.train(*sample) for sample in samples])
            agree("weights", [layer.tolist() for layer in twin.weights()], model.weights)
            agree("random word", twin.prng(), model.prng)
            agree("samples", twin.samples(), model.samples)
            agree("signature", twin.signature(), model.signature)
            agree("counters", twin.counters(), {name: getattr(model, name) for name in twin.counters()})
            begin = end


def agree(what: str, twin: object, model: object) -> None:
    if twin != model:
        raise DisagreementError(f"{what}: the twin has {twin}, the model {model}")


# --- any network

THRESHOLDS = (0, 0, 1, 2, 63, 64, 126, 127, 128, 128)


def extreme_table(seed: int) -> Table:
    source = random.Random(seed)
    return tuple((source.choice(THRESHOLDS), source.choice(THRESHOLDS)) for _ in range(256))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A small network with every setting anywhere in its range, the ends included."""
    hidden = draw(st.lists(st.integers(1, 9), min_size=0, max_size=3))
    layers = (draw(st.integers(1, 9) | st.sampled_from((24, 57))), *hidden, draw(st.integers(2, 5)))
    depth = len(layers) - 1
    rate = st.sampled_from((0, 1, 300, 30000, 65535, 65536)) | st.integers(0, 65536)
    gates = st.sampled_from((-1023, -1, 0, 1, 1023)) | st.integers(-4, 4)

    def each(values, count):
        return tuple(draw(st.lists(values, min_size=count, max_size=count)))

    activation = each(st.sampled_from(("sign", "gate", "band")), depth - 1)
    network = Network.of(
        layers=layers,
        init_seed=draw(st.integers(0, 2**64 - 1)),
        init_range=draw(st.sampled_from((1, 2, 8, 127, 128))),
        learning_rate=each(st.sampled_from((0.0, 0.1, 0.4, 1.0, 5.0, 1e308)), depth),
        metaplasticity=each(st.sampled_from((0.0, 0.5, 2.5, 40.0, 1e308)), depth),
        saturation=each(st.sampled_from((0.0, 2.5, 40.0, 1e308)), depth),
        metaplastic_function=each(st.sampled_from(("tanh", "hyperbola")), depth),
        margin=draw(st.sampled_from((-(2**15), -2, 0, 2, 4, 2**15 - 1)) | st.integers(-10, 10)),
        window=each(st.sampled_from((0, 1, 2, 3, 5, 1023)), depth - 1),
        activation=activation,
        gate=tuple(0 if mode == "sign" else draw(gates) for mode in activation),
        scaling=each(st.sampled_from(("none", "none", "root")), depth - 1),
        prng=draw(st.sampled_from((1, 2**31, 2**32 - 1)) | st.integers(1, 2**32 - 1)),
        relax_rate=each(rate, depth),
        relax_floor=draw(st.sampled_from((1, 2, 64, 126, 127))),
    )
    tables = draw(st.none() | st.integers(0, 2**32 - 1).map(lambda seed: tuple(extreme_table(seed + i) for i in range(depth))))
    return Case(network=network, tables=tables, at_rails=draw(st.booleans()), seed=draw(st.integers(0, 2**32 - 1)))


def search(model_class: type[ContractModel], examples: int, *, shrink: bool) -> None:
    """Compares on `examples` networks, the same in every run; raises DisagreementError for the first that differs."""
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(cases())
    def run(case: Case) -> None:
        compare(case, model_class)

    run()


def test_the_twin_is_the_model():
    """Given any small network, when both are trained in any portions, then all they predict and keep is the same."""
    search(ContractModel, 250, shrink=True)


def test_a_network_as_wide_as_an_image_is_the_model():
    layers = (784, 24, 10)
    compare(Case(network=Network.of(layers=layers, relax_rate=(900, 90)), tables=None, at_rails=False, seed=1))
    compare(Case(network=Network.of(layers=layers, activation=("gate",), gate=(5,)), tables=None, at_rails=True, seed=2))
    band = Network.of(layers=layers, activation=("band",), gate=(17,), window=(9,), scaling=("root",))
    compare(Case(network=band, tables=None, at_rails=True, seed=3))


# --- the comparison finds one wrong line


class BinaryWeightOfZero(ContractModel):
    def binary(self, q: int) -> int:
        return 1 if q > 0 else -1


class SignatureWithoutItsFeedback(ContractModel):
    def signed(self, prediction: int) -> int:
        return self.signature >> 1 ^ self.prng ^ prediction


class MeanTruncated(ContractModel):
    def mean(self, sums: list[int]) -> int:
        return int(sum(sums) / len(sums))


class SignAboveTheMeanOnly(ContractModel):
    def activation(self, layer: Layer, distance: int, gate: int) -> tuple[int, int]:
        return (1, 1 if distance > 0 else -1) if layer.mode == "sign" else super().activation(layer, distance, gate)


class GateAboveTheThresholdOnly(ContractModel):
    def activation(self, layer: Layer, distance: int, gate: int) -> tuple[int, int]:
        return (int(distance > gate), 1) if layer.mode == "gate" else super().activation(layer, distance, gate)


class BandBeyondItsEdgeOnly(ContractModel):
    def activation(self, layer: Layer, distance: int, gate: int) -> tuple[int, int]:
        return (int(abs(distance) > gate), 1) if layer.mode == "band" else super().activation(layer, distance, gate)


class LowerSideOfABandIsNegative(ContractModel):
    def activation(self, layer: Layer, distance: int, gate: int) -> tuple[int, int]:
        valid, sign = super().activation(layer, distance, gate)
        return valid, sign * self.side(layer, distance)


class BothSidesOfABandLearnTheSame(ContractModel):
    def side(self, layer: Layer, distance: int) -> int:
        return 1


class MiddleOfABandIsBelow(ContractModel):
    def side(self, layer: Layer, distance: int) -> int:
        return -1 if layer.mode == "band" and distance <= 0 else 1


class BandWithOneWindow(ContractModel):
    def is_near(self, layer: Layer, distance: int, v: int) -> bool:
        return abs(distance - self.scaled(layer, layer.gate, v)) <= self.scaled(layer, layer.window, v)


class ScaledByEveryCount(ContractModel):
    def scaled(self, layer: Layer, value: int, v: int) -> int:
        return math.floor(value * math.sqrt(v / 100) + 0.5) if layer.scaling == "root" else value


class ScaledTowardZero(ContractModel):
    def scaled(self, layer: Layer, value: int, v: int) -> int:
        middle = 8 * (v >> 3) + 4
        return int(value * math.sqrt(middle / 100)) if layer.scaling == "root" else value


class ScaledByAllInputs(ContractModel):
    def valid(self, ternary: list[tuple[int, int]]) -> int:
        return len(ternary)


class WindowIsNotScaled(ContractModel):
    def is_near(self, layer: Layer, distance: int, v: int) -> bool:
        distance = abs(distance) if layer.mode == "band" else distance
        return abs(distance - self.scaled(layer, layer.gate, v)) <= layer.window


class PredictionIsTheLastOfATie(ContractModel):
    def prediction(self, z: list[int]) -> int:
        return max(range(len(z)), key=lambda c: (z[c], c))


class RivalIsTheLastOfATie(ContractModel):
    def rival(self, z: list[int], label: int) -> int:
        return max((c for c in range(len(z)) if c != label), key=lambda c: (z[c], c))


class MarginMustBeExceeded(ContractModel):
    def is_enough(self, lead: int) -> bool:
        return lead > self.margin


class WindowWithoutItsEdge(ContractModel):
    def is_near(self, layer: Layer, distance: int, v: int) -> bool:
        ends = (self.scaled(layer, layer.gate, v) + end * self.scaled(layer, layer.window, v) for end in (-1, 1))
        return super().is_near(layer, distance, v) and self.side(layer, distance) * distance not in ends


class WindowAroundTheMean(ContractModel):
    def is_near(self, layer: Layer, distance: int, v: int) -> bool:
        return abs(distance) <= self.scaled(layer, layer.window, v)


class ErrorOfZeroIsPositive(ContractModel):
    def backward(self, index: int, errors: list[int], passed: Forward) -> list[int]:
        layer, v = self.layers[index - 1], self.valid(passed.inputs[index - 1])
        near = [self.is_near(layer, a - passed.means[index - 1], v) for a in passed.sums[index - 1]]
        return [d or int(is_near) for d, is_near in zip(super().backward(index, errors, passed), near, strict=True)]


class FirstLayerLearnsFirst(ContractModel):
    def errors(self, passed: Forward, label: int) -> list[list[int]] | None:
        errors = super().errors(passed, label)
        for index, of_layer in enumerate(errors or []):
            for row, error in enumerate(of_layer):
                if error != 0:
                    self.update_row(index, row, error, passed.inputs[index])
        return [[0] * len(d) for d in errors] if errors else None


class BackwardThroughChangedWeights(ContractModel):
    def backward(self, index: int, errors: list[int], passed: Forward) -> list[int]:
        for row, error in enumerate(errors):
            if error != 0:
                self.update_row(index, row, error, passed.inputs[index])
        self.done = index
        return super().backward(index, errors, passed)

    def train(self, pixels: list[int], label: int) -> int:
        self.done = len(self.layers)
        return super().train(pixels, label)

    def update_row(self, index: int, row: int, error: int, ternary: list[tuple[int, int]]) -> None:
        if index < self.done:
            super().update_row(index, row, error, ternary)


class AnotherShift(ContractModel):
    def next_random(self, x: int) -> int:
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 16
        return x ^ (x << 5 & 0xFFFFFFFF)


class EveryRowDraws(ContractModel):
    def errors(self, passed: Forward, label: int) -> list[list[int]] | None:
        errors = super().errors(passed, label)
        for d in errors or []:
            for _ in range(d.count(0)):
                self.prng = self.next_random(self.prng)
        return errors


class RelaxRateOfSixteenBits(ContractModel):
    def relaxes(self, layer: Layer) -> bool:
        return (self.prng & 0xFFFF) < layer.relax_rate % 65536


class RelaxesAboveTheFloorOnly(ContractModel):
    def relaxed(self, layer: Layer, q: int, valid: int) -> int:
        return q if self.level(q) == layer.relax_floor else super().relaxed(layer, q, valid)


class RelaxesValidColumnsOnly(ContractModel):
    def relaxed(self, layer: Layer, q: int, valid: int) -> int:
        return super().relaxed(layer, q, valid) if valid else q


class RelaxesAfterLearning(ContractModel):
    def update_row(self, index: int, row: int, error: int, ternary: list[tuple[int, int]]) -> None:
        layer, self.later = self.layers[index], True
        super().update_row(index, row, error, ternary)
        self.later = False
        if self.relaxes(layer):
            weights = self.weights[index][row]
            weights[:] = [self.relaxed(layer, q, 1) for q in weights]

    def relaxed(self, layer: Layer, q: int, valid: int) -> int:
        return q if self.later else super().relaxed(layer, q, valid)


class ThresholdOfSevenBits(ContractModel):
    def stepped(self, q: int, step: int, toward: int, away: int) -> int:
        return super().stepped(q, step, min(toward, 127), min(away, 127))


class ThresholdIncluded(ContractModel):
    def stepped(self, q: int, step: int, toward: int, away: int) -> int:
        return super().stepped(q, step, toward + 1, away)


class ThresholdsSwapped(ContractModel):
    def stepped(self, q: int, step: int, toward: int, away: int) -> int:
        return super().stepped(q, step, away, toward)


class WeightWrapsAround(ContractModel):
    def stepped(self, q: int, step: int, toward: int, away: int) -> int:
        threshold = toward if step != self.binary(q) else away
        return (q + step + 128) % 256 - 128 if self.level(q) < threshold else q


class SampleThatTeachesNothingIsNotCounted(ContractModel):
    def errors(self, passed: Forward, label: int) -> list[list[int]] | None:
        errors = super().errors(passed, label)
        self.samples -= errors is None
        return errors


class InferenceSteps(ContractModel):
    def predict(self, pixels: list[int]) -> int:
        self.prng = self.next_random(self.prng)
        return super().predict(pixels)


FAULTS = [
    BinaryWeightOfZero,
    SignatureWithoutItsFeedback,
    MeanTruncated,
    SignAboveTheMeanOnly,
    GateAboveTheThresholdOnly,
    BandBeyondItsEdgeOnly,
    LowerSideOfABandIsNegative,
    BothSidesOfABandLearnTheSame,
    MiddleOfABandIsBelow,
    BandWithOneWindow,
    ScaledByEveryCount,
    ScaledTowardZero,
    ScaledByAllInputs,
    WindowIsNotScaled,
    PredictionIsTheLastOfATie,
    RivalIsTheLastOfATie,
    MarginMustBeExceeded,
    WindowWithoutItsEdge,
    WindowAroundTheMean,
    ErrorOfZeroIsPositive,
    FirstLayerLearnsFirst,
    BackwardThroughChangedWeights,
    AnotherShift,
    EveryRowDraws,
    RelaxRateOfSixteenBits,
    RelaxesAboveTheFloorOnly,
    RelaxesValidColumnsOnly,
    RelaxesAfterLearning,
    ThresholdOfSevenBits,
    ThresholdIncluded,
    ThresholdsSwapped,
    WeightWrapsAround,
    SampleThatTeachesNothingIsNotCounted,
    InferenceSteps,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_model_with_this_fault_is_found(fault: type[ContractModel]):
    """Given a model that is wrong in one line, when it is compared on as many networks, then they disagree."""
    with pytest.raises(DisagreementError):
        search(fault, 250, shrink=False)


# --- what the host computes

RATES = (0.0, 5e-324, 1e-3, 0.35, 0.4, 1.0, 1.0 + 2**-52, 255.5 / 256, 3.0, 1e308)
TIES = [(u + 0.5) / 256 for u in range(0, 256, 15)]


@pytest.mark.parametrize("m", [0.0, 5e-324, 1e-8, 0.5, 2.2, 2.5, 19.0, 1e308])
def test_tables_are_the_model_s(m: float):
    """Clause 12, also where lr is a bound itself, which it then doesn't exceed."""
    for lr in (*RATES, *TIES):
        assert thresholds(lr, m) == contract_model.table(lr=lr, m=m)
        assert thresholds(lr, 2.0, m) == contract_model.table(lr=lr, m=2.0, s=m)
        assert thresholds(lr, 2.0, m, "hyperbola") == contract_model.table(lr=lr, m=2.0, s=m, function="hyperbola")


@given(st.floats(0, 8), st.floats(0, 50), st.floats(0, 50), st.sampled_from(("tanh", "hyperbola")))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_any_table_is_the_model_s(lr: float, m: float, s: float, function: str):
    assert thresholds(lr, m, s, function) == contract_model.table(lr=lr, m=m, s=s, function=function)


@pytest.mark.parametrize("init_range", [1, 2, 8, 127, 128])
@pytest.mark.parametrize("init_seed", [0, 1, 2**63, 2**64 - 1])
def test_initial_weights_are_the_model_s(init_range: int, init_seed: int):
    """Clause 14: one generator for all layers; and clause 2: their rows follow one another."""
    network = Network.of(layers=(13, 7, 5, 3), init_seed=init_seed, init_range=init_range)
    expected = contract_model.initial_weights([13, 7, 5, 3], init_range=init_range, init_seed=init_seed)
    assert [layer.tolist() for layer in initial_weights(network)] == expected
    assert network.first_rows == (0, 7, 12)


def test_defaults_are_the_model_s():
    """Clause 16, for every size that a layer can have."""
    for size in range(1, contract_network.MAX_NEURONS + 1):
        assert contract_network.default_margin(size) == contract_model.default_margin([1, size, 2])
        assert contract_network.default_window(size) == contract_model.default_window(size)
    network = Network.of(layers=(50, 40, 30, 2))
    assert (network.margin, network.window) == (contract_model.default_margin([50, 40, 30, 2]), (2, 1))
    assert (network.learning_rate, network.metaplasticity) == ((0.35, 0.35, 0.4), (2.2, 2.2, 2.5))
    assert (network.saturation, network.metaplastic_function) == ((0, 0, 0), ("tanh", "tanh", "tanh"))
    assert (network.activation, network.gate, network.scaling) == (("sign", "sign"), (0, 0), ("none", "none"))
    assert (network.relax_rate, network.relax_floor) == ((0, 0, 0), 1)
    assert (network.prng, network.init_seed, network.init_range) == (2463534242, 1, 8)


@pytest.mark.parametrize(
    ("name", "value", "is_allowed"),
    [
        *[("margin", value, -32768 <= value <= 32767) for value in (-32769, -32768, 32767, 32768)],
        *[("window", (value,), 0 <= value <= 1023) for value in (-1, 0, 1023, 1024)],
        *[("gate", (value,), -1023 <= value <= 1023) for value in (-1024, -1023, 1023, 1024)],
        *[("activation", (value,), value in ("sign", "gate", "band")) for value in ("sign", "gate", "band", "Band", "")],
        *[("scaling", (value,), value in ("none", "root")) for value in ("none", "root", "square", "")],
        *[("relax_rate", (value, 0), 0 <= value <= 65536) for value in (-1, 0, 65536, 65537)],
        *[("relax_floor", value, 1 <= value <= 127) for value in (0, 1, 127, 128)],
        *[("prng", value, 1 <= value < 2**32) for value in (0, 1, 2**32 - 1, 2**32)],
        *[("init_range", value, 1 <= value <= 128) for value in (0, 1, 128, 129)],
        *[("init_seed", value, 0 <= value < 2**64) for value in (-1, 0, 2**64 - 1, 2**64)],
        *[("learning_rate", (value, 0.0), 0 <= value < math.inf) for value in (-0.1, 0.0, 1e308, math.inf, math.nan)],
        *[("metaplasticity", (value, 0.0), 0 <= value < math.inf) for value in (-0.1, 0.0, 1e308, math.inf, math.nan)],
        *[("metaplastic_function", (value, "tanh"), value == "hyperbola") for value in ("hyperbola", "step", "", "Tanh")],
        *[("saturation", (value, 0.0), 0 <= value < math.inf) for value in (-0.1, 0.0, 1e308, math.inf, math.nan)],
    ],
)
def test_the_ranges_are_the_model_s(name: str, value: int | float | tuple, is_allowed: bool):
    """Clause 15: both accept the ends of every range and reject what lies beyond."""
    fields = {"layers": (3, 3, 2), "activation": ("gate",), name: value}
    assert accepts(lambda: Network.of(**fields), ContractError) == is_allowed
    given = Network.of(layers=(3, 3, 2), activation=("gate",))
    if name != "init_seed":  # a seed of the model is one of numpy's
        mapped = mock.Mock(spec_set=list(Network.__dataclass_fields__) + ["depth"], **(given.fields() | {"depth": 2}))
        setattr(mapped, name, value)
        assert accepts(lambda: model_of(mapped), ValueError) == is_allowed


def accepts(make, error: type[Exception]) -> bool:
    try:
        make()
    except error:
        return False
    return True

"""The contract a second time, in plain Python, from the text of docs/contract.md alone.

Nothing of `sw` is imported here: where this model and the twin disagree, one of them or the text is wrong. One neuron and
one synapse at a time, the slow way, so that each clause is a few lines that can be read beside it.
"""

from dataclasses import dataclass
from math import floor, inf, isfinite, sqrt, tanh

import numpy

# Clause 12: 256 pairs (θ_toward, θ_away).
Table = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer's configuration; raises ValueError for what clause 15 rejects. `mode` and `scaling` are clause 5's."""

    neurons: int
    table: Table
    mode: str = "sign"
    gate: int = 0
    window: int = 0
    scaling: str = "none"
    relax_rate: int = 0
    relax_floor: int = 1

    def __post_init__(self) -> None:
        within("window", self.window, 0, 1023)
        furthest = 0 if self.mode == "sign" else 1023  # clause 5: 0 in mode sign
        within("gate", self.gate, -furthest, furthest)
        if self.mode not in ("sign", "gate", "band") or self.scaling not in ("none", "root"):
            raise ValueError(f"mode {self.mode}, scaling {self.scaling}")
        within("relax_rate", self.relax_rate, 0, 65536)
        within("relax_floor", self.relax_floor, 1, 127)
        within("pairs", len(self.table), 256, 256)
        for pair in self.table:
            for threshold in pair:
                within("threshold", threshold, 0, 128)  # clause 11


def within(name: str, value: float, low: float, high: float) -> None:
    """Clause 15."""
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}, expected {low} to {high}")


@dataclass
class Forward:
    """What one sample leaves behind on its way forward: per layer its input, its pre-activations and its mean."""

    inputs: list[list[tuple[int, int]]]
    sums: list[list[int]]
    means: list[int]


class ContractModel:
    """A network that predicts and learns.

    `weights[l][j][i]`, `prng`, `samples` and `signature` are its state (clause 13); `learned`, `draws` and `rows_learned`
    count (clause 17).
    """

    def __init__(self, *, inputs: int, layers: list[Layer], margin: int, prng: int, weights: list[list[list[int]]]) -> None:
        within("layers", len(layers), 1, 4)
        within("classes", layers[-1].neurons, 2, inf)
        within("margin", margin, -(2**15), 2**15 - 1)  # clause 15
        within("prng", prng, 1, 2**32 - 1)  # clause 15
        self.inputs, self.layers, self.margin = inputs, layers, margin
        self.prng, self.samples, self.signature = prng, 0, 0
        self.learned = self.draws = self.rows_learned = 0
        self.weights = [[list(row) for row in layer] for layer in weights]

    def predict(self, pixels: list[int]) -> int:
        """The class of one image. Changes no state (clause 13)."""
        return self.prediction(self.forward(pixels).sums[-1])

    def train(self, pixels: list[int], label: int) -> int:
        """Learns from one image and returns its class as it was before."""
        within("label", label, 0, self.layers[-1].neurons - 1)  # clause 15
        passed = self.forward(pixels)
        self.signature = self.signed(self.prediction(passed.sums[-1]))
        self.samples = (self.samples + 1) % 2**64  # clause 13; clause 7: also one that teaches nothing
        errors = self.errors(passed, label)
        if errors is not None:
            self.learned += 1
            for index in reversed(range(len(self.layers))):  # clause 9: from L down to 1
                for row, error in enumerate(errors[index]):
                    if error != 0:
                        self.update_row(index, row, error, passed.inputs[index])
        return self.prediction(passed.sums[-1])

    def signed(self, prediction: int) -> int:
        """The signature after a sample with this prediction, clause 18."""
        s = self.signature
        return (s >> 1) ^ (0xEDB88320 if s & 1 else 0) ^ self.prng ^ prediction

    # --- forward

    def binary(self, q: int) -> int:
        return 1 if q >= 0 else -1  # clause 1

    def level(self, q: int) -> int:
        return q ^ (q >> 7)  # clause 1

    def forward(self, pixels: list[int]) -> Forward:
        passed = Forward([[(bit, 1) for bit in pixels]], [], [])  # clause 3: in layer 1 the pixel is valid, sign = +1
        for layer, weights in zip(self.layers, self.weights, strict=True):
            ternary = passed.inputs[-1]
            # clause 4
            sums = [sum(v * self.binary(q) * s for q, (v, s) in zip(row, ternary, strict=True)) for row in weights]
            passed.sums.append(sums)
            passed.means.append(self.mean(sums))
            if layer is not self.layers[-1]:
                gate = self.scaled(layer, layer.gate, self.valid(ternary))
                passed.inputs.append([self.activation(layer, a - passed.means[-1], gate) for a in sums])
        return passed

    def mean(self, sums: list[int]) -> int:
        return sum(sums) // len(sums)  # clause 4; Python's // rounds toward −∞

    def valid(self, ternary: list[tuple[int, int]]) -> int:
        """v of clause 5."""
        return sum(valid for valid, _ in ternary)

    def scaled(self, layer: Layer, value: int, v: int) -> int:
        """gate' or window' of clause 5."""
        if layer.scaling == "none":
            return value
        return min(1023, max(-1023, floor(value * sqrt((8 * (v >> 3) + 4) / 100) + 0.5)))

    def activation(self, layer: Layer, distance: int, gate: int) -> tuple[int, int]:
        """(valid, sign) of a neuron whose pre-activation is so far above the mean, clause 5."""
        if layer.mode == "gate":
            return int(distance >= gate), 1
        if layer.mode == "band":
            return int(abs(distance) >= gate), 1
        return 1, 1 if distance >= 0 else -1

    def prediction(self, z: list[int]) -> int:
        return z.index(max(z))  # clause 6; index() finds the lowest

    # --- errors

    def errors(self, passed: Forward, label: int) -> list[list[int]] | None:
        """d of every layer, or None if nothing is learned. No weight has changed yet, as clause 8 asks."""
        z = passed.sums[-1]
        rival = self.rival(z, label)
        if self.is_enough(z[label] - z[rival]):
            return None
        d = [0] * len(z)
        d[label], d[rival] = 1, -1  # clause 7
        errors = [d]
        for index in reversed(range(1, len(self.layers))):  # clause 8, from layer `index` + 1 of the text to `index`
            errors.insert(0, self.backward(index, errors[0], passed))
        return errors

    def rival(self, z: list[int], label: int) -> int:
        others = [c for c in range(len(z)) if c != label]
        return max(others, key=lambda c: (z[c], -c))  # clause 7: the lowest index on a tie

    def is_enough(self, lead: int) -> bool:
        return lead >= self.margin  # clause 7

    def backward(self, index: int, errors: list[int], passed: Forward) -> list[int]:
        """d of the layer before layer `index`, counted from 0 (clause 8)."""
        before = []
        for j, a in enumerate(passed.sums[index - 1]):
            g = sum(d * self.binary(row[j]) for d, row in zip(errors, self.weights[index], strict=True))
            distance = a - passed.means[index - 1]
            is_near = self.is_near(self.layers[index - 1], distance, self.valid(passed.inputs[index - 1]))
            before.append(((g > 0) - (g < 0)) * self.side(self.layers[index - 1], distance) if is_near else 0)
        return before

    def is_near(self, layer: Layer, distance: int, v: int) -> bool:
        """Clause 8."""
        distance = abs(distance) if layer.mode == "band" else distance
        return abs(distance - self.scaled(layer, layer.gate, v)) <= self.scaled(layer, layer.window, v)

    def side(self, layer: Layer, distance: int) -> int:
        return -1 if layer.mode == "band" and distance < 0 else 1  # clause 8

    # --- updates

    def update_row(self, index: int, row: int, error: int, ternary: list[tuple[int, int]]) -> None:
        """Draw, relaxation and learning of one row whose error is not 0 (clauses 9 to 11)."""
        layer, weights = self.layers[index], self.weights[index][row]
        self.prng = self.next_random(self.prng)
        self.draws += 1
        toward, away = layer.table[self.prng >> 24]  # clause 9
        self.rows_learned += self.relaxes(layer) or toward > 0 or away > 0  # clause 17
        if self.relaxes(layer):  # clause 10: before the learning step
            weights[:] = [self.relaxed(layer, q, valid) for q, (valid, _) in zip(weights, ternary, strict=True)]
        for i, (valid, sign) in enumerate(ternary):
            if valid:
                weights[i] = self.stepped(weights[i], error * sign, toward, away)  # clause 11

    def next_random(self, x: int) -> int:
        return xorshift(x)

    def relaxes(self, layer: Layer) -> bool:
        return (self.prng & 0xFFFF) < layer.relax_rate  # clause 10

    def relaxed(self, layer: Layer, q: int, valid: int) -> int:
        """Clause 10: whatever `valid` is."""
        if self.level(q) < layer.relax_floor:
            return q
        return q - 1 if q >= 0 else q + 1

    def stepped(self, q: int, step: int, toward: int, away: int) -> int:
        """Clause 11, of a column that is valid."""
        threshold = toward if step != self.binary(q) else away
        if self.level(q) >= threshold:
            return q
        return max(-128, min(127, q + step))


def table(*, lr: float, m: float, s: float = 0.0, function: str = "tanh") -> Table:
    """Clause 12; raises ValueError for what clause 15 rejects."""
    if function not in ("tanh", "hyperbola"):
        raise ValueError(f"function is {function}, expected tanh or hyperbola")
    for name, value in (("lr", lr), ("m", m), ("s", s)):
        if not isfinite(value) or value < 0:
            raise ValueError(f"{name} is {value}, expected a finite number from 0 up")
    toward, away = ([lr * fallen(function, by * ((k + 0.5) / 128)) for k in range(128)] for by in (m, s))
    bounds = [(u + 0.5) / 256 for u in range(256)]
    return tuple((sum(p > bound for p in toward), sum(p > bound for p in away)) for bound in bounds)


def fallen(function: str, x: float) -> float:
    return 1 - tanh(x) ** 2 if function == "tanh" else 1 / (1 + x)  # clause 12


def initial_weights(sizes: list[int], *, init_range: int, init_seed: int) -> list[list[list[int]]]:
    """Clause 14; `sizes` are n_0 … n_L. Raises ValueError for what clause 15 rejects."""
    within("init_range", init_range, 1, 128)
    generator = numpy.random.default_rng(init_seed)
    shapes = [(after, before) for before, after in zip(sizes, sizes[1:], strict=False)]
    return [generator.integers(-init_range, init_range, size=shape, dtype=numpy.int8).tolist() for shape in shapes]


def default_margin(sizes: list[int]) -> int:
    return floor(1.75 * sqrt(sizes[-2]))  # clause 16


def default_window(neurons_before: int) -> int:
    return floor(0.3 * sqrt(neurons_before))  # clause 16


class RehearsalModel:
    """Clause 19: of each new sample, what is trained on, in order."""

    def __init__(self, *, size: int, every: int, per: int, horizon: int, prng: int) -> None:
        within("size", size, 0, 2**20)
        within("every", every, 1, 65535)
        within("per", per, 1, 16)
        within("horizon", horizon, size if horizon else 0, 2**32 - 1)
        within("prng", prng, 1, 2**32 - 1)
        self.size, self.every, self.per, self.horizon, self.r = size, every, per, horizon, prng
        self.c = 0
        self.records: list[tuple[int, list[int]]] = []

    def next(self, label: int, pixels: list[int]) -> list[tuple[int, list[int]]]:
        trained = [(label, pixels)]
        f = min(self.c, self.size)
        if f > 0 and (self.c + 1) % self.every == 0:
            for _ in range(self.per):
                self.r = xorshift(self.r)
                trained.append(self.records[(self.r * f) >> 32])
        if self.c < self.size:
            self.records.append((label, pixels))
        else:
            self.r = xorshift(self.r)
            z = (self.r * min(self.c + 1, self.horizon or 2**32 - 1)) >> 32
            if z < self.size:
                self.records[z] = (label, pixels)
        self.c += 1
        return trained


def xorshift(x: int) -> int:
    """Clause 9."""
    x ^= (x << 13) & 0xFFFFFFFF
    x ^= x >> 17
    return x ^ (x << 5) & 0xFFFFFFFF

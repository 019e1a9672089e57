"""The contract, clauses 3 to 11, once more and as plainly as possible: a chip made of NumPy integers.

It knows what the link tells it (registers, tables, rows), not `Network`: a register that the host fills in wrongly
makes it learn wrongly. Slow; for networks of tens of neurons.
"""

from typing import Any

import numpy as np

from sw.contract.bounds_table import ENTRY, TABLE_ENTRIES
from sw.contract.frames import COUNTERS
from sw.contract.network import MAX_LAYERS
from sw.contract.registers import REGISTERS, SCALED
from sw.contract.state import sign

GATED, BAND = 1, 2  # of the mode


class Chip:
    """Members: `weights` (rows, columns) int8; `prng`, `samples`, `signature`; `counters`; `network`, None before CONFIGURE."""

    def __init__(self, rows: int, columns: int, folds: int = 1, bounds_entries: int = 256) -> None:
        self.folds = folds
        self.bounds_tables = range(MAX_LAYERS, MAX_LAYERS + bounds_entries // TABLE_ENTRIES)
        self.weights = np.zeros((rows, columns), np.int8)
        self.network: dict[str, Any] | None = None
        self.layers: list[dict[str, Any]] = []
        self.tables: dict[int, bytes] = {}
        self.prng, self.samples, self.signature, self.counters = 1, 0, 0, dict.fromkeys(COUNTERS, 0)

    def configure(self, data: bytes) -> None:
        """CONFIGURE: the registers."""
        self.network, layers = REGISTERS.unpack(data)
        self.layers = layers[: self.network["layers"]]
        self.tables = dict.fromkeys((*range(len(self.layers)), *self.bounds_tables), bytes(512))
        self.samples, self.signature, self.counters = 0, 0, dict.fromkeys(COUNTERS, 0)

    def forget(self) -> None:
        """RESET: the network, and all that was counted. Random word, signature and weights stay until they are set."""
        self.network, self.samples, self.counters = None, 0, dict.fromkeys(COUNTERS, 0)

    @property
    def inputs(self) -> int:
        """n_0."""
        return self._registers["inputs"]

    @property
    def classes(self) -> int:
        """n_L."""
        return self.layers[-1]["neurons"]

    @property
    def row_count(self) -> int:
        """Rows of all layers."""
        return sum(layer["neurons"] for layer in self.layers)

    @property
    def _registers(self) -> dict[str, Any]:
        assert self.network is not None
        return self.network

    def _matrix(self, i: int, width: int) -> np.ndarray:
        first = self.layers[i]["base"] // self.folds
        return self.weights[first : first + self.layers[i]["neurons"], :width]

    def forward(self, pixels: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray], list[int]]:
        """Ternary inputs, pre-activations and means of each layer; the last pre-activations are the scores."""
        x, inputs, sums, means = pixels.astype(np.int64), [], [], []
        for i, layer in enumerate(self.layers):
            b = np.where(self._matrix(i, len(x)) >= 0, 1, -1)
            a = b @ x
            mu = int(a.sum()) // layer["neurons"]
            inputs.append(x)
            sums.append(a)
            means.append(mu)
            if layer is not self.layers[-1]:
                gate = self.bounds(i, x)[0]
                on = self._folded(i, a - mu) >= gate
                x = np.where(on, 1, 0 if layer["mode"] & GATED else -1)
        return inputs, sums, means

    def bounds(self, i: int, x: np.ndarray) -> tuple[int, int]:
        """Gate and window of layer `i` for its ternary inputs."""
        layer = self.layers[i]
        entry = layer["bounds"] + (np.count_nonzero(x) // 8 if layer["mode"] & SCALED else 0)
        return ENTRY.unpack_from(self.tables[MAX_LAYERS + entry // TABLE_ENTRIES], entry % TABLE_ENTRIES * ENTRY.size)

    def _folded(self, i: int, away: np.ndarray) -> np.ndarray:
        return np.abs(away) if self.layers[i]["mode"] & BAND else away

    def infer(self, pixels: np.ndarray) -> int:
        """The prediction of one image."""
        return int(np.argmax(self.forward(pixels)[1][-1]))

    def train(self, pixels: np.ndarray, label: int) -> int:
        """The prediction of one image, which is then learned."""
        inputs, sums, means = self.forward(pixels)
        z = sums[-1]
        others = z.astype(float)
        others[label] = -np.inf
        rival = int(np.argmax(others))
        self.signature = sign(self.signature, [self.prng], [int(np.argmax(z))])
        self.count()
        if z[label] - z[rival] < self._registers["margin"]:
            self.counters["learned"] += 1
            d = np.zeros(self.classes, np.int64)
            d[label], d[rival] = 1, -1
            for i in range(len(self.layers) - 1, -1, -1):
                weights = self._matrix(i, len(inputs[i]))
                if i:
                    g = d @ np.where(weights >= 0, 1, -1)
                    (gate, window), away = self.bounds(i - 1, inputs[i - 1]), sums[i - 1] - means[i - 1]
                    folded = self._folded(i - 1, away)
                    d_below = np.where(np.abs(folded - gate) <= window, np.where(folded == away, 1, -1) * np.sign(g), 0)
                for j in np.flatnonzero(d):
                    self._learn(i, weights[j], inputs[i], int(d[j]))
                if i:
                    d = d_below
        return int(np.argmax(z))

    def count(self) -> None:
        """One more training sample."""
        self.samples = (self.samples + 1) % 2**64

    def tick(self) -> None:
        """What a clock would count: 7 cycles of work and 5 of waiting."""
        self.counters["cycles_forward"] += 7
        self.counters["cycles_starved"] += 5

    def step(self) -> None:
        """One step of the random word."""
        w = self.prng
        w = (w ^ w << 13) & 0xFFFFFFFF
        w ^= w >> 17
        self.prng = (w ^ w << 5) & 0xFFFFFFFF

    def table_of(self, i: int, u: int) -> tuple[int, int]:
        """The thresholds toward and away of entry `u` of layer `i`."""
        return self.tables[i][2 * u], self.tables[i][2 * u + 1]

    def _learn(self, i: int, row: np.ndarray, x: np.ndarray, d: int) -> None:
        self.step()
        self.counters["draws"] += 1
        w = self.prng
        toward, away = self.table_of(i, w >> 24)
        relaxes = w & 0xFFFF < self.layers[i]["relax_rate"]
        if relaxes:
            q = row.astype(np.int64)
            level = q ^ (q >> 7)
            row[:] = np.where(level >= self._registers["relax_floor"], np.where(q >= 0, q - 1, q + 1), q)
        if relaxes or toward or away:
            self.counters["rows_learned"] += 1
        q = row.astype(np.int64)
        step, level = d * x, q ^ (q >> 7)
        threshold = np.where(step * np.where(q >= 0, 1, -1) < 0, toward, away)
        row[:] = np.where((step != 0) & (level < threshold), np.clip(q + step, -128, 127), q)

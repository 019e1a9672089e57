"""The array: the hidden weights of one layer of R replicas, and what tokens do to its rows (clauses 2, 4, 8, 10, 11).

Ternary inputs are valid · sign, -1, 0 or +1, in float32 (clause 3). A sum of up to 65535 of them is exact there.
"""

import numpy as np
import torch

from sw.twin import update
from sw.twin.draw import Rows

WORD = torch.complex128  # 16 bytes: rows are copied as the widest words that PyTorch has, as it copies by the element


class Array:
    """Hidden weights and, derived from them, binary weights.

    Parameters: n neurons with n_in inputs each, in R replicas; `relax_floor` int8 (R, 1). A row is stored with padding
    columns up to a multiple of 16, which nothing reads (clause 2).
    """

    def __init__(self, neurons: int, inputs: int, relax_floor: torch.Tensor) -> None:
        self.neurons, self.inputs = neurons, inputs
        self._relax_floor = relax_floor
        shape = (len(relax_floor), neurons, -(-inputs // 16) * 16)
        self._hidden = torch.zeros(shape, dtype=torch.int8, device=relax_floor.device)
        self._binary = torch.ones(shape, dtype=torch.float32, device=relax_floor.device)
        # Row r · n + j is neuron j of replica r.
        self._hidden_rows = self._hidden.flatten(0, 1).view(WORD)
        self._binary_rows = self._binary.flatten(0, 1)
        self._binary_valid = self._binary[:, :, :inputs]
        self._first_row = np.arange(len(relax_floor))[:, None] * neurons

    def weights(self, replica: int) -> torch.Tensor:
        """The hidden weights of one replica: int8 (n, n_in), a view."""
        return self._hidden[replica, :, : self.inputs]

    def load(self, replica: int, weights: torch.Tensor) -> None:
        """Replace the hidden weights of one replica by `weights`, int8 (n, n_in)."""
        self.weights(replica).copy_(weights)
        self._binary[replica] = update.binary(self._hidden[replica])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pre-activations (R, samples, n) of ternary `inputs` (R, samples, n_in) (clause 4)."""
        return torch.bmm(inputs, self._binary_valid.transpose(1, 2))

    def forward_rows(self, a: torch.Tensor, inputs: torch.Tensor, rows: Rows) -> None:
        """Bring `a`, the pre-activations of `inputs`, up to date after `rows` have changed; both as for `forward`."""
        if len(rows.neuron) == 0:
            return
        neuron = self._by_replica(rows)
        binary = self._binary_rows.index_select(0, self._tensor((self._first_row + neuron).ravel()))
        binary = binary.view(*neuron.shape, -1)[:, :, : self.inputs]
        changed = torch.bmm(inputs, binary.transpose(1, 2))
        a.scatter_(2, self._tensor(neuron).unsqueeze(1).expand(changed.shape), changed)

    def backward(self, d: torch.Tensor) -> torch.Tensor:
        """g_i = Σ_j d_j · b_ji (clause 8): float32 integers (R, n_in) from `d` int8 (R, n)."""
        return torch.bmm(d.to(torch.float32).unsqueeze(1), self._binary_valid).squeeze(1)

    def change(self, rows: Rows, inputs: torch.Tensor) -> None:
        """Relax and learn `rows` (clauses 10 and 11), given the ternary `inputs` (R, n_in) of one sample per replica."""
        if len(rows.neuron) == 0:
            return
        index = self._tensor(rows.replica * self.neurons + rows.neuron)
        stored = self._hidden_rows.index_select(0, index).view(torch.int8)
        q = stored[:, : self.inputs]
        if rows.relaxes.any():
            relaxes = self._tensor(rows.relaxes)
            relaxed = q[relaxes]
            update.relax_(relaxed, self._relax_floor[self._tensor(rows.replica[rows.relaxes])])
            q[relaxes] = relaxed
        inputs = inputs.to(torch.int8)
        if len(inputs) > 1:
            inputs = inputs.index_select(0, self._tensor(rows.replica))
        update.learn_(q, self._tensor(rows.d) * inputs, self._tensor(rows.toward), self._tensor(rows.span))
        self._hidden_rows.index_copy_(0, index, stored.view(WORD))
        self._binary_rows.view(WORD).index_copy_(0, index, update.binary(stored).view(WORD))

    def _by_replica(self, rows: Rows) -> np.ndarray:
        """The neurons of `rows`: int64 (R, most rows of a replica).

        Shorter lists are filled up with neuron 0, which is then only computed again.
        """
        if len(rows.touched) == 1:
            return rows.neuron[None]
        neuron = np.zeros((len(rows.touched), max(rows.touched)), dtype=np.int64)
        first = np.cumsum([0, *rows.touched[:-1]])
        neuron[rows.replica, np.arange(len(rows.replica)) - first[rows.replica]] = rows.neuron
        return neuron

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(self._hidden.device)

"""The array: the hidden weights of one layer of R replicas, and what tokens do to its rows (clauses 2, 4, 8, 10, 11).

Ternary inputs are valid · sign, -1, 0 or +1, in float32 (clause 3). A sum of up to 65535 of them is exact there.
"""

import torch

from sw.twin import update
from sw.twin.draw import Rows

WORD = torch.complex128  # 16 bytes: rows are copied as the widest words that PyTorch has, as it copies by the element


class Array:
    """Hidden weights and, derived from them, binary weights.

    Parameters: n neurons with n_in inputs each, in R replicas. Row r · n + j is neuron j of replica r. A row is stored
    with padding columns up to a multiple of 16, which nothing reads (clause 2).
    """

    def __init__(self, replicas: int, neurons: int, inputs: int, device: torch.device) -> None:
        self.replicas, self.neurons, self.inputs = replicas, neurons, inputs
        shape = (replicas, neurons, -(-inputs // 16) * 16)
        self._hidden = torch.zeros(shape, dtype=torch.int8, device=device)
        self._binary = torch.ones(shape, dtype=torch.float32, device=device)

    def weights(self, replica: int) -> torch.Tensor:
        """The hidden weights of one replica: int8 (n, n_in), a view."""
        return self._hidden[replica, :, : self.inputs]

    def load(self, replica: int, weights: torch.Tensor) -> None:
        """Replace the hidden weights of one replica by `weights`, int8 (n, n_in)."""
        self.weights(replica).copy_(weights)
        self._binary[replica] = update.binary(self._hidden[replica])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pre-activations (R, samples, n) of ternary `inputs` (R, samples, n_in) (clause 4)."""
        return torch.bmm(inputs, self._binary[:, :, : self.inputs].transpose(1, 2))

    def forward_rows(self, a: torch.Tensor, inputs: torch.Tensor, rows: Rows) -> None:
        """Bring `a`, the pre-activations of `inputs`, up to date after `rows` have changed; both as for `forward`."""
        if len(rows.index) == 0:
            return
        neurons = self._by_replica(rows)
        binary = self._binary.flatten(0, 1)
        first = torch.arange(0, self.replicas * self.neurons, self.neurons, device=a.device).unsqueeze(1)
        changed = binary.index_select(0, (neurons + first).flatten())[:, : self.inputs].unflatten(0, neurons.shape)
        changed = torch.bmm(inputs, changed.transpose(1, 2))
        a.scatter_(2, neurons.unsqueeze(1).expand(changed.shape), changed)

    def backward(self, d: torch.Tensor) -> torch.Tensor:
        """g_i = Σ_j d_j · b_ji (clause 8): float32 integers (R, n_in) from `d` int8 (R, n)."""
        return torch.bmm(d.to(torch.float32).unsqueeze(1), self._binary[:, :, : self.inputs]).squeeze(1)

    def change(self, rows: Rows, d: torch.Tensor, inputs: torch.Tensor, relax_floor: torch.Tensor) -> None:
        """Relax and learn `rows` (clauses 10 and 11).

        Parameters: `d` int8 (R, n) and ternary `inputs` (R, n_in) of one sample per replica; `relax_floor` int8 (R, 1).
        """
        if len(rows.index) == 0:
            return
        words = self._hidden.flatten(0, 1).view(WORD)
        stored = words.index_select(0, rows.index).view(torch.int8)
        q = stored[:, : self.inputs]
        if rows.relaxes is not None:
            q = q + (update.relax(q, rows.of(relax_floor)) - q) * rows.relaxes
        step = d.flatten().index_select(0, rows.index).unsqueeze(1) * rows.of(inputs.to(torch.int8))
        stored[:, : self.inputs] = update.learn(q, step, rows.toward, rows.span)
        words.index_copy_(0, rows.index, stored.view(WORD))
        binary = self._binary.flatten(0, 1).view(WORD)
        binary.index_copy_(0, rows.index, update.binary(stored).view(WORD))

    def _by_replica(self, rows: Rows) -> torch.Tensor:
        """The neurons of `rows` as int64 (R, most rows of a replica).

        Shorter lists are filled up with neuron 0, which is then only computed again.
        """
        if rows.replica is None:
            return rows.index.unsqueeze(0)
        counts = torch.tensor(rows.touched, device=rows.index.device)
        rank = torch.arange(len(rows.index), device=counts.device) - (counts.cumsum(0) - counts)[rows.replica]
        neurons = torch.zeros(self.replicas, max(rows.touched), dtype=torch.int64, device=counts.device)
        neurons[rows.replica, rank] = rows.index - rows.replica * self.neurons
        return neurons

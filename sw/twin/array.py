"""The array: the hidden weights of one layer of R replicas, and what tokens do to its rows (clauses 2, 4, 8, 10, 11)."""

import torch

from sw.twin import update
from sw.twin.draw import Rows


class Array:
    """Hidden weights and, derived from them, binary weights.

    Attributes: `hidden` int8 (R · n, n_in) and `binary` float32 (R, n, n_in), ±1; row r · n + j of `hidden` is neuron j
    of replica r. Ternary inputs are float32 -1, 0 or +1 (valid · sign, clause 3); sums of up to 65535 of them are exact.
    """

    def __init__(self, replicas: int, neurons: int, inputs: int, device: torch.device) -> None:
        self.replicas, self.neurons = replicas, neurons
        self.hidden = torch.zeros(replicas * neurons, inputs, dtype=torch.int8, device=device)
        self.binary = torch.ones(replicas, neurons, inputs, dtype=torch.float32, device=device)

    def weights(self, replica: int) -> torch.Tensor:
        """The hidden weights of one replica: int8 (n, n_in), a view."""
        return self.hidden[replica * self.neurons : (replica + 1) * self.neurons]

    def load(self, replica: int, weights: torch.Tensor) -> None:
        """Replace the hidden weights of one replica by `weights`, int8 (n, n_in)."""
        self.weights(replica).copy_(weights)
        self.binary[replica].copy_(_binary(weights))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pre-activations (R, samples, n) of ternary `inputs` (R, samples, n_in) (clause 4)."""
        return torch.bmm(inputs, self.binary.transpose(1, 2))

    def forward_rows(self, a: torch.Tensor, inputs: torch.Tensor, rows: Rows) -> None:
        """Bring `a`, the pre-activations of `inputs`, up to date after `rows` have changed; both as for `forward`.

        Replicas differ in how many rows have changed: the shorter lists are filled up with row 0, which is only
        computed again.
        """
        neurons = rows.neuron.unsqueeze(0) if self.replicas == 1 else self._by_replica(rows)
        binary = self.binary.gather(1, neurons.unsqueeze(2).expand(-1, -1, self.binary.shape[2]))
        changed = torch.bmm(inputs, binary.transpose(1, 2))
        a.scatter_(2, neurons.unsqueeze(1).expand(changed.shape), changed)

    def _by_replica(self, rows: Rows) -> torch.Tensor:
        """The neurons of `rows` as int64 (R, most rows of a replica), filled up with 0."""
        counts = torch.bincount(rows.replica, minlength=self.replicas)
        rank = torch.arange(len(rows.replica), device=counts.device) - (counts.cumsum(0) - counts)[rows.replica]
        neurons = torch.zeros(self.replicas, int(counts.max()), dtype=torch.int64, device=counts.device)
        neurons[rows.replica, rank] = rows.neuron
        return neurons

    def backward(self, d: torch.Tensor) -> torch.Tensor:
        """g_i = Σ_j d_j · b_ji (clause 8): float32 integers (R, n_in) from `d` int8 (R, n)."""
        return torch.bmm(d.to(torch.float32).unsqueeze(1), self.binary).squeeze(1)

    def change(self, rows: Rows, d: torch.Tensor, inputs: torch.Tensor, relax_floor: torch.Tensor) -> None:
        """Relax and learn the given rows (clauses 10 and 11).

        Parameters: `d` int8 (R, n) and `inputs` ternary (R, n_in) of one sample per replica; `relax_floor` int8 (R,).
        """
        index = rows.replica * self.neurons + rows.neuron
        q = self.hidden[index]
        if rows.relaxes is not None:
            relaxed = update.relax(q, relax_floor[rows.replica])
            q = torch.where(rows.relaxes.unsqueeze(1), relaxed, q)
        step = d[rows.replica, rows.neuron].unsqueeze(1) * inputs.to(torch.int8)[rows.replica]
        q = update.learn(q, step, rows.toward, rows.away)
        self.hidden[index] = q
        self.binary.flatten(0, 1)[index] = _binary(q)


def _binary(q: torch.Tensor) -> torch.Tensor:
    return torch.where(q >= 0, 1.0, -1.0)

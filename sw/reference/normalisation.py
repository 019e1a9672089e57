"""What stands between a layer's pre-activations and its activation: six ways, two of which need to know the task.

| name                 | training                | test                                        | at batch 1 |
|----------------------|-------------------------|---------------------------------------------|------------|
| `none`               | a / √(fan-in)           | the same                                    | yes |
| `sample`             | mean and variance over the hidden neurons of each sample | the same   | yes |
| `batch`              | statistics of the batch | statistics of the test batch                | no |
| `running`            | statistics of the batch | one running mean and variance for all tasks | no |
| `batch-per-task`     | statistics of the batch | of the test batch, gain and shift of the task | no |
| `running-per-task`   | statistics of the batch | running statistics, gain and shift of the task | no |

The last two are **task knowledge**: at the end of a task its state is kept, and the test on that task brings it back,
which takes the name of the task that a test sample is from. `running-per-task` is the paper; `batch-per-task` is its
published code since August 2023. `batch` and `batch-per-task` let a prediction depend on the other samples of the test batch.
`sample` is what the chip does with its mean μ, with a variance beside it; its output layer is that of `none`.
"""

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

Normalisation = Literal["none", "sample", "batch", "running", "batch-per-task", "running-per-task"]
NORMALISATIONS: tuple[Normalisation, ...] = get_args(Normalisation)
PER_TASK = "-per-task"
ALONE = ("none", "sample")  # those that a batch of one sample can be trained with
EPSILON = 1e-5
MOMENTUM = 0.1


class Normaliser(nn.Module):
    """The normalisation of one layer of `neurons` with `fan_in` inputs: (n, neurons) to the same shape.

    Members: `gain`, `shift` (neurons,), learned, and for the running kinds the buffers `mean`, `variance` (neurons,).
    With `constant` set, the statistics of a batch are constants of the derivative, so that no sample's gradient passes
    through another one: what a Fisher information, a sum over single samples, needs.
    """

    def __init__(self, kind: Normalisation, neurons: int, fan_in: int) -> None:
        super().__init__()
        self.kind, self.scale, self.constant = kind.removesuffix(PER_TASK), fan_in**-0.5, False
        if self.kind in ("batch", "running"):
            self.gain, self.shift = nn.Parameter(torch.ones(neurons)), nn.Parameter(torch.zeros(neurons))
        if self.kind == "running":
            self.register_buffer("mean", torch.zeros(neurons))
            self.register_buffer("variance", torch.ones(neurons))

    def forward(self, values: Tensor) -> Tensor:
        """Normalise; in training mode a running kind moves its statistics by a tenth toward the batch's."""
        if self.kind == "none":
            return values * self.scale
        if self.kind == "sample":
            return functional.layer_norm(values, values.shape[1:], eps=EPSILON)
        if self.kind == "running":
            assert isinstance(self.mean, Tensor) and isinstance(self.variance, Tensor)
            return self._normalise(values, self.mean, self.variance, self.training)
        if self.constant:
            with torch.no_grad():
                mean, variance = values.mean(0), values.var(0, unbiased=False)
            return self._normalise(values, mean, variance, False)
        return self._normalise(values, None, None, True)

    def _normalise(self, values: Tensor, mean: Tensor | None, variance: Tensor | None, training: bool) -> Tensor:
        return functional.batch_norm(values, mean, variance, self.gain, self.shift, training, MOMENTUM, EPSILON)

"""The metaplastic rule in floating point, on top of Adam and of plain gradient descent.

The paper's section "Training binarized neural networks with metaplasticity": with U the update that the optimiser asks
for (W ← W - η·U), W the hidden weight and b = sign(W),

    W ← W - η·U·f_meta(m, W)   where U·b > 0: the step goes toward zero
    W ← W - η·U                where U·b <= 0: the step goes away from zero
    f_meta(m, W) = 1 - tanh²(m·|W|)

so a hidden weight that has grown is hard to bring back to zero, where its binary weight would flip. m may differ from
layer to layer. Gains and shifts of a normalisation (parameters of one dimension) always take the plain step.
"""

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def plasticity(hidden: Tensor, metaplasticity: float) -> Tensor:
    """f_meta(m, W) = 1 - tanh²(m·|W|), in 0…1: what is left of a step toward zero."""
    return 1 - torch.tanh(metaplasticity * hidden).square()


def metaplastic(update: Tensor, hidden: Tensor, metaplasticity: float) -> Tensor:
    """`update` (to be subtracted from `hidden`), scaled by f_meta wherever it points toward zero."""
    if metaplasticity == 0:
        return update
    return torch.where(update * hidden > 0, update * plasticity(hidden, metaplasticity), update)


class MetaplasticOptimiser(Optimizer):
    """What both optimisers share: one group a weight layer with its m, a last group for gains and shifts.

    Parameters: `hidden` weights layer by layer, `others`, `metaplasticity` one m a layer, `learning_rate` η, and
    `weight_decay`, which is added times the parameter to every gradient, as the published code does.
    """

    def __init__(
        self,
        hidden: Sequence[Tensor],
        others: Iterable[Tensor],
        metaplasticity: Sequence[float],
        learning_rate: float,
        weight_decay: float,
    ) -> None:
        groups = [{"params": [layer], "m": m} for layer, m in zip(hidden, metaplasticity, strict=True)]
        if others := list(others):
            groups.append({"params": others, "m": 0.0})
        super().__init__(groups, {"learning_rate": learning_rate, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One step of every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                gradient = parameter.grad
                if group["weight_decay"]:
                    gradient = gradient + group["weight_decay"] * parameter
                update, rate = self.update_of(gradient, parameter, group["learning_rate"])
                parameter.sub_(metaplastic(update, parameter, group["m"]), alpha=rate)

    def update_of(self, gradient: Tensor, parameter: Tensor, learning_rate: float) -> tuple[Tensor, float]:
        """The update U and the rate η that it is multiplied with."""
        raise NotImplementedError


class MetaplasticSgd(MetaplasticOptimiser):
    """Gradient descent: U is the gradient."""

    def update_of(self, gradient: Tensor, parameter: Tensor, learning_rate: float) -> tuple[Tensor, float]:
        """The gradient itself."""
        return gradient, learning_rate


class MetaplasticAdam(MetaplasticOptimiser):
    """Adam (Kingma, Ba 2015) in the form of its section 2's end, which the published code uses.

    η_t = η·√(1 - β2^t) / (1 - β1^t), U = M / (√V + ε): ε is not divided by the bias correction.
    """

    def update_of(self, gradient: Tensor, parameter: Tensor, learning_rate: float) -> tuple[Tensor, float]:
        """The quotient of the moments, both of which take in `gradient` first."""
        state = self.state[parameter]
        if not state:
            state |= {"steps": 0, "first": torch.zeros_like(parameter), "second": torch.zeros_like(parameter)}
        state["steps"] += 1
        state["first"].lerp_(gradient, 1 - BETA_1)
        state["second"].mul_(BETA_2).addcmul_(gradient, gradient, value=1 - BETA_2)
        rate = learning_rate * math.sqrt(1 - BETA_2 ** state["steps"]) / (1 - BETA_1 ** state["steps"])
        return state["first"] / (state["second"].sqrt() + EPSILON), rate

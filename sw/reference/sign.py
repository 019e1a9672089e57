"""The sign and its two straight-through estimators: the derivative that it has not got is replaced by a window or by 1."""

from typing import Any

import torch
from torch import Tensor

WINDOW = 1.0


def signs(values: Tensor) -> Tensor:
    """+1 where `values` >= 0, else -1: never 0, as on the chip."""
    # In place on a copy: a mask of truth values and its conversion take several times as long, and are most of a step.
    return values.detach().clone().ge_(0).mul_(2).sub_(1)


class _Activation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return signs(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        return gradients[0] * (values.abs() <= WINDOW)


class _Weight(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return signs(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


def sign_activation(values: Tensor) -> Tensor:
    """The activation of a hidden layer: signs, with hardtanh's derivative, 1 where |value| <= 1 and else 0."""
    result = _Activation.apply(values)
    assert isinstance(result, Tensor)
    return result


def binary_weight(hidden: Tensor) -> Tensor:
    """The weights that the network computes with: signs, with the derivative 1 everywhere.

    The published code has no window on hidden weights and does not clip them: metaplasticity needs them to grow.
    """
    result = _Weight.apply(hidden)
    assert isinstance(result, Tensor)
    return result

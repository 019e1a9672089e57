"""The update of hidden weights (clauses 10 and 11), many rows at once and in place: what a cell's update unit does."""

import numpy as np
import torch


def span(toward: np.ndarray, away: np.ndarray) -> np.ndarray:
    """How many of the 256 hidden weights move under a pair of thresholds 0…128 (see `learn_`): uint8, 0…255."""
    return toward + np.minimum(away, 127)


def learn_(q: torch.Tensor, step: torch.Tensor, toward: torch.Tensor, span: torch.Tensor) -> None:
    """One learning step (clause 11).

    Parameters: `q` int8 (rows, columns), changed; `step` int8 (rows, columns), -1, 0 or +1, zero where a column is not
    valid; `toward` uint8 (rows, 1), the threshold 0…128; `span` uint8 (rows, 1), from both thresholds.

    A step of +1 is toward zero for q < 0, whose level is -1 - q: below the threshold is q >= -toward. It is away from
    zero for q >= 0: q < away, and 127 stays. Together that is the interval -toward <= q < min(away, 127), which one
    unsigned comparison tests: q + toward < span, modulo 256. A step of -1 is the same with q complemented, which swaps
    the halves and keeps the level.
    """
    mirrored = q ^ (step >> 7)
    # A comparison is several times faster when neither side is broadcast.
    moves = mirrored.view(torch.uint8).add_(toward) < span.expand(q.shape).contiguous()
    q.add_(moves.view(torch.int8).mul_(step))


def relax_(q: torch.Tensor, floor: torch.Tensor) -> None:
    """One relaxation (clause 10): levels >= floor move one level toward zero.

    Parameters: `q` int8 (rows, columns), changed; `floor` int8 (rows, 1), 1…127.
    """
    above, below = q >= floor, q < -floor
    q.sub_(above.view(torch.int8)).add_(below.view(torch.int8))


def binary(q: torch.Tensor) -> torch.Tensor:
    """The binary weights (clause 1): float32, +1 where q >= 0, else -1."""
    return (q >> 7).bitwise_or_(1).to(torch.float32)

"""The update of hidden weights (clauses 10 and 11), many rows at once: the arithmetic of a cell's update unit."""

import torch


def learn(q: torch.Tensor, step: torch.Tensor, toward: torch.Tensor, away: torch.Tensor) -> torch.Tensor:
    """The hidden weights after one learning step (clause 11).

    Parameters: `q` int8 (rows, columns); `step` int8 (rows, columns), -1, 0 or +1, zero where a column is not valid;
    `toward` and `away` int16 (rows,), thresholds 0…128.

    For a step of +1, "level < threshold of the direction, saturating" is one interval: q < 0 moves toward zero and
    has level -1 - q, so q >= -toward; q >= 0 moves away, so q < away, and 127 stays. A step of -1 is the same with q
    complemented: complementing swaps the halves and keeps the level.
    """
    lowest = toward.neg().to(torch.int8).unsqueeze(1)
    highest = (away.clamp(max=127) - 1).to(torch.int8).unsqueeze(1)
    mirrored = q ^ (step >> 7)
    moves = (mirrored >= lowest) & (mirrored <= highest)
    return q + step * moves


def relax(q: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
    """The hidden weights after one relaxation (clause 10): levels >= floor move one level toward zero.

    Parameters: `q` int8 (rows, columns); `floor` int8 (rows,), 1…127.
    """
    floor = floor.unsqueeze(1)
    return q - (q >= floor).to(torch.int8) + (q < -floor).to(torch.int8)

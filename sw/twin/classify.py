"""The output layer: prediction, rival and whether there is an error to learn from (clauses 6 and 7).

Scores are integers in float32 with shape (R, samples, classes). `argmax` gives the lowest index on a tie.
"""

import torch


def predict(z: torch.Tensor) -> torch.Tensor:
    """The class with the largest score, the lowest on a tie (clause 6): int64 (R, samples)."""
    return z.argmax(-1)


def without_label(z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The scores with that of the label lowered to -∞: the rivals' (clause 7)."""
    return z.scatter(-1, labels.unsqueeze(-1), -torch.inf)


def has_error(z: torch.Tensor, labels: torch.Tensor, margin: torch.Tensor) -> torch.Tensor:
    """Whether z_y - z_r < margin (clause 7): bool (R, samples). `labels` int64 (R, samples), `margin` float32 (R, 1)."""
    own = z.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return own - without_label(z, labels).amax(-1) < margin


def error(z: torch.Tensor, labels: torch.Tensor, learns: torch.Tensor) -> torch.Tensor:
    """d of the output layer (clause 7): int8 (R, classes); +1 at the label, -1 at the rival, all 0 unless `learns`.

    Parameters: `z` (R, classes) of one sample per replica, `labels` int64 (R,), `learns` bool (R,).
    """
    rival = without_label(z, labels).argmax(-1)
    d = torch.zeros(z.shape, dtype=torch.int8, device=z.device)
    size = learns.to(torch.int8).unsqueeze(-1)
    d.scatter_(-1, labels.unsqueeze(-1), size)
    return d.scatter_(-1, rival.unsqueeze(-1), -size)

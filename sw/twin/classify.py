"""The output layer: prediction, rival and whether there is an error to learn from (clauses 6 and 7).

Scores are integers in float32 (R, samples, classes). `argmax` gives the lowest index on a tie.
"""

import torch


def predict(z: torch.Tensor) -> torch.Tensor:
    """The class with the largest score, the lowest on a tie (clause 6): int64 (R, samples)."""
    return z.argmax(-1)


def handicap(labels: torch.Tensor, classes: int, margin: torch.Tensor) -> torch.Tensor:
    """What to add to the scores so that the label's rivals compete against z_y: float32 (R, samples, classes).

    The margin for every class but the label, for which it is -∞. `labels` int64 (R, samples), `margin` float32 (R, 1).
    """
    added = margin.unsqueeze(2).repeat(1, labels.shape[1], classes)
    return added.scatter_(2, labels.unsqueeze(2), -torch.inf)


def has_error(z: torch.Tensor, labels: torch.Tensor, handicap: torch.Tensor) -> torch.Tensor:
    """Whether z_y - z_r < margin (clause 7), as z_r + margin > z_y: bool (R, samples)."""
    own = z.gather(2, labels.unsqueeze(2)).squeeze(2)
    return (z + handicap).amax(2) > own


def error(z: torch.Tensor, label: torch.Tensor, handicap: torch.Tensor, learns: torch.Tensor) -> torch.Tensor:
    """d of the output layer (clause 7): int8 (R, classes); +1 at the label, -1 at the rival, all 0 unless `learns`.

    Parameters, for one sample per replica: `z` and `handicap` (R, classes), `label` int64 (R, 1), `learns` int8 (R, 1).
    """
    rival = (z + handicap).argmax(1, keepdim=True)
    d = torch.zeros(z.shape, dtype=torch.int8, device=z.device)
    return d.scatter_(1, label, learns).scatter_(1, rival, -learns)

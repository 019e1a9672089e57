"""The cases that the benches have to meet, by name: each a cross of a few axes.

A bin that cannot be met, or is spared, has its reason here; every other bin has to be hit by the scenarios of
`sim/drivers/scenario.py` with their fixed seed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

Bin = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A cover point.

    name, about : what is watched
    axes : the axes of the cross, each with its values
    impossible : bins that the contract rules out, with the reason; to hit one is an error
    spared : bins that could be hit and are not asked for, with the reason
    in_simulation : met by the pace of streams, so only a simulation can hit it; the twin knows the others
    """

    name: str
    about: str
    axes: Mapping[str, tuple[str, ...]]
    impossible: Mapping[Bin, str] = field(default_factory=dict)
    spared: Mapping[Bin, str] = field(default_factory=dict)
    in_simulation: bool = False

    def bins(self) -> Iterator[Bin]:
        """Every bin of the cross that is asked for."""
        return (each for each in product(*self.axes.values()) if each not in self.impossible and each not in self.spared)


LAYERS = ("1", "2", "3", "4")
OUTCOME = ("learned", "skipped")
RELAXES = ("relaxes", "does not")
PLACE = ("only", "first", "middle", "last")
SIGN = ("+", "-")

POINTS = (
    Point(
        name="sample",
        about="a training sample: weight layers, folds, whether there was an error",
        axes={"layers": LAYERS, "folds": ("1", "2", "more"), "outcome": OUTCOME},
    ),
    Point(
        name="relaxation",
        about="a row with an error: weight layers, the layer's rate, whether this draw relaxes",
        axes={"layers": LAYERS, "rate": ("0", "rare", "always"), "draw": RELAXES},
        impossible={
            **{(layers, "0", "relaxes"): "a rate of 0 never relaxes" for layers in LAYERS},
            **{(layers, "always", "does not"): "a rate of 65536 always relaxes" for layers in LAYERS},
        },
    ),
    Point(
        name="row",
        about="a row with an error: the layer's place among all, the row's place in its layer, the error's sign",
        axes={"layer": PLACE, "row": ("first", "inner", "last"), "error": SIGN},
    ),
    Point(
        name="draw",
        about="what a row's word gives: the layer's place, thresholds above zero (θ_toward alone only if s > m), relaxation",
        axes={"layer": PLACE, "thresholds": ("none", "away", "both"), "draw": RELAXES},
    ),
    Point(
        name="rail",
        about="a valid synapse at an end of its range: which end, the step, below the threshold or not, relaxed before it",
        axes={"hidden weight": ("127", "-128"), "step": ("away", "toward"), "moves": ("yes", "no"), "draw": RELAXES},
    ),
    Point(
        name="threshold",
        about="a valid synapse whose level is the threshold, or just below: the step, the sign of the weight",
        axes={"level": ("below", "equal"), "step": ("toward", "away"), "weight": SIGN},
    ),
    Point(
        name="floor",
        about="a synapse of a row that relaxes, at the floor or just below: the sign of the weight, valid or not",
        axes={"level": ("below", "equal"), "weight": SIGN, "input": ("valid", "not valid")},
    ),
    Point(
        name="margin",
        about="z_y - z_r beside the margin, with one weight layer and with several",
        axes={"distance": ("2 below", "equal", "2 above"), "layers": ("1", "more")},
    ),
    Point(
        name="tie",
        about="scores that are equal: the largest of all, the largest of the rivals; label among the equal ones or not",
        axes={"between": ("the largest", "rivals"), "label": ("among them", "not")},
        impossible={("rivals", "among them"): "the label is no rival"},
    ),
    Point(
        name="activation",
        about="a pre-activation beside the activation threshold: the layer's mode",
        axes={"mode": ("sign", "gate", "band"), "distance": ("just below", "equal")},
    ),
    Point(
        name="window",
        about="a neuron of a layer before one with an error: at the edge of its window or beyond it, below or above, g",
        axes={"distance": ("at the edge", "1 or 2 beyond"), "side": ("below", "above"), "g": ("0", "not 0")},
    ),
    Point(
        name="mean",
        about="the sum of pre-activations: its sign, whether it divides without a rest",
        axes={"sum": ("below 0", "0 or above"), "rest": ("none", "some")},
    ),
    Point(
        name="image",
        about="the pixels: none, all or some are lit; whether there was an error",
        axes={"pixels": ("none", "some", "all"), "outcome": OUTCOME},
    ),
    Point(
        name="memory",
        about="the weight memory: ports, folds, synapses of a cell, in a learned sample",
        axes={"ports": ("1", "2"), "folds": ("1", "2", "more"), "synapses of a cell": ("4", "8", "16")},
        spared={
            **{("1", folds, k): "memories with one port are those of the UP5K: one cell of 8, many folds"
               for folds in ("1", "2", "more") for k in ("4", "8", "16") if (folds, k) != ("more", "8")},
            **{("2", folds, k): "K and folds meet in no common logic: each is met with the other's common values"
               for folds, k in (("2", "8"), ("2", "16"), ("more", "16"))},
        },
    ),
    Point(
        name="stall",
        about="a training sample whose prediction waits for the link, or not; whether there was an error",
        axes={"prediction": ("waits", "goes at once"), "outcome": OUTCOME},
        in_simulation=True,
    ),
)  # fmt: skip
BY_NAME = {point.name: point for point in POINTS}

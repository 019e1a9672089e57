"""Cycles that a sample costs, by term: the formula that benchmarks and documentation hold the counters against.

Inference is exact. Learning depends on the data: on how many neurons have an error and how many rows are touched.
"""

from dataclasses import dataclass

from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import Network

SUM_DELAY = 4  # cycles from a token's leaving the last cell to its sum's leaving the array
ISSUE_DELAY = 1
FOLD_SUM_DELAY = 1


def array_latency(geometry: Geometry) -> int:
    """Cycles from a token at the array's edge to its result: one a cell along an edge and a row, then the sums."""
    return geometry.grid_height + geometry.grid_width - 1 + SUM_DELAY


def division_cycles(geometry: Geometry) -> int:
    """Cycles of the mean's division: one for each bit of a quotient of up to 2 · columns."""
    return bits_for(geometry.columns) + 1


@dataclass(frozen=True, kw_only=True)
class ForwardCost:
    """Cycles of one sample without learning, by the names of the cycle counters (`sw.contract.frames.COUNTERS`)."""

    cycles_forward: int
    cycles_normalise: int
    cycles_activate: int
    cycles_classify: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.cycles_forward + self.cycles_normalise + self.cycles_activate + self.cycles_classify


def forward_cost(network: Network, geometry: Geometry) -> ForwardCost:
    """What inference costs, exactly, when the link keeps up.

    Forward: a token for every row and fold, one cycle to begin each layer, one to take the sample. Normalise, for each
    hidden layer: the last sum's way out, the division, eight pipeline stages. Activate: a token for every K neurons.
    Classify: the last sum's way out and the decision.
    """
    wait = array_latency(geometry) + ISSUE_DELAY + FOLD_SUM_DELAY
    hidden = network.layers[1:-1]
    return ForwardCost(
        cycles_forward=1 + sum(1 + neurons * geometry.folds_of(fan_in) for neurons, fan_in in network.shapes),
        cycles_normalise=len(hidden) * (wait + division_cycles(geometry) + 6),
        cycles_activate=sum(geometry.words_of(neurons) for neurons in hidden),
        cycles_classify=wait + 1,
    )


def backward_cost(network: Network, geometry: Geometry, active: list[int]) -> int:
    """Cycles of the backward passes of one sample that is learned; at most, because words with several errors share.

    `active` has the number of neurons with an error of each weight layer (2 for the output layer). For every slice and
    fold of a layer's inputs: clear, start the scan, a token for each active row and a look at each word, and in all a
    token for each K neurons of the layer below; then the last sign's way out.
    """
    cycles = 1 + 1 + geometry.words_of(network.layers[-1])
    for i in range(1, network.depth):
        neurons, below = network.shapes[i]
        passes = geometry.slices * geometry.folds_of(below)
        cycles += passes * (1 + 3 + geometry.words_of(neurons) + active[i])
        cycles += geometry.slices * geometry.words_of(below) + array_latency(geometry) + 5
    return cycles


def learning_cost(network: Network, geometry: Geometry, touched: list[int]) -> int:
    """Token cycles of learning; `touched` has the number of LEARN and RELAX passes over rows of each weight layer."""
    return sum(
        rows * geometry.slices * geometry.folds_of(fan_in) for rows, (_, fan_in) in zip(touched, network.shapes, strict=True)
    )

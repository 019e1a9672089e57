"""Cycles that inference costs, by term: the formula that benchmarks and documentation hold the counters against.

What learning adds depends on the data: on how many neurons have an error and how many rows are touched
(`docs/architecture.md`).
"""

from dataclasses import dataclass

from sw.contract.error import require_integer
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import Network

SUM_DELAY = 4  # cycles from a token's leaving the last cell to its sum's leaving the array
ISSUE_DELAY = 2  # cycles from a token's choice to its entering the array
FOLD_SUM_DELAY = 1


def array_latency(geometry: Geometry) -> int:
    """Cycles from a token at the array's edge to its result: one a cell along an edge and a row, then the sums."""
    return geometry.grid_height + geometry.grid_width - 1 + SUM_DELAY


def division_cycles(geometry: Geometry) -> int:
    """Cycles of the mean's division: one for each bit of a quotient of up to 2 · columns."""
    return bits_for(geometry.columns) + 1


@dataclass(frozen=True, kw_only=True)
class ForwardCost:
    """Cycles of one group without learning, by the names of the cycle counters (`sw.contract.frames.COUNTERS`)."""

    cycles_forward: int
    cycles_normalise: int
    cycles_activate: int
    cycles_classify: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.cycles_forward + self.cycles_normalise + self.cycles_activate + self.cycles_classify


def forward_cost(network: Network, geometry: Geometry, samples: int = 1) -> ForwardCost:
    """What inference of a group of `samples` costs, exactly, when the link keeps up.

    Forward: a token for every row and fold, one cycle to begin each layer, one to take the group; of the first layer once for
    all samples. Normalise, for each hidden layer: the last sum's way out, the division, eight pipeline stages, and a cycle more
    for each word of K neurons that is compared in two halves; of the first layer there is no way out for the samples after the
    first, but two cycles to begin. Activate: a token for every K neurons. Classify: the last sum's way out and the decision.
    A network of one layer has groups of one sample. Raises `ContractError` for more samples than a group has.
    """
    require_integer("samples", samples, 1, geometry.group if network.depth > 1 else 1)
    wait = array_latency(geometry) + ISSUE_DELAY + FOLD_SUM_DELAY
    mean = division_cycles(geometry) + 6
    hidden = network.layers[1:-1]
    halves = sum(-(-neurons // geometry.compared) - geometry.words_of(neurons) for neurons in hidden)
    first, *later = (1 + neurons * geometry.folds_of(fan_in) for neurons, fan_in in network.shapes)
    return ForwardCost(
        cycles_forward=1 + first + samples * sum(later),
        cycles_normalise=samples * (len(hidden) * (wait + mean) + halves) - (samples - 1) * (wait - 2),
        cycles_activate=samples * sum(geometry.words_of(neurons) for neurons in hidden),
        cycles_classify=samples * (wait + 2),
    )

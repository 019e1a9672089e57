"""What a training sample costs by term, in passes of MNIST through the full-size board: the defaults in their first, second and
fifth pass, every file of `examples` in its first.

The compiled twin learns the passes. In the middle of each of `STRETCHES` equal parts the simulated board takes over its state
and learns what follows, as the twin does: every prediction is compared. A network of another size runs on the same board, and
labels beyond its classes are taken modulo them, which makes two classes the even and the odd digits. Nothing is rehearsed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from sw.contract.board_table import ECP5_85F
from sw.contract.cost import forward_cost
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.learning import learn_from_memory, working
from sw.figures import stacked_bars, style
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.comparison import predictions_differ
from sw.host.error import BoardError
from sw.host.learning_device import Bits, Labels, LearningDevice
from sw.terminal.opening import read_network
from sw.terminal.speech import say, tell_table
from sw.tree.sources import ROOT
from sw.twin.compiled.device import CompiledDevice

SAMPLES = 60_000  # of a pass
STRETCHES, OF_A_STRETCH = 4, 750
PASSES = (1, 2, 5)
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
PICTURE = Path("results/bench-passes")


@dataclass(kw_only=True)
class Cost:
    """Cycles of `samples` training samples by term, in one pass of a network."""

    network: Network
    samples: int = 0
    terms: Counter[str] = field(default_factory=Counter)

    def by_term(self) -> dict[str, float]:
        """Of one sample."""
        return {term: cycles / self.samples for term, cycles in self.terms.items()}


def passes() -> Entries:
    """The sum and each term of all, a table on the terminal and a picture."""
    costs = dict(measure())
    by_term = {name: cost.by_term() for name, cost in costs.items()}
    table = Table("network", *next(iter(by_term.values())), "sum")
    for name, terms in by_term.items():
        table.add_row(name, *(f"{cycles:.1f}" for cycles in (*terms.values(), sum(terms.values()))))
    tell_table(table)
    style.save(stacked_bars.draw(by_term, across="cycles of a training sample"), PICTURE)
    return {name: entry for told, cost in costs.items() for name, entry in entries_of(told, cost)}


def measure() -> Iterator[tuple[str, Cost]]:
    """Each pass by its name: a file of `examples` by that of its file."""
    pixels, labels = (part[:SAMPLES] for part in load_packed("train"))
    with known_boards.find("sim").open(say) as board, CompiledDevice() as twin:
        network = Network.of()
        Checkpoint.initial(network).put_on(twin)
        for number in range(1, max(PASSES) + 1):
            if number in PASSES:
                told = f"defaults, pass {number}"
                yield told, one_pass(told, network, board, twin, pixels, labels)
            else:
                twin.train(pixels, labels)
        for path in EXAMPLES:
            network = read_network(path)
            Checkpoint.initial(network).put_on(twin)
            yield path.stem, one_pass(path.stem, network, board, twin, pixels, labels % network.layers[-1])


def one_pass(told: str, network: Network, board: LearningDevice, twin: CompiledDevice, pixels: Bits, labels: Labels) -> Cost:
    """The twin learns a pass, and the board the stretches. Raises `BoardError` where they predict something else."""
    cost, part, at = Cost(network=network), len(labels) // STRETCHES, 0
    for begin in range((part - OF_A_STRETCH) // 2, part * STRETCHES, part):
        twin.train(pixels[at:begin], labels[at:begin])
        start, at = Checkpoint.of(twin, network), begin + OF_A_STRETCH
        stretch = pixels[begin:at], labels[begin:at]
        done = learn_from_memory(board, start, *stretch, f"{told}, from sample {begin}")
        difference = predictions_differ(done.predictions, twin.train(*stretch), begin)
        if difference is not None:
            raise BoardError(f"the simulated board differs from the compiled twin: {difference}")
        cost.samples += done.samples
        cost.terms.update(working(done.counters))
    twin.train(pixels[at:], labels[at:])
    return cost


def entries_of(told: str, cost: Cost) -> Iterator[tuple[str, Entry]]:
    """The lines of the file for one pass: the sum beside what inference alone costs, then the terms."""
    samples = ECP5_85F.group if cost.network.depth > 1 else 1
    by_term = cost.by_term()
    name = told.replace(", ", "_").replace(" ", "_").replace("-", "_")
    layers = "-".join(map(str, cost.network.layers))
    lines = {"training_sample": sum(by_term.values())} | by_term
    for term, cycles in lines.items():
        whole = term == "training_sample"
        yield (
            f"pass_cycles_{term}_{name}",
            Entry(
                value=cycles,
                unit=f"cycles/training sample of {layers}, mean of {cost.samples:,} from all of a pass",
                bound=forward_cost(cost.network, ECP5_85F, samples).total / samples if whole else None,
                bound_is="at best: inference in full groups, nothing learned" if whole else "a term of the sum",
                command=command_of("passes"),
            ),
        )

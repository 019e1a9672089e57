"""The full-size simulated board: speed, cycles per training sample by term, and bit for bit comparison with the twin."""

from sw.contract.board_table import ECP5_85F
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.learning import Pass, difference_from_twin, learn_from_memory
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.error import BoardError
from sw.terminal.speech import say

SAMPLES = 60_000  # a pass of MNIST: the first samples learn more than the average
REQUIRED_PER_SECOND = 200.0


def simulated() -> Entries:
    """samples_compared, simulated_samples_per_second, cycles_per_training_sample and its terms."""
    network = Network.of()
    pixels, labels = (part[:SAMPLES] for part in load_packed("train"))
    start = Checkpoint.initial(network)
    with known_boards.find("sim").open(say) as device:
        trained = learn_from_memory(device, start, pixels, labels, "training on sim")
        difference = difference_from_twin(device, trained, start, pixels, labels, say)
    if difference is not None:
        raise BoardError(f"the simulated board differs from the twin: {difference}")
    return entries_of(trained, network)


def entries_of(trained: Pass, network: Network) -> Entries:
    """The lines of the file for a pass that was found equal."""
    command = command_of("simulated")
    first, *later = (neurons * ECP5_85F.folds_of(inputs) for neurons, inputs in network.shapes)
    rows = first / ECP5_85F.group + sum(later)
    changed = trained.counters["rows_learned"] / trained.samples
    entries = {
        "samples_compared": Entry(
            value=trained.samples,
            unit="training samples equal to the twin's in every bit",
            bound=SAMPLES,
            bound_is="at least",
            command=command,
        ),
        "simulated_samples_per_second": Entry(
            value=round(trained.samples_per_second, 1),
            unit="training samples/s",
            bound=REQUIRED_PER_SECOND,
            bound_is="at least, on one core",
            command=command,
        ),
        "cycles_per_training_sample": Entry(
            value=trained.cycles_per_sample,
            unit="cycles",
            bound=rows + changed,
            bound_is=f"at best: {rows:g} rows forward and {changed:.1f} rows changed, one a cycle",
            command=command,
        ),
    }
    for name, cycles in trained.cycles().items():
        entries[name] = Entry(
            value=cycles, unit="cycles/training sample", bound=None, bound_is="a term of the sum", command=command
        )
    return entries

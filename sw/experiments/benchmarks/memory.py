"""How fast a board with a sample memory feeds itself: the full-size simulated board, in cycles and at the 85F's clock.

The counts are the board's own: the cycles of its engine, and what MEMORY tells. A whole pass takes the simulated board many
minutes, so that the first samples of MNIST stand for it; these learn more, and so take longer, than those that follow.
"""

import math
import time

from hw.accelerator import CLOCK_HZ
from hw.store.chip import MT48LC16M16A2
from sw.contract.board_table import BOARDS
from sw.contract.frames import OVERHEAD
from sw.data.mnist import load_packed
from sw.data.packed_bits import PackedBits
from sw.experiments.benchmarks import memory_runs as runs
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.experiments.benchmarks.memory_runs import FULL, SMALLEST, TASKS
from sw.experiments.benchmarks.playing import Played
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import BoardError
from sw.terminal.speech import say
from sw.twin.compiled.device import CompiledDevice
from sw.wire.paced import BITS_OF_A_BYTE

BOARD, PLL_HZ = "ulx3s-85f", 75_000_000  # as `boards/ulx3s.py` asks for
PASS, TESTED = 60_000, 10_000  # samples of an epoch and of a task, and of a test
SHARE, PER_SECOND, TIMES = 0.97, 100_000, 2.0  # what is asked for
COMMAND = command_of("memory")


def memory() -> Entries:
    """Playback beside the array's speed, an epoch, rehearsal, ten permuted tasks, and the memory's traffic."""
    with known_boards.find("sim").open(say) as device:
        if not isinstance(device, Device):
            raise BoardError("the simulated board is behind no link")
        begin, whole = runs.a_pass(device)
        found = of_share("", whole, f"{text(FULL.layers)}, training")
        found |= of_epoch(whole) | of_traffic(whole) | of_rehearsal(runs.with_rehearsal(device), begin)
        trained, tested = runs.permuted_tasks(device)
        found |= of_share("_permuted", trained + tested, f"{text(FULL.layers)}, permuted, training and tests")
        found |= of_tasks(trained, tested)
        return found | of_share("_smallest", runs.smallest(device), f"{text(SMALLEST.layers)}, training")


def text(layers: tuple[int, ...]) -> str:
    """784-500-10."""
    return "-".join(map(str, layers))


def of_share(name: str, done: Played, about: str) -> Entries:
    """Playback beside the array."""
    return {
        f"playback_share_of_array{name}": Entry(
            value=done.share,
            unit=f"of the array's speed, {about}, {done.samples:,} records",
            bound=SHARE,
            bound_is="at least",
            command=COMMAND,
        ),
        f"playback_cycles_per_sample{name}": Entry(
            value=done.cycles / done.samples,
            unit=f"cycles, {about}",
            bound=done.working / done.samples,
            bound_is="at best: those of the array",
            command=COMMAND,
        ),
    }


def of_epoch(done: Played) -> Entries:
    """A pass at the clock of the board, and on a core of this computer."""
    pixels, labels = load_packed("train")
    bits, labels = PackedBits.of(pixels[:PASS]), labels[:PASS]
    with CompiledDevice() as twin:
        Checkpoint.initial(FULL).put_on(twin)
        began = time.process_time()
        twin.train(bits, labels)
        seconds = time.process_time() - began
    return {
        "playback_samples_compared": Entry(
            value=done.samples,
            unit="training samples that were played, equal to the compiled twin's in every bit",
            bound=runs.SAMPLES,
            bound_is="at least",
            command=COMMAND,
        ),
        "epoch_seconds": Entry(
            value=PASS * done.cycles / done.samples / PLL_HZ,
            unit=f"s a pass of MNIST at {PLL_HZ / 1e6:g} MHz, {text(FULL.layers)}, by the cycles of {done.samples:,} samples",
            bound=seconds,
            bound_is="the compiled twin on one core of this computer",
            command=COMMAND,
        ),
    }


def of_rehearsal(done: Played, without: Played) -> Entries:
    """One sample rehearsed for each new one."""
    return {
        "rehearsal_times": Entry(
            value=done.cycles / without.cycles,
            unit=f"times the cycles without rehearsal, one rehearsed for each of {done.samples:,} new samples",
            bound=TIMES,
            bound_is="at most",
            command=COMMAND,
        )
    }


def of_tasks(trained: Played, tested: Played) -> Entries:
    """Ten tasks of full size, all ten tested after each, by the cycles of short ones; permutations come over the wire."""
    sent = (2 * FULL.layers[0] + OVERHEAD) * BITS_OF_A_BYTE / BOARDS[BOARD].baud
    permutations = (TASKS - 1) * (TASKS + 1)  # the first task has none
    rows = TASKS * PASS, TASKS * TASKS * TESTED
    cycles = rows[0] * trained.cycles / trained.samples + rows[1] * tested.cycles / tested.samples
    seconds = cycles / PLL_HZ + permutations * sent
    about = f"{rows[0]:,} trained and {rows[1]:,} tested at {PLL_HZ / 1e6:g} MHz, by the cycles of {trained.samples:,} and "
    about += f"{tested.samples:,}, with {permutations} permutations at {BOARDS[BOARD].baud / 1e6:g} Mbaud"
    return {
        "permuted_tasks_samples_per_second": Entry(
            value=sum(rows) / seconds, unit=f"samples/s, {about}", bound=PER_SECOND, bound_is="at least", command=COMMAND
        ),
        "permuted_tasks_seconds": Entry(
            value=seconds,
            unit=f"s of ten permuted tasks, {about}",
            bound=sum(rows) / PER_SECOND,
            bound_is="at most",
            command=COMMAND,
        ),
    }


def of_traffic(done: Played) -> Entries:
    """What the memory does meanwhile: shares of all cycles, at the clock of the simulated board."""
    chip = MT48LC16M16A2
    refresh = math.ceil(chip.t_rfc * CLOCK_HZ / 1e9)
    shares = {
        "bus": ((done.read + done.written) * 8 / chip.width, "in which a word of a record moves"),
        "refresh": (done.refreshes * refresh, f"in which the chip refreshes, {done.refreshes:,} times {refresh}"),
        "waiting": (done.waiting, "in which the array waits for a record"),
    }
    return {
        f"sample_memory_{name}_share": Entry(
            value=cycles / done.cycles,
            unit=f"of the cycles of playback, {what}",
            bound=1.0 if name == "bus" else None,
            bound_is="at most: one word a cycle" if name == "bus" else "none",
            command=COMMAND,
        )
        for name, (cycles, what) in shares.items()
    }

"""Sample memories on bad lines, boards that are reset while they play, memories that lose bits: nothing is learned wrongly."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sw.contract.frames import Frame
from sw.contract.rehearsal import Rehearsal
from sw.contract.sample_memory import record_bytes, reservoir_slot
from sw.experiments.soaking.frames import GEOMETRY
from sw.experiments.soaking.lines import BAD_BACK, GOOD_THERE
from sw.experiments.soaking.scene import NETWORK, begun, samples, times
from sw.experiments.soaking.stays import stay
from sw.host import known_boards, simulated_board
from sw.host.checkpoint import Checkpoint
from sw.host.error import HostError
from sw.host.learning_device import LearningDevice
from sw.host.process_transport import ProcessTransport
from sw.host.training import Often, Training
from sw.terminal.progress import Progress
from sw.terminal.speech import say
from sw.wire.board import ModelBoard
from sw.wire.faults import Faults, FaultyWire
from sw.wire.line import Line

STAYS, ON_GATEWARE, RESETS, FLIPS = 100, 20, 50, 100
MEMORY = 4096  # bytes of the board in Python: 256 records
RARE = Faults(lose=0.02, damage=0.02, duplicate=0.02)
WAIT = 0.3  # seconds until a request goes to the gateware again: it computes longer than the board in Python
SAMPLES, EPOCHS, EVERY = 60, 3, 40  # of a pass that is played; samples between two checkpoints
REHEARSAL = Rehearsal(size=20, every=2, per=2, horizon=50)


def playback(scale: float, seed: int) -> dict[str, Any]:
    """Long stays in the memory of the board in Python, behind a bad line."""
    wires, told = [], []
    for trial in range(seed, seed + times(scale, STAYS)):
        wires.append(FaultyWire(Line(ModelBoard(sample_memory=MEMORY)), there=GOOD_THERE, back=BAD_BACK, seed=trial))
        told.append(stay(begun(wires[-1]), trial))
    return together(told, wires)


def playback_on_the_gateware(scale: float, seed: int) -> dict[str, Any]:
    """The same on the gateware with its SDRAM, compiled to native code."""
    wires, told, program = [], [], simulated_board.build(GEOMETRY, say)
    for trial in range(seed, seed + times(scale, ON_GATEWARE)):
        wires.append(FaultyWire(ProcessTransport([program]), there=RARE, back=RARE, seed=trial))
        with begun(wires[-1], resend_after=WAIT) as device:
            told.append(stay(device, trial))
    return together(told, wires)


def together(told: list[dict[str, int]], wires: list[FaultyWire]) -> dict[str, Any]:
    """The sums of what was told, and of the frames that were lost, damaged, sent twice or late."""
    faults = sum(sum(way.done.values()) for wire in wires for way in (wire.there, wire.back))
    return {"stays": len(told), "frame_faults": faults} | {name: sum(each[name] for each in told) for name in told[0]}


def resets(scale: float, seed: int) -> dict[str, Any]:
    """Boards that are reset while they play: each gets its last checkpoint and its samples again."""
    told = [disturbed(seed + trial, lambda board, random: board.reset()) for trial in range(times(scale, RESETS))]
    restored, differences = map(sum, zip(*told, strict=True))
    return {"resets": len(told), "restored": restored, "lost": len(told) - restored, "differences": differences}


def flips(scale: float, seed: int) -> dict[str, Any]:
    """Bits that flip while a board plays, in turn of a record that is played again and of one of the reservoir.

    The first kind must be found; one of the reservoir may be replaced before it is read.
    """
    count = times(scale, FLIPS)
    told = [disturbed(seed + trial, (flip_library, flip_reservoir)[trial % 2]) for trial in range(count)]
    lost = sum(not found for found, _ in told[::2])
    return {
        "bits_flipped": count,
        "restored": sum(found for found, _ in told),
        "lost": lost,
        "differences": sum(difference for _, difference in told),
    }


def flip_library(board: ModelBoard, random: Random) -> None:
    """A bit of any record of the library."""
    flip(board, random.randrange(SAMPLES), random)


def flip_reservoir(board: ModelBoard, random: Random) -> None:
    """A bit of any record of the reservoir, which is full by now."""
    flip(board, reservoir_slot(random.randrange(REHEARSAL.size)), random)


def flip(board: ModelBoard, slot: int, random: Random) -> None:
    """A bit of the record in a slot."""
    size = record_bytes(NETWORK.layers[0])
    board.memory.data[(slot * size + random.randrange(size)) % MEMORY] ^= 1 << random.randrange(8)


def disturbed(seed: int, happens: Callable[[ModelBoard, Random], object]) -> tuple[int, int]:
    """A pass that is played, behind a bad line, during which something happens once, before the last epoch and behind the first
    checkpoint: how often the board was given a checkpoint again, and whether the end is another than the twin's."""
    random, board = Random(seed), ModelBoard(sample_memory=MEMORY)
    when, act = random.randrange(EVERY + 1, (EPOCHS - 1) * SAMPLES), board.act

    def disturbing(frame: Frame) -> bytes:
        if board.memory.draws.seen >= when:
            board.act = act
            happens(board, random)
        return act(frame)

    board.act = disturbing
    with TemporaryDirectory() as folder, known_boards.find("compiled").open(say) as twin:
        ours, theirs = Path(folder) / "board.npz", Path(folder) / "twin.npz"
        device = begun(FaultyWire(Line(board), there=GOOD_THERE, back=GOOD_THERE, seed=seed))
        trained(twin, theirs, seed)
        try:
            restored = trained(device, ours, seed).restored
        except HostError as error:
            say(str(error))
            return 0, 1
        return restored, int(ours.read_bytes() != theirs.read_bytes())


def trained(device: LearningDevice, path: Path, seed: int) -> Training:
    """A pass of several epochs with rehearsal on a device, with checkpoints in `path`."""
    start = Checkpoint.initial(NETWORK).rehearsing(REHEARSAL)
    start.put_on(device)
    training = Training(device, start, path, Often(samples=EVERY))
    with Progress("a board that plays", EPOCHS * SAMPLES) as progress:
        training.run(*samples(SAMPLES, seed), progress, lambda: False, EPOCHS * SAMPLES)
    return training

"""Bad lines to a board that learns: lost, repeated and late acknowledgements; resets; a cable that is out."""

from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sw.contract.frames import Frame
from sw.experiments.soaking.scene import NETWORK, begun, samples, times, twin_differs
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.checkpoint import load as load_checkpoint
from sw.host.error import HostError
from sw.host.training import Often, Training
from sw.terminal.progress import Progress
from sw.terminal.speech import say
from sw.wire.board import ModelBoard
from sw.wire.faults import Faults, FaultyWire
from sw.wire.line import Line

BATCHES, RESETS, CABLES = 100_000, 200, 3
AT_ONCE = 5000  # batches before the board is compared with the twin
MOST_SAMPLES = 3
GOOD_THERE = Faults(damage=0.01, lose=0.01, duplicate=0.01, delay=0.01)
BAD_BACK = Faults(damage=0.05, lose=0.1, duplicate=0.1, delay=0.1)
RESET_SAMPLES, RESET_EVERY = 120, 20
OUT_SECONDS = 10.0


def acknowledgements(scale: float, seed: int) -> dict[str, Any]:
    """Batches whose replies are lost, damaged, repeated and late, and a few requests too."""
    count, differences, resent = times(scale, BATCHES), 0, 0
    faults = dict.fromkeys(("damage", "lose", "duplicate", "delay"), 0)
    for begin in range(0, count, AT_ONCE):
        wire = FaultyWire(Line(ModelBoard()), there=GOOD_THERE, back=BAD_BACK, seed=seed + begin)
        device = begun(wire)
        sizes = np.random.default_rng(seed + begin).integers(1, MOST_SAMPLES + 1, min(AT_ONCE, count - begin))
        pixels, labels = samples(int(sizes.sum()), seed + begin)
        parts = [slice(first, end) for first, end in pairwise([0, *np.cumsum(sizes).tolist()])]
        try:
            predictions = list(device.stream((pixels[part], labels[part]) for part in parts))
            difference = twin_differs(device, pixels, labels, np.concatenate(predictions))
        except HostError as error:
            difference = str(error)
        if difference:
            say(difference)
            differences += 1
        resent += device.link.resent
        faults = {name: faults[name] + wire.there.done[name] + wire.back.done[name] for name in faults}
    return {"batches": count, "acknowledgement_faults": sum(faults.values()), "by_kind": faults} | {
        "requests_sent_again": resent,
        "differences": differences,
    }


def resets(scale: float, seed: int) -> dict[str, Any]:
    """A board that is reset at a random moment of a pass: it gets its last checkpoint again, and ends with the same file."""
    count, random, differences, restored = times(scale, RESETS), Random(seed), 0, 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        for trial in range(count):
            board = ModelBoard()
            when = random.randrange(RESET_EVERY + 1, RESET_SAMPLES)  # after the first checkpoint
            act = board.act

            def resetting(frame: Frame, board: ModelBoard = board, when: int = when, act: Any = act) -> bytes:
                if board.chip.samples >= when:
                    board.act = act
                    board.reset()
                return act(frame)

            board.act = resetting
            pixels, labels = samples(RESET_SAMPLES, seed + trial)
            device = begun(FaultyWire(Line(board), there=GOOD_THERE, back=GOOD_THERE, seed=seed + trial))
            training = Training(device, Checkpoint.initial(NETWORK), path, Often(samples=RESET_EVERY))
            with Progress("a board that is reset", RESET_SAMPLES) as progress:
                training.run(pixels, labels, progress, lambda: False)
            restored += training.restored
            with known_boards.find("twin").open(say) as twin:
                Checkpoint.initial(NETWORK).put_on(twin)
                twin.train(pixels, labels)
                end, right = load_checkpoint(path), Checkpoint.of(twin, NETWORK)
            differences += (end.weights_crc32, end.prng, end.samples, end.signature) != (
                right.weights_crc32, right.prng, right.samples, right.signature,
            )  # fmt: skip
    return {"resets": count, "restored": restored, "lost": count - restored, "differences": differences}


def cable(scale: float, seed: int) -> dict[str, Any]:
    """A cable that is out for ten seconds in the middle of a pass."""
    count, differences = times(scale, CABLES), 0
    for trial in range(count):
        wire = FaultyWire(Line(ModelBoard()), there=Faults(), back=Faults(), seed=seed)
        device = begun(wire)
        pixels, labels = samples(300, seed + trial)

        def batches(wire: FaultyWire = wire, pixels: Any = pixels, labels: Any = labels) -> Any:
            for first in range(0, 300, 10):
                if first == 150:
                    wire.cut(OUT_SECONDS)
                yield pixels[first : first + 10], labels[first : first + 10]

        try:
            predictions = np.concatenate(list(device.stream(batches())))
            difference = twin_differs(device, pixels, labels, predictions)
        except HostError as error:
            difference = str(error)
        if difference:
            say(difference)
            differences += 1
    return {"cables": count, "out_seconds": OUT_SECONDS, "differences": differences}

"""Hosts that are killed: see `sw.experiments.kills`. The simulated board behind its port lives on, as one on a cable does."""

import struct
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sw.contract.board_table import BOARDS
from sw.experiments.kills import Kills
from sw.experiments.soaking.scene import times
from sw.host import simulated_board
from sw.host.process_transport import ProcessTransport
from sw.terminal.speech import say
from sw.wire.port import Port

KILLS, SAMPLES, EVERY = 400, 2000, 250
PLAYING, EPOCHS = 100, 4  # of SAMPLES
SAID = 20
BOARD = "tangnano9k"  # the smallest
CONFIG = "[network]\nlayers = [12, 6, 3]\ninit_range = 20\n[learning]\nmargin = 4\nrelax_rate = [3000, 300]\n"
REHEARSAL = "[rehearsal]\nsize = 40\nevery = 2\nper = 2\nhorizon = 300\n"


def kills(scale: float, seed: int) -> dict[str, Any]:
    """SIGKILL at random moments of a pass; what is resumed from the last checkpoint ends with the same bytes."""
    return killed(times(scale, KILLS), seed, CONFIG, epochs=1)


def kills_during_playback(scale: float, seed: int) -> dict[str, Any]:
    """The same while the board plays the samples of the pass itself, and rehearses."""
    return killed(times(scale, PLAYING), seed, CONFIG + REHEARSAL, epochs=EPOCHS)


def killed(count: int, seed: int, config: str, epochs: int) -> dict[str, Any]:
    """`count` kills of a host that trains on `SAMPLES` samples in so many epochs."""
    random, stored = np.random.default_rng(seed), SAMPLES // epochs
    with TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("net.toml", "images", "labels")}
        files["net.toml"].write_text(config, encoding="utf-8")
        files["images"].write_bytes(struct.pack(">2xBB3I", 8, 3, stored, 3, 4) + random.bytes(12 * stored))
        labels = random.integers(0, 3, stored, dtype=np.uint8)
        files["labels"].write_bytes(struct.pack(">2xBBI", 8, 1, stored) + labels.tobytes())
        stream = ["--config", str(files["net.toml"]), "--images", str(files["images"]), "--labels", str(files["labels"])]
        stream += ["--epochs", str(epochs)]
        board = simulated_board.build(BOARDS[BOARD].geometry, say)
        with closing(ProcessTransport([board])) as gateware, Port(gateware) as port:
            tried = Kills(Path(folder), ["--board", BOARD, "--port", port.name], stream, SAMPLES, EVERY)
            identical = 0
            for number in range(1, count + 1):
                identical += tried.trial(random).identical
                if number % SAID == 0:
                    say(f"kill {number} of {count}, {identical} identical ends")
    return {"kills": count, "identical_resumes": identical, "samples": SAMPLES, "checkpoint_every": EVERY}

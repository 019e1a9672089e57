"""Hosts that are killed, on a small simulated board: see `sw.experiments.kills`."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from sw.contract.geometry_text import geometry_text
from sw.experiments.kills import Kills
from sw.experiments.soaking.frames import GEOMETRY
from sw.experiments.soaking.scene import times

KILLS, SAMPLES, EVERY = 400, 2000, 250
CONFIG = "[network]\nlayers = [12, 6, 3]\ninit_range = 20\n[learning]\nmargin = 4\nrelax_rate = [3000, 300]\n"


def kills(scale: float, seed: int) -> dict[str, Any]:
    """SIGKILL at random moments of a pass; what is resumed from the last checkpoint ends with the same bytes."""
    count, random = times(scale, KILLS), np.random.default_rng(seed)
    with TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("net.toml", "images", "labels")}
        files["net.toml"].write_text(CONFIG)
        files["images"].write_bytes(struct.pack(">2xBB3I", 8, 3, SAMPLES, 3, 4) + random.bytes(12 * SAMPLES))
        labels = random.integers(0, 3, SAMPLES, dtype=np.uint8)
        files["labels"].write_bytes(struct.pack(">2xBBI", 8, 1, SAMPLES) + labels.tobytes())
        stream = ["--config", str(files["net.toml"]), "--images", str(files["images"]), "--labels", str(files["labels"])]
        board = ["--board", "sim", "--geometry", geometry_text(GEOMETRY)]
        killed = Kills(Path(folder), board, stream, SAMPLES, EVERY)
        identical = sum(killed.trial(random).identical for _ in range(count))
    return {"kills": count, "identical_resumes": identical, "samples": SAMPLES, "checkpoint_every": EVERY}

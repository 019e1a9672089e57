"""What a full line costs the host: processor time, efficiency and the time of a batch, by the number of samples in it.

The board is one that learns nothing and answers at once, behind a line of 3 Mbaud: so it is the host that is measured, and
the wire that bounds it.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from hw.accelerator import BUFFER_BYTES
from sw.contract.board_table import BOARDS
from sw.contract.frames import image_bytes
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.host.device import LABEL_BYTES, Device, connect
from sw.wire.board import ModelBoard
from sw.wire.chip import Chip
from sw.wire.paced import BITS_OF_A_BYTE, PacedLine

BOARD, BAUD = "ulx3s-85f", 3_000_000
LATENCIES = {"host": 0.001, "host_unset_adapter": 0.016}  # seconds of an FTDI's timer: as the host sets it, and as it comes
NETWORK = Network.of()
SAMPLES = 60_000  # of the whole pass
SHORT = 6000  # of a pass that compares batches
BATCHES = (1, 4, 16)


class IdleChip(Chip):
    """Takes every sample, predicts 0 and learns nothing."""

    def train(self, pixels: np.ndarray, label: int) -> int:
        self.count()
        return 0


def host() -> Entries:
    """Over a pass with the batches that the host chooses, then shorter ones with smaller batches; each with both timers."""
    pixels, labels = load_packed("train")
    entries: Entries = {}
    for name, latency in LATENCIES.items():
        most = begun(latency).batch_size()
        for batch in (most, *BATCHES):
            count = SAMPLES if batch == most and name == "host" else SHORT
            told = streamed(begun(latency), pixels[:count], labels[:count], batch)
            entries |= entries_of(name if batch == most else f"{name}_batch_{batch}", told, batch, latency)
    return entries


def begun(latency: float) -> Device:
    """A device over a line of its own, with a network."""
    geometry = BOARDS[BOARD].geometry
    board = ModelBoard(geometry, buffer_bytes=BUFFER_BYTES, chip=IdleChip(geometry.rows, geometry.columns))
    device = connect(PacedLine(board, BAUD, latency), "the idle board")
    device.configure(NETWORK)
    return device


def streamed(device: Device, pixels: Any, labels: Any, batch: int) -> dict[str, Any]:
    """A pass: its `samples`, `seconds`, `processor` seconds; `batches`, the seconds of each until its predictions."""
    given: list[float] = []
    taken: list[float] = []

    def batches() -> Iterator[tuple[Any, Any]]:
        for first in range(0, len(labels), batch):
            given.append(time.monotonic())
            yield pixels[first : first + batch], labels[first : first + batch]

    began, worked = time.monotonic(), time.process_time()
    for _ in device.stream(batches()):
        taken.append(time.monotonic())
    return {
        "samples": len(labels),
        "seconds": time.monotonic() - began,
        "processor": time.process_time() - worked,
        "batches": np.array(taken) - np.array(given),
    }


def entries_of(name: str, told: dict[str, Any], batch: int, latency: float) -> Entries:
    """The entries of one pass."""
    sample = LABEL_BYTES + image_bytes(NETWORK.layers[0])
    about = f"{batch} samples a batch, {told['samples']:,} in all, latency timer {1000 * latency:.0f} ms"
    bound = BAUD / BITS_OF_A_BYTE
    median, late = (1000 * float(np.quantile(told["batches"], share)) for share in (0.5, 0.99))
    command = command_of("host")
    return {
        f"{name}_samples_per_second": Entry(
            value=told["samples"] / told["seconds"],
            unit=f"samples/s, {about}",
            bound=bound / sample,
            bound_is=f"{BAUD / 1e6:g} Mbaud of nothing but samples",
            command=command,
        ),
        f"{name}_line_efficiency": Entry(
            value=told["samples"] * sample / told["seconds"] / bound,
            unit=f"share of the line's time that carries samples, {about}",
            bound=1.0,
            bound_is="at best; 0.97 is asked for",
            command=command,
        ),
        f"{name}_processor_share": Entry(
            value=told["processor"] / told["seconds"],
            unit=f"of one core, the board in Python included, {about}",
            bound=0.2,
            bound_is="at most",
            command=command,
        ),
        f"{name}_batch_milliseconds_median": Entry(
            value=median,
            unit=f"ms from the host's hands to the predictions, {about}",
            bound=1000 * batch * sample / bound + 1000 * latency,
            bound_is="one batch alone on the line",
            command=command,
        ),
        f"{name}_batch_milliseconds_99": Entry(
            value=late,
            unit=f"ms, of a hundred batches the slowest, {about}",
            bound=1000 * BUFFER_BYTES / bound + 1000 * latency,
            bound_is="a full buffer before it on the line",
            command=command,
        ),
    }

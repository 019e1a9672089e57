"""The stages of the self-test, in the order in which a board is trusted."""

from collections.abc import Callable
from dataclasses import dataclass

from sw.contract.geometry import Geometry
from sw.host.device import Device
from sw.host.learning_device import LearningDevice
from sw.host.selftest import inputs, learned_row, link, neighbours, registers, single_weights, whole_memory
from sw.host.selftest.known_answers import SAMPLES, TESTED, Case, forward_fault, training_fault


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One part of a board. `run` gives the first fault in words, or None; `look_at` says what a fault points to."""

    name: str
    covers: str
    look_at: str
    run: Callable[[], str | None]


LINK = "the serial line: cable, adapter, baud rate, and the clock that the baud rate is divided from"
REGISTERS = "the link's own registers: the clock, its PLL, and whether the design meets its timing"
WEIGHT_BITS = "the data pins of the weight memory: its block RAMs, or a row that is not written at all"
WRITE_ENABLES = "the byte enables and address lines of the weight memory's block RAMs"
MEMORY = "a block RAM of the weight memory: this cell's"
INPUTS = "the input memory of this cell, or the path of the pixels to it"
FORWARD = "the popcounts and sums of the array (carry chains), the mean, the comparison of the scores"
LEARNED_ROW = "the update of weights: error scan, thresholds' table, the step of ±1, the write back"
ANSWERS = "the random word, relaxation, the errors of hidden layers; what only many samples show"


def stages(device: LearningDevice, geometry: Geometry | None, cases: dict[str, Case]) -> list[Stage]:
    """The stages for a device. One without memory of its own, the twin, has those of a network alone; so has one row."""
    of_board = []
    if isinstance(device, Device) and geometry is not None and geometry.rows > 1:
        rows_by_columns = f"{geometry.rows} rows of {geometry.columns} columns"
        of_board = [
            Stage(
                name="link", look_at=LINK, run=lambda: link.fault(device, geometry),
                covers=f"{link.ROWS} rows there and back, none sent again, none damaged",
            ),
            Stage(
                name="registers", look_at=REGISTERS, run=lambda: registers.fault(device),
                covers="every bit of random word, signature and sample count as 0 and as 1",
            ),
            Stage(
                name="single weights", look_at=WEIGHT_BITS, run=lambda: single_weights.fault(device, geometry),
                covers="every bit of the weights of row 0, alone",
            ),
            Stage(
                name="neighbours", look_at=WRITE_ENABLES, run=lambda: neighbours.fault(device, geometry),
                covers="a weight and a row that are written leave those beside them as they are",
            ),
            Stage(
                name="whole memory", look_at=MEMORY, run=lambda: whole_memory.fault(device, geometry),
                covers=f"weight memory: {rows_by_columns}, two patterns",
            ),
        ]  # fmt: skip
        if geometry.rows >= inputs.LEAST_ROWS:
            of_board.append(
                Stage(
                    name="inputs", look_at=INPUTS, run=lambda: inputs.fault(device, geometry),
                    covers="every pixel reaches its own synapses and no others, in both sets",
                )
            )  # fmt: skip
    networks = ", ".join("-".join(map(str, case.network.layers)) for case in cases.values())
    widest = max(case.network.layers[0] for case in cases.values())
    return [
        *of_board,
        Stage(
            name="forward pass", look_at=FORWARD, run=lambda: forward_fault(device, cases),
            covers=f"{TESTED} predictions of each of {networks} before any learning",
        ),
        Stage(
            name="learned row", look_at=LEARNED_ROW, run=lambda: learned_row.fault(device, widest),
            covers="one sample is learned: two rows move by one, nothing else moves",
        ),
        Stage(
            name="known answers", look_at=ANSWERS, run=lambda: training_fault(device, cases),
            covers=f"{len(cases) * SAMPLES} training samples in {len(cases)} networks",
        ),
    ]  # fmt: skip

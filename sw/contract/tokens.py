"""Tokens, the array's whole instruction set: one enters at the top-left cell every cycle and passes every cell in order.

`fields(geometry)` gives the layout that the gateware builds its structure from.
"""

from enum import IntEnum

from sw.contract.geometry import Geometry, bits_for


class Opcode(IntEnum):
    """What a token makes the cells do. "Sliced" ones serve K / slices synapses, those of the slice of `synapse`."""

    IDLE = 0  # nothing
    LOAD = 1  # the addressed cell stores K ternary inputs in its input memory
    FORWARD = 2  # every cell adds the matches of its K columns to the sum that rides with the token
    CLEAR = 3  # every cell zeroes its column counters
    BACKWARD = 4  # every cell adds d · b to the column counters of a slice
    UNLOAD = 5  # the addressed cell puts the signs of its column counters on the sum
    LEARN = 6  # every cell steps the hidden weights of a slice
    RELAX = 7  # every cell relaxes the hidden weights of a slice
    WRITE = 8  # the addressed cell stores one hidden weight
    READ = 9  # the addressed cell puts one hidden weight on the sum


READS_WEIGHTS = (Opcode.FORWARD, Opcode.BACKWARD, Opcode.LEARN, Opcode.RELAX, Opcode.READ)
WRITES_WEIGHTS = (Opcode.LEARN, Opcode.RELAX, Opcode.WRITE)

WRITE_LATENCY = 4
"""Cycles from a token's arrival at a cell to its write: a read of that word must be at least one cycle later."""

THRESHOLD_BITS = 8
TOWARD_OFFSET, AWAY_OFFSET, NEGATIVE_OFFSET = 0, THRESHOLD_BITS, 2 * THRESHOLD_BITS
AGAIN_OFFSET = NEGATIVE_OFFSET


def operand_width(geometry: Geometry) -> int:
    """Bits of the operand.

    LOAD has K valid and K negative bits; LEARN has two thresholds and the sign of d; RELAX has the floor in the place of both
    thresholds; BACKWARD has the sign of d in the same place; WRITE has a byte, zeros above. With groups, FORWARD has the neuron
    of its row, and whether the row is read again because it was changed; cells do not look at them.
    """
    return max(2 * geometry.synapses_per_cell, NEGATIVE_OFFSET + 1)


def fields(geometry: Geometry) -> dict[str, int]:
    """Name and width in bits of each field of a token, lowest bits first.

    `address` is the word of the weight memory, `inputs` that of the input memory; `last` marks the last fold of a row.
    """
    return {
        "opcode": 4,
        "last": 1,
        "address": bits_for(geometry.memory_depth - 1),
        "inputs": bits_for(geometry.input_depth - 1),
        "cell": bits_for(geometry.cells - 1),
        "synapse": bits_for(geometry.synapses_per_cell - 1),
        "operand": operand_width(geometry),
    }


def sum_width(geometry: Geometry) -> int:
    """Bits of the sum that rides with a token: the matches of one fold, one byte, or the signs of a slice's counters."""
    return max(bits_for(geometry.columns_per_fold), 8, 2 * geometry.lanes)


def match_width(geometry: Geometry) -> int:
    """Bits of the sum of each further sample of a group: the matches of one fold."""
    return bits_for(geometry.columns_per_fold)


def counter_width(geometry: Geometry) -> int:
    """Bits of a signed column counter: at most one ±1 for every row."""
    return bits_for(geometry.rows) + 1

"""A lane of a cell: counts a column's errors, steps its hidden weights and takes in what is written, one weight a token."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Mux, Value

from hw.array.decode import Decoded
from hw.array.pipeline import Pipeline, Staged
from hw.array.update import moves
from sw.contract import tokens
from sw.contract.geometry import Geometry


@dataclass(frozen=True, kw_only=True)
class Lane:
    """What a lane tells its cell.

    Members
    -------
    active, below_zero : the column counter is not zero, as an UNLOAD in stage 2 sees it, and it is below
    byte : in stage 2, the weight for a READ of it, else zero
    weight : the new one, from stage 2 on
    enable : that is to be written, in stage 3
    """

    active: Value
    below_zero: Value
    byte: Value
    weight: Staged
    enable: Value


def add_lane(
    pipeline: Pipeline,
    geometry: Geometry,
    i: int,
    *,
    token: Staged,
    asked: Decoded,
    weights: Staged,
    valid: Staged,
    negative: Staged,
) -> Lane:
    """Add lane number `i` to a cell, with its part of what is known of the slice from stage 2 on: its `weights`, a byte a lane,
    and whether its inputs are `valid` and `negative`, a bit a lane.

    One adder counts up and down, steps weights, and lets through what is written. A step from the end of the range changes the
    sign of the weight and leads outward: it is not written.
    """
    value = pipeline.value
    learn, relax, down, no_write = asked.learn[2], asked.relax[2], asked.down[2], asked.no_write[2]
    weight, valid, negative = weights[2][8 * i :][:8], valid[2][i], negative[2][i]
    sign = weight[7]

    nearer = relax | (negative ^ down ^ sign)
    toward = token[2].operand[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
    away = token[2].operand[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]
    is_moved = moves(weight=weight, threshold=Mux(nearer, toward, away), valid=valid, relax=relax)

    counter = pipeline.state(f"counter_{i}", tokens.counter_width(geometry), stage=2)
    width = max(len(counter), 8)
    subtracts = Mux(learn, negative, sign) ^ down
    base = Cat(Mux(asked.counts[2], counter[:8], weight) | asked.written[2], counter[8:])[:width]
    total = (base + Cat(no_write, subtracts.replicate(width - 1)))[:width]
    pipeline.load(counter, total, zero=asked.clear[2], when=asked.backward[2])

    stepped = value(f"stepped_{i}", total[:8], when=asked.changes)
    old_sign = value(f"sign_{i}", sign, when=asked.changes)
    steps = value(f"steps_{i}", is_moved, zero=asked.keeps[2])
    outward = value(f"outward_{i}", ~nearer)
    is_written = value(f"is_written_{i}", ~no_write & (asked.lane(2) == i))
    past_end = outward[3] & (stepped[3][7] ^ old_sign[3])
    return Lane(
        active=~total[len(counter) - 1] | counter[-1],
        below_zero=counter[-1],
        byte=weight & asked.reads[i][2].replicate(8),
        weight=stepped,
        enable=(steps[3] & ~past_end) | is_written[3],
    )

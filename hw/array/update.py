"""The update of one hidden weight (clauses 10 and 11), in two pipeline stages: decide, then step.

Learning and relaxation share everything: a relaxation is a step toward zero of every column, valid or not, taken when
the level is *not* below the threshold, its floor.
"""

from amaranth.hdl import Cat, Mux, Value


def decide(
    *, hidden: Value, valid: Value, input_negative: Value, error_negative: Value, relax: Value, toward: Value, away: Value
) -> tuple[Value, Value]:
    """Whether a weight moves, and whether downward.

    `hidden` is the weight (8 bits), `valid` and `input_negative` its column's ternary input, `error_negative` the sign
    of d, `toward` and `away` the thresholds 0…128 (both the floor when `relax` is set). Combinational.
    """
    weight_negative = hidden[7]
    level = hidden[:7] ^ weight_negative.replicate(7)
    learn_negative = input_negative ^ error_negative
    is_toward = relax | (learn_negative ^ weight_negative)
    below = level < Mux(is_toward, toward, away)
    saturated = ~is_toward & level.all()
    moves = Mux(relax, ~below, valid & below) & ~saturated
    return moves, is_toward ^ weight_negative


def step(hidden: Value, down: Value) -> Value:
    """The weight one level further: hidden - 1 if `down` else hidden + 1 (8 bits). Combinational."""
    return (hidden + Cat(1, down.replicate(7)))[:8]

"""The sum that rides with a token: FORWARD adds a cell's matches to it, the others what they bring out."""

from amaranth.hdl import Value

from hw.array.pipeline import Pipeline, Staged
from hw.array.popcount import popcount


def add_match_sum(pipeline: Pipeline, *, passing: Value, matches: Staged, brought: Value | int, of: str = "") -> Value:
    """Returns in stage 4 the sum that is `passing` in stage 3, the ones of `matches` and `brought` added to it.

    `brought`, of stage 2, has other ones than zeros only where `matches` has none. `of` ends the names of its registers.
    """
    contribution = pipeline.value(f"contribution{of}", popcount(matches[2][1:]) | brought)
    match = pipeline.value(f"match{of}", matches[2][0])  # the carry into the sum costs nothing
    return pipeline.value(f"sum{of}", (passing + contribution[3] + match[3])[: len(passing)])[4]

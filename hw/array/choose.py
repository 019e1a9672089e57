"""One word of several, by a number of the stage before."""

from amaranth.hdl import Mux, Value

from hw.array.pipeline import Pipeline


def choose_later(pipeline: Pipeline, name: str, words: list[Value], index: Value) -> Value:
    """`words[index]`, of 1, 2 or 4 words of one width in stage 1, by the `index` of stage 0. `name` is for the registers.

    Four words take two functions of four inputs a bit, and not the three of a tree of multiplexers: the first gives one of the
    first two words, or, where it is one of the last two, which of them. So that synthesis does not see a tree of multiplexers
    in them, which it would build, the second looks at a register of its own.
    """
    if len(words) == 1:
        return words[0]
    odd = pipeline.value(f"{name}_odd", index[0])[1]
    if len(words) == 2:
        return Mux(odd, words[1], words[0])
    late, early = pipeline.value(f"{name}_late", index[1])[1], pipeline.value(f"{name}_early", ~index[1])[1]
    first = Mux(late, odd.replicate(len(words[0])), Mux(odd, words[1], words[0]))
    return Mux(early, first, (first & words[3]) | (~first & words[2]))

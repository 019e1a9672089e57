"""One word of several, by a number that came a cycle before."""

from amaranth.hdl import Module, Mux, Signal, Value


def choose_later(m: Module, words: list[Value], index: Value) -> Value:
    """`words[index]`, of 1, 2 or 4 words of one width, by the `index` of the cycle before.

    Four words take two functions of four inputs a bit, and not the three of a tree of multiplexers: the first gives one of the
    first two words, or, where it is one of the last two, which of them. So that synthesis does not see a tree of multiplexers
    in them, which it would build, the second looks at a register of its own.
    """
    if len(words) == 1:
        return words[0]
    odd, late, early = (Signal(name=name, reset_less=True) for name in ("odd", "late", "early"))
    m.d.sync += odd.eq(index[0])
    if len(words) == 2:
        return Mux(odd, words[1], words[0])
    m.d.sync += [late.eq(index[1]), early.eq(~index[1])]
    first = Mux(late, odd.replicate(len(words[0])), Mux(odd, words[1], words[0]))
    return Mux(early, first, (first & words[3]) | (~first & words[2]))

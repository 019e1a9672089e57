"""The bounds that a layer's matches are compared with: its threshold and both ends of its window."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Bounds(wiring.Component):
    """From the mean to unsigned bounds, one after another, with one adder.

    With t = q + gate (`hw.forward.normalise`) and matches m: a neuron fires if 2m >= t, which is m >= (t + 1) >> 1. It is
    near if t - window <= 2m <= t + window, which is m >= (t - window + 1) >> 1 and not m >= (t + window + 2) >> 1. What
    is below zero becomes 0, and what is beyond `width` bits their highest value, which no m reaches: the number of
    columns is a multiple of 4.

    Members
    -------
    load : one cycle; takes `quotient` (q) and `window`, and `gate` in the next cycle
    bound : the threshold's from three cycles after `load` on. One cycle after `swap` the lower end's, then, with every
        further `swap`, the upper end's and the lower end's in turn
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(
            {
                "load": In(1),
                "quotient": In(unsigned(width + 1)),
                "gate": In(signed(11)),
                "window": In(unsigned(10)),
                "swap": In(1),
                "bound": Out(unsigned(width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        value = Signal(signed(max(self.width + 1, 11) + 3))  # twice the next bound
        window = Signal.like(self.window)
        gating = Signal()
        first = Signal()
        upper = Signal()
        step = Signal(signed(12))
        with m.If(gating):
            m.d.comb += step.eq(self.gate)
        with m.Elif(first):
            m.d.comb += step.eq(Cat(~window, C(-1, 2)))
        with m.Else():  # 2 · window + 1 up, and down again
            m.d.comb += step.eq(Cat(upper, window) ^ upper.replicate(12))
        m.d.sync += [gating.eq(self.load), first.eq(gating)]
        with m.If(self.load):
            m.d.sync += [value.eq(self.quotient), window.eq(self.window), upper.eq(0)]
        with m.Elif(gating | first | self.swap):
            m.d.sync += value.eq((Cat(1, value).as_signed() + Cat(1, step).as_signed()) >> 1)  # value + step + 1, one adder
        with m.If(self.swap):
            m.d.sync += upper.eq(~upper)
        half = value[1:]
        complement = Signal(self.width)  # of the bound (`hw.complement`)
        m.d.comb += self.bound.eq(~complement)
        beyond = half[self.width :].any()
        with m.If(first | self.swap):
            m.d.sync += complement.eq(~Mux(value < 0, 0, half[: self.width] | beyond.replicate(self.width)))
        return m

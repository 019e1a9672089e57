"""The bounds that a layer's matches are compared with: its gate and both ends of its window, on either side of the mean."""

from enum import IntEnum

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Distance(IntEnum):
    """How far from the mean a bound is: the gate, or an end of the window around it."""

    GATE = 0
    LOWER = 1  # gate - window; in a band not below 0
    UPPER = 2  # gate + window + 1


class Bounds(wiring.Component):
    """From the mean to unsigned bounds.

    With D = 2m - q (`hw.forward.normalise`) and matches m, D >= t is m >= (q + t + 1) >> 1, and D >= 1 - t, which is not
    D <= -t, is m > (q - t) >> 1. What is below zero becomes 0, and what is beyond `width` bits their highest value, which no m
    reaches: the number of columns is a multiple of 4.

    Members
    -------
    load : one cycle; takes `quotient` (q) and `gate`
    window_load : one cycle, later; takes `window`
    band : in a band the lower end of the window is not below the mean; from the cycle after `load` on
    distance : t
    above : two cycles after `distance`: the complement of the bound that m reaches where D >= t (`hw.complement`)
    below, reached : at the same time: the complement of the bound that m exceeds where D > -t; whether every m does
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(
            {
                "load": In(1),
                "quotient": In(unsigned(width + 1)),
                "gate": In(signed(11)),
                "band": In(1),
                "window_load": In(1),
                "window": In(unsigned(10)),
                "distance": In(Distance),
                "above": Out(unsigned(width)),
                "below": Out(unsigned(width)),
                "reached": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        quotient = Signal.like(self.quotient)
        gate = Signal.like(self.gate)
        window = Signal.like(self.window)
        with m.If(self.load):
            m.d.sync += [quotient.eq(self.quotient), gate.eq(self.gate)]
        with m.If(self.window_load):
            m.d.sync += window.eq(self.window)
        # gate - 1 + 1, gate - window - 1 + 1 and gate + window + 1: one adder
        step = Signal(signed(11))
        with m.Switch(self.distance):
            with m.Case(Distance.GATE):
                m.d.comb += step.eq(-1)
            with m.Case(Distance.LOWER):
                m.d.comb += step.eq(Cat(~window, C(1, 1)).as_signed())
            with m.Default():
                m.d.comb += step.eq(window)
        sum_ = Signal(signed(13))
        far = Signal(signed(12))
        m.d.comb += sum_.eq(gate + step + 1)
        m.d.sync += far.eq(sum_)
        with m.If(self.band & (self.distance == Distance.LOWER) & (sum_ < 0)):
            m.d.sync += far.eq(0)
        high = Signal(signed(max(self.width + 1, 12) + 2))
        low = Signal.like(high)
        m.d.comb += [high.eq((quotient + far + 1) >> 1), low.eq((quotient - far) >> 1)]
        m.d.sync += [self.above.eq(~self._clamped(high)), self.below.eq(~self._clamped(low)), self.reached.eq(low < 0)]
        return m

    def _clamped(self, value: Value) -> Value:
        beyond = value[self.width :].any()
        return Mux(value < 0, 0, value[: self.width] | beyond.replicate(self.width))

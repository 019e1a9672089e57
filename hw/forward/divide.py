"""Unsigned division, one quotient bit a cycle."""

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Divider(wiring.Component):
    """Restoring divider: quotient = floor(dividend / divisor), for a quotient known to fit `quotient_width` bits.

    A pulse on `start` takes the operands; `done` is high for one cycle, `quotient_width + 1` cycles later, with the
    quotient, which then stays. The divisor must not change in between.
    """

    def __init__(self, *, dividend_width: int, divisor_width: int, quotient_width: int) -> None:
        self.widths = dividend_width, divisor_width, quotient_width
        super().__init__(
            {
                "start": In(1),
                "dividend": In(unsigned(dividend_width)),
                "divisor": In(unsigned(divisor_width)),
                "done": Out(1),
                "quotient": Out(unsigned(quotient_width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        _, divisor_width, quotient_width = self.widths
        remainder = Signal(divisor_width)
        digits = Signal(quotient_width)  # dividend bits still to come at the top, quotient bits already found below
        remaining = Signal(range(quotient_width + 1))
        shifted = Cat(digits[-1], remainder)
        fits = shifted >= self.divisor
        with m.If(self.start):
            m.d.sync += [
                remainder.eq(self.dividend[quotient_width:]),
                digits.eq(self.dividend[:quotient_width]),
                remaining.eq(quotient_width),
            ]
        with m.Elif(remaining != 0):
            m.d.sync += remaining.eq(remaining - 1)
            m.d.sync += digits.eq(Cat(fits, digits[:-1]))
            with m.If(fits):
                m.d.sync += remainder.eq(shifted - self.divisor)
            with m.Else():
                m.d.sync += remainder.eq(shifted)
        m.d.sync += self.done.eq(~self.start & (remaining == 1))
        m.d.comb += self.quotient.eq(digits)
        return m

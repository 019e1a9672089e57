"""A register between two streams, which ends the paths of both directions."""

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class RegisterSlice(wiring.Component):
    """Holds one word of `width` bits. One every other cycle, latency 1 cycle: `ready` is a flip-flop too, and low while full.

    Members: `pushed`, `popped`: streams in and out.
    """

    def __init__(self, *, width: int) -> None:
        super().__init__({"pushed": In(stream.Signature(width)), "popped": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.pushed.ready.eq(~self.popped.valid)
        with m.If(self.popped.valid):
            m.d.sync += self.popped.valid.eq(~self.popped.ready)
        with m.Else():
            m.d.sync += [self.popped.valid.eq(self.pushed.valid), self.popped.payload.eq(self.pushed.payload)]
        return m

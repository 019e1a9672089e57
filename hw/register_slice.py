"""Registers between two streams, which end the paths of both directions."""

from amaranth.hdl import Module, Mux, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class RegisterSlice(wiring.Component):
    """Holds one word of `shape`. One every other cycle, latency 1 cycle: `ready` is a flip-flop too, and low while full.

    Members: `pushed`, `popped`: streams in and out.
    """

    def __init__(self, *, shape: ShapeLike) -> None:
        super().__init__({"pushed": In(stream.Signature(shape)), "popped": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.pushed.ready.eq(~self.popped.valid)
        with m.If(self.popped.valid):
            m.d.sync += self.popped.valid.eq(~self.popped.ready)
        with m.Else():
            m.d.sync += [self.popped.valid.eq(self.pushed.valid), self.popped.payload.eq(self.pushed.payload)]
        return m


class FullRateSlice(wiring.Component):
    """Holds two words of `shape`. One a cycle, latency 1 cycle: the second word is room for what comes before `ready` is low.

    Members: `pushed`, `popped`: streams in and out.
    """

    def __init__(self, *, shape: ShapeLike) -> None:
        self.second = Signal(shape)
        super().__init__({"pushed": In(stream.Signature(shape)), "popped": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pushed, popped = self.pushed, self.popped
        waiting = Signal()  # behind the word at `popped` there is another one
        m.d.comb += pushed.ready.eq(~waiting)
        with m.If(~waiting):
            m.d.sync += self.second.eq(pushed.payload)
        with m.If(popped.ready | ~popped.valid):
            m.d.sync += [
                popped.valid.eq(pushed.valid | waiting),
                popped.payload.eq(Mux(waiting, self.second, pushed.payload)),
                waiting.eq(0),
            ]
        with m.Elif(pushed.valid):
            m.d.sync += waiting.eq(1)
        return m

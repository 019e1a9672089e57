"""Which request is next, and which is one that has been carried out before: every request exactly once, in order."""

from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import Component, In, Out
from amaranth.utils import exact_log2

from hw.complement import minus
from sw.contract.frames import WINDOW


class Session(Component):
    """The sequence number that is expected, and how the one of a request lies to it.

    Members
    -------
    sequence : the request's number
    following, repeated : one cycle after it and after every change: it is the expected one, or one of the `WINDOW` before
    advance : one cycle: the request with this number has been carried out, or begins the session: its successor is expected
    """

    sequence: In(16)
    following: Out(1)
    repeated: Out(1)
    advance: In(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        expected, distance, complement = Signal(16), Signal(16), Signal(16)
        m.d.comb += expected.eq(~complement)  # what is kept is the complement (`hw.complement`): 65535 until the first HELLO
        m.d.sync += distance.eq(minus(self.sequence, complement))
        m.d.comb += [
            self.following.eq(distance == 0),
            self.repeated.eq(distance[exact_log2(WINDOW) :].all()),
        ]
        with m.If(self.advance):
            m.d.sync += complement.eq(~(self.sequence + 1))
        return m

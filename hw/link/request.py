"""Takes frames apart: the header at once, then the payload as a stream, then nothing until the request is done."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.link.tokens import HEADER, LAST_BYTE
from sw.contract import frames


class RequestReader(Component):
    """Header and payload of one frame after the other. 10 cycles for the header, then a byte of payload a cycle.

    Members
    -------
    frames : `LAST_BYTE` of whole frames
    header : `HEADER`, offered for as long as the request is worked on. Taking it ends the request: what is left of its
        payload is thrown away
    payload : the bytes of the payload, while `header` is offered
    """

    frames: In(stream.Signature(LAST_BYTE))
    header: Out(stream.Signature(HEADER))
    payload: Out(stream.Signature(8))

    def elaborate(self, platform) -> Module:
        m = Module()
        byte = self.frames.payload
        header = self.header.payload.as_value()
        index = Signal(range(frames.HEADER.size))
        more = Signal()  # of this frame's bytes have not been taken
        m.d.comb += self.payload.payload.eq(byte.data)
        with m.FSM():
            with m.State("header"):
                m.d.comb += self.frames.ready.eq(1)
                with m.If(self.frames.valid):
                    m.d.sync += [header.eq(Cat(header[8:], byte.data)), index.eq(index + 1), more.eq(~byte.last)]
                    with m.If(index == frames.HEADER.size - 1):
                        m.d.sync += index.eq(0)
                        m.next = "payload"
            with m.State("payload"):
                m.d.comb += self.header.valid.eq(1)
                with m.If(more):
                    m.d.comb += [self.payload.valid.eq(self.frames.valid), self.frames.ready.eq(self.payload.ready)]
                    with m.If(self.frames.valid & self.frames.ready):
                        m.d.sync += more.eq(~byte.last)
                with m.If(self.header.ready):
                    m.next = "rest"
            with m.State("rest"):
                m.d.comb += self.frames.ready.eq(more)
                with m.If(~more | (self.frames.valid & byte.last)):
                    m.next = "header"
        return m

"""Bytes of a line over which one value never goes, to and from the bytes that they stand for (`sw.contract.escape`)."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from sw.contract.escape import ESCAPE, FORBIDDEN


class EscapeDecoder(Component):
    """From the line. A byte a cycle, no latency; an escape byte gives none.

    Members: `escaped`, bytes from the line; `plain`, what they stand for.
    """

    escaped: In(stream.Signature(8))
    plain: Out(stream.Signature(8))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        byte = self.escaped.payload
        second, begins = Signal(), Signal()  # the byte follows an escape byte, or is one
        m.d.comb += [
            begins.eq((byte == ESCAPE) & ~second),
            self.plain.payload.eq(Mux(second & (byte != 0), ~byte, byte)),
            self.plain.valid.eq(self.escaped.valid & ~begins),
            self.escaped.ready.eq(self.plain.ready | begins),
        ]
        with m.If(self.escaped.valid & self.escaped.ready):
            m.d.sync += second.eq(begins)
        return m


class EscapeEncoder(Component):
    """To the line. A byte a cycle, two for one that is escaped; no latency.

    Members: `plain`, any bytes; `escaped`, bytes for the line.
    """

    plain: In(stream.Signature(8))
    escaped: Out(stream.Signature(8))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        byte = self.plain.payload
        second, begins = Signal(), Signal()  # the escape byte has gone, or is to go
        m.d.comb += [
            begins.eq(((byte == FORBIDDEN) | (byte == ESCAPE)) & ~second),
            self.escaped.payload.eq(Mux(begins, ESCAPE, Mux(second, ~byte, byte))),
            self.escaped.valid.eq(self.plain.valid),
            self.plain.ready.eq(self.escaped.ready & ~begins),
        ]
        with m.If(self.escaped.valid & self.escaped.ready):
            m.d.sync += second.eq(begins)
        return m

"""Regroups an image's bytes into words of K pixels."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import PIXELS_LAYOUT
from sw.contract.geometry import Geometry


class PixelWords(wiring.Component):
    """The bytes of an image on `pixels` become its words of K pixels on `words`; pixel 0 is the lowest bit.

    `start` begins an image, its last byte ends it. `odd`: K is 4 and the image ends in the lower half of its last byte.
    Throughput: one byte or one word a cycle, whichever is the larger; no latency.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.width = geometry.synapses_per_cell
        super().__init__(
            {
                "start": In(1),
                "odd": In(1),
                "pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "words": Out(stream.Signature(self.width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        active = Signal()  # the image's last byte has not been taken
        second = Signal()  # 16: the word's first byte is held; 4: the byte's first word has gone
        arriving = self.pixels.valid & active
        byte, last = self.pixels.payload.data, self.pixels.payload.last
        if self.width == 16:
            first_byte = Signal(8)
            complete = second | last
            m.d.comb += [
                self.words.payload.eq(Mux(second, Cat(first_byte, byte), byte)),
                self.words.valid.eq(arriving & complete),
                self.pixels.ready.eq(active & (self.words.ready | ~complete)),
            ]
            with m.If(self.pixels.valid & self.pixels.ready):
                m.d.sync += [first_byte.eq(byte), second.eq(~complete)]
        elif self.width == 8:
            m.d.comb += [
                self.words.payload.eq(byte),
                self.words.valid.eq(arriving),
                self.pixels.ready.eq(active & self.words.ready),
            ]
        else:
            ends = self.odd & last
            m.d.comb += [
                self.words.payload.eq(Mux(second, byte[4:], byte[:4])),
                self.words.valid.eq(arriving),
                self.pixels.ready.eq(active & self.words.ready & (second | ends)),
            ]
            with m.If(self.words.valid & self.words.ready):
                m.d.sync += second.eq(~second & ~ends)
        with m.If(self.pixels.valid & self.pixels.ready & last):
            m.d.sync += active.eq(0)
        with m.If(self.start):
            m.d.sync += [active.eq(1), second.eq(0)]
        return m

"""Regroups an image's bytes into words of K pixels."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from sw.contract.geometry import Geometry


class PixelWords(wiring.Component):
    """`image_bytes(inputs)` bytes on `pixels` become `words_of(inputs)` words on `words`; pixel 0 is the lowest bit.

    `start` begins an image. Throughput: one byte or one word a cycle, whichever is the larger; no latency.
    """

    def __init__(self, geometry: Geometry) -> None:
        self.width = geometry.synapses_per_cell
        super().__init__(
            {
                "start": In(1),
                "inputs": In(16),
                "pixels": In(stream.Signature(8)),
                "words": Out(stream.Signature(self.width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bytes_left = Signal(14)
        second = Signal()  # 16: the word's first byte is held; 4: the byte's first word has gone
        arriving = self.pixels.valid & (bytes_left != 0)
        last = bytes_left == 1
        byte = self.pixels.payload
        if self.width == 16:
            first_byte = Signal(8)
            complete = second | last
            m.d.comb += [
                self.words.payload.eq(Mux(second, Cat(first_byte, byte), byte)),
                self.words.valid.eq(arriving & complete),
                self.pixels.ready.eq((bytes_left != 0) & (self.words.ready | ~complete)),
            ]
            with m.If(self.pixels.valid & self.pixels.ready):
                m.d.sync += [first_byte.eq(byte), second.eq(~complete)]
        elif self.width == 8:
            m.d.comb += [
                self.words.payload.eq(byte),
                self.words.valid.eq(arriving),
                self.pixels.ready.eq((bytes_left != 0) & self.words.ready),
            ]
        else:
            odd = ((self.inputs - 1)[2] == 0) & last  # the image ends in the byte's first word
            m.d.comb += [
                self.words.payload.eq(Mux(second, byte[4:], byte[:4])),
                self.words.valid.eq(arriving),
                self.pixels.ready.eq((bytes_left != 0) & self.words.ready & (second | odd)),
            ]
            with m.If(self.words.valid & self.words.ready):
                m.d.sync += second.eq(~second & ~odd)
        with m.If(self.pixels.valid & self.pixels.ready):
            m.d.sync += bytes_left.eq(bytes_left - 1)
        with m.If(self.start):
            m.d.sync += [bytes_left.eq((self.inputs + 7) >> 3), second.eq(0)]
        return m

"""Keeps a sample that goes by, as words of the memory, until it has been written."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import PIXELS_LAYOUT
from hw.memory import add_memory, memory_style, offer_words
from hw.store.chip import Chip
from hw.store.record_memory import words_of_record
from sw.contract.geometry import Geometry, bits_for
from sw.contract.sample_memory import LABEL


class SampleBuffer(wiring.Component):
    """Label and pixels, a byte a cycle, become words, which are there 3 cycles after the last byte.

    Parameters
    ----------
    geometry, chip : for the sizes

    Members
    -------
    begin, label : one cycle: a sample begins, the words of another one are forgotten
    pixels : its bytes (`hw.engine_ports.PIXELS_LAYOUT`), from the cycle after `begin` on; always ready
    words : those of label and pixels, from the first; offered once `whole`
    whole : all of the sample is here, until the next one begins
    """

    def __init__(self, geometry: Geometry, chip: Chip) -> None:
        self.geometry, self.chip = geometry, chip
        super().__init__(
            {
                "begin": In(1),
                "label": In(16),
                "pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "words": Out(stream.Signature(chip.width)),
                "whole": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        depth = 1 << bits_for(words_of_record(self.chip, self.geometry.columns) - 1)
        memory = add_memory(m, "memory", shape=self.chip.width, depth=depth, style=memory_style(self.geometry, depth))
        write = memory.write_port()
        word_bytes = self.chip.width // 8
        place = Signal(range(word_bytes))  # of the next byte in its word
        earlier = Signal(self.chip.width)  # its bytes so far
        written = Signal(range(depth + 1))
        given = Signal(range(depth + 1))
        pixel, taken = self.pixels.payload, self.pixels.valid & self.pixels.ready
        word = Signal(self.chip.width)
        m.d.comb += [
            self.pixels.ready.eq(1),
            word.eq(earlier | pixel.data << (place << 3)),
            write.addr.eq(written),
            write.data.eq(word),
            write.en.eq(taken & (pixel.last | (place == word_bytes - 1))),
        ]
        with m.If(taken):
            m.d.sync += [place.eq(place + 1), earlier.eq(word), self.whole.eq(pixel.last)]
            with m.If(write.en):
                m.d.sync += [written.eq(written + 1), earlier.eq(0), place.eq(0)]
        limit = Signal.like(written)
        m.d.comb += limit.eq(written & self.whole.replicate(len(written)))
        offer_words(m, memory, self.words, given=given, limit=limit)
        with m.If(self.begin):
            m.d.sync += [self.whole.eq(0), given.eq(0), self.words.valid.eq(0)]
            if word_bytes == LABEL.size:
                m.d.comb += [write.addr.eq(0), write.data.eq(self.label), write.en.eq(1)]
                m.d.sync += [written.eq(1), place.eq(0), earlier.eq(0)]
            else:
                m.d.sync += [written.eq(0), place.eq(LABEL.size), earlier.eq(self.label)]
        return m

"""Receives the next sample's pixels and loads them into the array while the current sample is computed."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.popcount import popcount
from hw.engine_ports import PIXELS_LAYOUT, SAMPLE_LAYOUT
from hw.layouts import token_layout
from hw.pixel_words import PixelWords
from hw.queue import Queue
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import Opcode


def staged_layout(geometry: Geometry) -> data.StructLayout:
    """A sample whose pixels lie in input set `set` (0 or 1) of the array; `lit` of them are on."""
    return data.StructLayout({"train": 1, "label": 16, "set": 1, "lit": bits_for(geometry.columns)})


class InputBuffer(wiring.Component):
    """Bytes of pixels in, LOAD tokens out, into the input set that is not in use: two samples are on the chip.

    A whole image waits in a FIFO of K-bit words for the cycles that the sequencer leaves free; it takes one token for
    each word.

    Members
    -------
    last_pixel : n_0 - 1, from `clear` on
    clear : one cycle: every word of every input set becomes invalid (after CONFIGURE); `busy` until done
    samples, pixels : the link's samples and their bytes
    tokens : LOAD tokens
    staged : the loaded sample; taken when its computation begins
    learning, learning_set : an input set that the learner still reads
    receiving : a sample has begun to arrive and is not staged yet
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "last_pixel": In(16),
                "clear": In(1),
                "samples": In(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "tokens": Out(stream.Signature(token_layout(geometry))),
                "staged": Out(stream.Signature(staged_layout(geometry))),
                "learning": In(1),
                "learning_set": In(1),
                "receiving": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        k = g.synapses_per_cell
        token, staged = self.tokens.payload, self.staged.payload
        m.submodules.pixel_words = pixel_words = PixelWords(g)
        m.submodules.waiting = waiting = Queue(width=k, room=g.words)
        connect(m, pixel_words.pixels, flipped(self.pixels))
        connect(m, pixel_words.words, waiting.pushed)
        last_word = Signal(bits_for(g.words - 1))
        last_lane = Signal(bits_for(k - 1))
        m.d.sync += Cat(last_lane, last_word).eq(self.last_pixel)
        m.d.comb += pixel_words.odd.eq(~self.last_pixel[2])

        clearing = Signal()
        input_set = Signal()
        inputs = Signal.like(token.inputs)
        cell = Signal.like(token.cell)
        word = Signal.like(last_word)
        fold_ends = cell == g.cells - 1
        image_ends = word == last_word
        pixels = Signal(k)
        set_free = ~(self.learning & (self.learning_set == input_set))
        m.d.comb += [
            self.samples.ready.eq(~self.receiving & ~self.staged.valid & ~clearing),
            pixel_words.start.eq(self.samples.valid & self.samples.ready),
            self.tokens.valid.eq(clearing | (waiting.popped.valid & set_free)),
            waiting.popped.ready.eq(self.tokens.ready & set_free & ~clearing),
            token.opcode.eq(Opcode.LOAD),
            token.cell.eq(cell),
            token.inputs.eq(inputs),
            pixels.eq(waiting.popped.payload & Cat(~image_ends | (i <= last_lane) for i in range(k))),
            token.operand.eq(Mux(clearing, 0, pixels)),
            self.busy.eq(clearing | self.receiving | self.staged.valid),
        ]
        with m.If(self.samples.valid & self.samples.ready):
            m.d.sync += [
                self.receiving.eq(1),
                staged.train.eq(self.samples.payload.train),
                staged.label.eq(self.samples.payload.label),
                staged.set.eq(input_set),
                staged.lit.eq(0),
            ]
        with m.If(self.tokens.valid & self.tokens.ready):
            m.d.sync += [cell.eq(cell + 1), word.eq(word + 1)]
            with m.If(fold_ends):
                m.d.sync += [cell.eq(0), inputs.eq(inputs + 1)]
            with m.If(~clearing):
                m.d.sync += staged.lit.eq(staged.lit + popcount(pixels))
            with m.If(clearing):
                with m.If(fold_ends & (inputs == g.input_depth - 1)):
                    m.d.sync += [clearing.eq(0), input_set.eq(0), inputs.eq(0), word.eq(0)]
            with m.Elif(image_ends):
                m.d.sync += [self.receiving.eq(0), self.staged.valid.eq(1)]
                m.d.sync += [input_set.eq(~input_set), inputs.eq(Mux(input_set, 0, g.folds)), cell.eq(0), word.eq(0)]
        with m.If(self.staged.valid & self.staged.ready):
            m.d.sync += self.staged.valid.eq(0)
        with m.If(self.clear):
            m.d.sync += [clearing.eq(1), inputs.eq(0), cell.eq(0)]
        return m

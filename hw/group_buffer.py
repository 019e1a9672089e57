"""Receives the samples of the next group and loads their pixels into the array while the current group is computed."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.array.popcount import popcount
from hw.engine_ports import PIXELS_LAYOUT, SAMPLE_LAYOUT
from hw.layouts import token_layout
from hw.memory import add_memory
from hw.pixel_words import PixelWords
from hw.queue import Queue
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import Opcode

IMAGES = 2
"""Images that wait for cycles in which they can be loaded."""


def group_layout(geometry: Geometry) -> data.StructLayout:
    """Samples 0 … `count` - 1 of a group, whose pixels lie in the input sets 2 · sample + `half`."""
    return data.StructLayout({"count": range(geometry.group + 1), "half": 1})


def known_layout(geometry: Geometry) -> data.StructLayout:
    """What is known of a sample; `lit` of its pixels are on."""
    return data.StructLayout(SAMPLE_LAYOUT.members | {"lit": bits_for(geometry.columns)})


class GroupBuffer(wiring.Component):
    """`hw.input_buffer.InputBuffer` for groups: while one is computed in one half of the input sets, the other half fills.

    Whoever takes a group takes what has arrived: it is offered as soon as there is one sample, unless another image is complete
    and has a place in it, which is loaded first. The first image of a group is loaded as it comes, any other when
    all of it is there, so that a group never waits for the wire.

    Members
    -------
    last_pixel, single : n_0 - 1; groups are of one sample; both from `clear` on
    clear : one cycle: every word of every input set becomes invalid (after CONFIGURE); `busy` until done
    samples, pixels : the link's samples and their bytes
    tokens : LOAD tokens
    staged : the group that has been loaded; taken when its computation begins
    asked, known : number of a sample of the group that was taken last, and in the same cycle what is known of it
        (`known_layout`)
    learning, learning_set : the half that the learner still reads
    receiving : a sample has begun to arrive and is not loaded yet
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "last_pixel": In(16),
                "single": In(1),
                "clear": In(1),
                "samples": In(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": In(stream.Signature(PIXELS_LAYOUT)),
                "tokens": Out(stream.Signature(token_layout(geometry))),
                "staged": Out(stream.Signature(group_layout(geometry))),
                "asked": In(range(geometry.group)),
                "known": Out(known_layout(geometry)),
                "learning": In(1),
                "learning_set": In(1),
                "receiving": Out(1),
                "busy": Out(1),
            }
        )
        self.arriving = Signal()  # an image whose last byte has not come
        self.whole = Signal(range(IMAGES + 1))  # images of which all has come and not all is loaded
        self.clearing = Signal()
        self.half = Signal()
        self.count = Signal(range(geometry.group + 1))  # samples that are loaded
        self.full = Signal()
        self.loaded = Signal()  # one cycle: an image's last word goes
        self.lit = Signal(bits_for(geometry.columns))  # pixels that are on, of an image up to the word that is offered

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        # Of LUTs: on most boards the weights and the link take every block RAM.
        m.submodules.waiting = waiting = Queue(width=g.synapses_per_cell, room=IMAGES * g.words, style="distributed")
        m.submodules.announced = announced = Queue(width=SAMPLE_LAYOUT.size, room=IMAGES + 1)
        m.d.comb += [
            self.full.eq(self.count == Mux(self.single, 1, g.group)),
            self.receiving.eq(self.arriving | (self.whole != 0)),
            self.busy.eq(self.clearing | self.receiving | (self.count != 0)),
        ]
        self._receive(m, waiting, announced)
        self._load(m, waiting)
        self._keep_samples(m, announced)
        self._offer_group(m)
        return m

    def _receive(self, m: Module, waiting: Queue, announced: Queue) -> None:
        """An image's bytes become words that wait."""
        m.submodules.pixel_words = pixel_words = PixelWords(self.geometry)
        connect(m, pixel_words.pixels, flipped(self.pixels))
        connect(m, pixel_words.words, waiting.pushed)
        begins = self.samples.valid & self.samples.ready
        ends = self.pixels.valid & self.pixels.ready & self.pixels.payload.last
        m.d.comb += [
            self.samples.ready.eq(~self.arriving & (self.whole != IMAGES) & ~self.clearing),
            announced.pushed.valid.eq(begins),
            announced.pushed.payload.eq(self.samples.payload),
            pixel_words.start.eq(begins),
            pixel_words.odd.eq(~self.last_pixel[2]),
        ]
        m.d.sync += [self.arriving.eq(begins | (self.arriving & ~ends)), self.whole.eq(self.whole + ends - self.loaded)]

    def _load(self, m: Module, waiting: Queue) -> None:
        """A LOAD token for each word that waits; zeros for every word of the array after `clear`."""
        g, k, token = self.geometry, self.geometry.synapses_per_cell, self.tokens.payload
        last_word = Signal(bits_for(g.words - 1))
        last_lane = Signal(bits_for(k - 1))
        word = Signal.like(last_word)
        cell = Signal.like(token.cell)
        inputs = Signal.like(token.inputs)
        fold_ends, image_ends = cell == g.cells - 1, word == last_word
        inside = Cat(~image_ends | (i <= last_lane) for i in range(k))
        pixels = Signal(k)
        before = Signal.like(self.lit)
        goes = Signal()
        following = Signal(range(g.group + 1))  # number of the sample whose words come next
        half = Signal()
        bases = Array(g.input_bases[: 2 * g.group])
        m.d.sync += Cat(last_lane, last_word).eq(self.last_pixel)
        m.d.comb += [
            goes.eq(~self.full & ((self.whole != 0) | (self.count == 0)) & ~(self.learning & (self.learning_set == self.half))),
            self.tokens.valid.eq(self.clearing | (waiting.popped.valid & goes)),
            waiting.popped.ready.eq(self.tokens.ready & goes & ~self.clearing),
            token.opcode.eq(Opcode.LOAD),
            token.cell.eq(cell),
            token.inputs.eq(inputs),
            pixels.eq(waiting.popped.payload & inside),
            token.operand.eq(Mux(self.clearing, 0, pixels)),
            self.lit.eq(before + popcount(pixels)),
            self.loaded.eq(self.tokens.valid & self.tokens.ready & image_ends & ~self.clearing),
            following.eq(Mux(self._is_taken(), 0, self.count + 1)),
            half.eq(self.half ^ self._is_taken()),
        ]
        with m.If(self.tokens.valid & self.tokens.ready):
            m.d.sync += [cell.eq(cell + 1), word.eq(word + 1)]
            m.d.sync += before.eq(Mux(image_ends | self.clearing, 0, self.lit))
            with m.If(fold_ends):
                m.d.sync += [cell.eq(0), inputs.eq(inputs + 1)]
            with m.If(self.clearing & fold_ends & (inputs == g.input_depth - 1)):
                m.d.sync += [self.clearing.eq(0), self.half.eq(0), inputs.eq(0), word.eq(0)]
        with m.If(self.loaded | self._is_taken()):
            m.d.sync += [inputs.eq(bases[Cat(half, following[: bits_for(g.group - 1)])]), cell.eq(0), word.eq(0)]
        with m.If(self.clear):
            m.d.sync += [self.clearing.eq(1), inputs.eq(0), cell.eq(0)]

    def _keep_samples(self, m: Module, announced: Queue) -> None:
        """What is known of the samples of both halves, written a cycle after the last word went: nobody asks before."""
        g = self.geometry
        samples = add_memory(m, "samples", shape=known_layout(g), depth=2 * g.group, style="distributed")
        write, read = samples.write_port(), samples.read_port(domain="comb")
        is_known = Signal()
        place = Signal.like(write.addr)
        known = Signal.like(write.data, reset_less=True)
        m.d.sync += [
            is_known.eq(self.loaded),
            place.eq(Cat(self.count[: bits_for(g.group - 1)], self.half)),
            known.eq(Cat(announced.popped.payload, self.lit)),
        ]
        m.d.comb += [
            announced.popped.ready.eq(self.loaded),
            write.addr.eq(place),
            write.data.eq(known),
            write.en.eq(is_known),
            read.addr.eq(Cat(self.asked, ~self.half)),
            self.known.eq(read.data),
        ]

    def _offer_group(self, m: Module) -> None:
        more = (self.whole != 0) & ~self.full
        m.d.comb += [
            self.staged.valid.eq((self.count != 0) & ~more & ~self.clearing),
            self.staged.payload.count.eq(self.count),
            self.staged.payload.half.eq(self.half),
        ]
        with m.If(self.loaded):
            m.d.sync += self.count.eq(self.count + 1)
        with m.If(self._is_taken()):
            m.d.sync += [self.count.eq(0), self.half.eq(~self.half)]

    def _is_taken(self) -> Value:
        return self.staged.valid & self.staged.ready

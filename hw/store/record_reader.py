"""Reads records ahead of whoever takes them: one is given while the next one comes out of the memory."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import PIXELS_LAYOUT
from hw.memory import add_memory, memory_style, read_word
from hw.store.chip import Chip
from hw.store.record_memory import ACCESS, SLOT_BITS, words_of_record
from sw.contract.geometry import Geometry, bits_for
from sw.contract.sample_memory import LABEL


def fetch_layout(note: data.StructLayout) -> data.StructLayout:
    """A record to be read, and what is said of it to whoever gets it."""
    return data.StructLayout({"slot": SLOT_BITS, "note": note})


def fetched_layout(note: data.StructLayout) -> data.StructLayout:
    """A record that was read and is whole."""
    return data.StructLayout({"label": 16, "note": note})


class RecordReader(wiring.Component):
    """Two records are on the chip: one that is given, a byte of pixels a cycle, and one that is read.

    A record whose CRC is wrong is never given: `failed` tells, and the next one is read in its place.

    Parameters
    ----------
    geometry, chip : for the sizes
    note : the layout of what goes with a record from `fetch` to `sample`

    Members
    -------
    last_pixel : n_0 - 1 of the network
    fetch : records to be read, in order
    access, record, done, damaged : of the `hw.store.record_memory.RecordMemory`
    sample, pixels : the record, and its bytes as the engine takes them
    failed, fetched : one cycle: this record of `fetch` is damaged
    empty : nothing is being read or given
    """

    def __init__(self, geometry: Geometry, chip: Chip, note: data.StructLayout) -> None:
        self.geometry, self.chip, self.note = geometry, chip, note
        super().__init__(
            {
                "last_pixel": In(16),
                "fetch": In(stream.Signature(fetch_layout(note))),
                "access": Out(stream.Signature(ACCESS)),
                "record": In(stream.Signature(chip.width)),
                "done": In(1),
                "damaged": In(1),
                "sample": Out(stream.Signature(fetched_layout(note))),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "failed": Out(1),
                "fetched": Out(fetch_layout(note)),
                "empty": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = 1 << bits_for(words_of_record(self.chip, self.geometry.columns) - 1)
        self.memory = add_memory(
            m, "memory", shape=self.chip.width, depth=2 * words, style=memory_style(self.geometry, 2 * words)
        )
        self.place_bits = bits_for(words - 1)
        self.full = Signal(2)
        self.samples = Signal(data.ArrayLayout(fetched_layout(self.note), 2))
        reading = self._fill(m)
        self._give(m)
        m.d.comb += self.empty.eq(~reading & ~self.full.any())
        return m

    def _fill(self, m: Module) -> Signal:
        """Words into the half that is free; returns whether there are some on their way."""
        reading = Signal()
        half = Signal()
        place = Signal(self.place_bits)
        write = self.memory.write_port()
        m.d.comb += [
            self.access.payload.slot.eq(self.fetch.payload.slot),
            self.access.valid.eq(self.fetch.valid & ~reading & ~self.full.bit_select(half, 1)),
            self.fetch.ready.eq(self.access.ready & ~reading & ~self.full.bit_select(half, 1)),
            write.addr.eq(Cat(place, half)),
            write.data.eq(self.record.payload),
            write.en.eq(self.record.valid & reading),
            self.failed.eq(reading & self.done & self.damaged),
        ]
        with m.If(self.fetch.valid & self.fetch.ready):
            m.d.sync += [reading.eq(1), place.eq(0), self.fetched.eq(self.fetch.payload)]
        with m.If(write.en):
            m.d.sync += place.eq(place + 1)
            with m.If(place == 0):
                m.d.sync += self.samples[half].label.eq(self.record.payload[:16])
        with m.If(reading & self.done):
            m.d.sync += reading.eq(0)
            with m.If(~self.damaged):
                m.d.sync += [
                    self.samples[half].note.eq(self.fetched.note),
                    self.full.bit_select(half, 1).eq(1),
                    half.eq(~half),
                ]
        return reading

    def _give(self, m: Module) -> None:
        """The half that has been full for longest, byte by byte."""
        word_bytes = self.chip.width // 8
        half = Signal()
        index = Signal(self.place_bits)  # of the word at hand
        byte = Signal(range(word_bytes))  # the next one of it
        left = Signal(13)
        last = Signal()
        next_index = Signal.like(index)
        word = read_word(m, self.memory, address=Cat(next_index, half))
        taken = Signal()
        pixel = self.pixels.payload
        m.d.comb += [
            self.sample.payload.eq(Mux(half, self.samples[1], self.samples[0])),
            last.eq(left == 0),
            taken.eq(self.pixels.valid & self.pixels.ready),
            next_index.eq(index + (taken & byte.all())),
            pixel.data.eq(word.word_select(byte, 8)),
            pixel.last.eq(last),
        ]
        with m.FSM():
            with m.State("label"):
                m.d.comb += self.sample.valid.eq(self.full.bit_select(half, 1))
                m.d.sync += left.eq(self.last_pixel >> 3)
                m.d.comb += next_index.eq(LABEL.size // word_bytes)
                m.d.sync += [index.eq(next_index), byte.eq(LABEL.size % word_bytes)]
                with m.If(self.sample.valid & self.sample.ready):
                    m.next = "pixels"
            with m.State("pixels"):
                m.d.comb += self.pixels.valid.eq(1)
                m.d.sync += index.eq(next_index)
                with m.If(taken):
                    m.d.sync += [left.eq(left - 1), byte.eq(byte + 1)]
                    with m.If(last):
                        m.d.sync += [self.full.bit_select(half, 1).eq(0), half.eq(~half)]
                        m.next = "label"

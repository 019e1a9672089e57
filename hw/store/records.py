"""The record store: what is written into the memory, and what is read out of it ahead of time. It only connects."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hw.engine_ports import PIXELS_LAYOUT
from hw.store.chip import Chip
from hw.store.controller import Transfers
from hw.store.record_memory import SLOT_BITS, RecordMemory
from hw.store.record_reader import RecordReader, fetch_layout, fetched_layout
from hw.store.sample_buffer import SampleBuffer
from sw.contract.geometry import Geometry


class Records(wiring.Component):
    """Samples in and out. What is to be written goes before what is to be read.

    Parameters
    ----------
    geometry, chip, note : see the rooms

    Members
    -------
    last_pixel, wide : see `RecordMemory`
    begin, label, kept : a sample goes by: see `SampleBuffer`, whose `pixels` these are
    whole : all of it is here
    store : the sample in the buffer is written to this slot; taken when that is done, after which another one may begin
    fetch, sample, pixels, failed, fetched, empty : see `RecordReader`
    transfers : of the controller
    """

    def __init__(self, geometry: Geometry, chip: Chip, note: data.StructLayout) -> None:
        self.memory = RecordMemory(geometry, chip)
        self.buffer = SampleBuffer(geometry, chip)
        self.reader = RecordReader(geometry, chip, note)
        super().__init__(
            {
                "last_pixel": In(16),
                "wide": In(1),
                "begin": In(1),
                "label": In(16),
                "kept": In(stream.Signature(PIXELS_LAYOUT)),
                "whole": Out(1),
                "store": In(stream.Signature(SLOT_BITS)),
                "fetch": In(stream.Signature(fetch_layout(note))),
                "sample": Out(stream.Signature(fetched_layout(note))),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
                "failed": Out(1),
                "fetched": Out(fetch_layout(note)),
                "empty": Out(1),
                "transfers": Out(Transfers(chip)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = self.memory
        m.submodules.buffer = buffer = self.buffer
        m.submodules.reader = reader = self.reader
        connect(m, memory.transfers, flipped(self.transfers))
        connect(m, flipped(self.kept), buffer.pixels)
        connect(m, buffer.words, memory.sample)
        connect(m, memory.record, reader.record)
        connect(m, flipped(self.fetch), reader.fetch)
        connect(m, reader.sample, flipped(self.sample))
        connect(m, reader.pixels, flipped(self.pixels))
        m.d.comb += [
            memory.last_pixel.eq(self.last_pixel),
            memory.wide.eq(self.wide),
            buffer.begin.eq(self.begin),
            buffer.label.eq(self.label),
            self.whole.eq(buffer.whole),
            reader.last_pixel.eq(self.last_pixel),
            reader.done.eq(memory.done),
            reader.damaged.eq(memory.damaged),
            self.failed.eq(reader.failed),
            self.fetched.eq(reader.fetched),
            self.empty.eq(reader.empty),
        ]
        self._take_turns(m)
        return m

    def _take_turns(self, m: Module) -> None:
        memory, reader = self.memory, self.reader
        writing = Signal()
        wanted = Signal()
        m.d.comb += wanted.eq(self.store.valid & self.buffer.whole & ~writing)
        m.d.comb += self.store.ready.eq(writing & memory.done)
        with m.If(wanted):
            m.d.comb += [
                memory.access.valid.eq(1),
                memory.access.payload.write.eq(1),
                memory.access.payload.slot.eq(self.store.payload),
            ]
            m.d.sync += writing.eq(memory.access.ready)
        with m.Elif(~writing):
            connect(m, reader.access, memory.access)
        with m.If(self.store.ready):
            m.d.sync += writing.eq(0)

"""Hands the samples of a TRAIN or INFER request to the engine."""

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, PureInterface

from hw.array.update import is_less
from hw.engine_ports import PIXELS_LAYOUT, SAMPLE_LAYOUT
from hw.memory import add_memory, read_word
from sw.contract.geometry import Geometry, bits_for

MOST_SAMPLES = 256


class SampleFeeder(Component):
    """First all labels, into a memory of 256 words that hold any class, then sample by sample with its pixels.

    A cycle for each byte, if the engine takes it, and two for each sample.

    Members
    -------
    count : samples, 1 … 255; train : with labels; last_byte : bytes of an image but one; classes : n_L. All four hold still
    read_labels : one cycle: read 2 · count bytes; `labels_done` for one cycle when they are in
    label_wrong : one of them is n_L or more; until the next `read_labels`
    feed : one cycle: give `count` samples to the engine; `fed` for one cycle with the last byte
    payload : bytes of the request; taken only between `read_labels` and `labels_done`, `feed` and `fed`
    sample, pixels : the engine's
    """

    def __init__(self, geometry: Geometry) -> None:
        self.last_byte_bits = bits_for((geometry.columns - 1) // 8)
        super().__init__(
            {
                "count": In(8),
                "train": In(1),
                "last_byte": In(self.last_byte_bits),
                "classes": In(bits_for(geometry.rows)),
                "read_labels": In(1),
                "labels_done": Out(1),
                "label_wrong": Out(1),
                "feed": In(1),
                "fed": Out(1),
                "payload": In(stream.Signature(8)),
                "sample": Out(stream.Signature(SAMPLE_LAYOUT)),
                "pixels": Out(stream.Signature(PIXELS_LAYOUT)),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        labels = add_memory(m, "labels", shape=len(self.classes), depth=MOST_SAMPLES)
        index = Signal(8)
        label = Signal(len(self.classes))  # a register behind that of the memory: from there on the way to the engine is long
        m.d.sync += label.eq(read_word(m, labels, address=index) & self.train.replicate(len(self.classes)))
        m.d.comb += [self.sample.payload.train.eq(self.train), self.sample.payload.label.eq(label)]
        with m.FSM():
            with m.State("idle"):
                m.d.sync += index.eq(0)
                with m.If(self.read_labels):
                    m.d.sync += self.label_wrong.eq(0)
                    m.next = "low byte"
                with m.If(self.feed):
                    m.next = "label"
            last = index == self.count - 1
            self._read_labels(m, labels.write_port(), index, last)
            self._feed(m, index, last)
        return m

    def _read_labels(self, m: Module, write: PureInterface, index: Signal, last: Value) -> None:
        """States from "low byte" to "labels done"."""
        low = Signal(8, reset_less=True)
        width = len(self.classes)
        label = Cat(low, self.payload.payload)
        m.d.comb += [write.addr.eq(index), write.data.eq(label)]
        is_class = ~label[width:].any() & is_less(label[:width], self.classes, equal=C(0))
        with m.State("low byte"):
            m.d.comb += self.payload.ready.eq(1)
            with m.If(self.payload.valid):
                m.d.sync += low.eq(self.payload.payload)
                m.next = "high byte"
        with m.State("high byte"):
            m.d.comb += self.payload.ready.eq(1)
            with m.If(self.payload.valid):
                m.d.comb += write.en.eq(1)
                m.d.sync += index.eq(index + 1)
                with m.If(~is_class):
                    m.d.sync += self.label_wrong.eq(1)
                m.next = "low byte"
                with m.If(last):
                    m.next = "labels done"
        with m.State("labels done"):
            m.d.comb += self.labels_done.eq(1)
            m.next = "idle"

    def _feed(self, m: Module, index: Signal, last: Value) -> None:
        """States from "label" to the last one of "pixels"."""
        left = Signal(self.last_byte_bits)
        m.d.comb += [self.pixels.payload.data.eq(self.payload.payload), self.pixels.payload.last.eq(left == 0)]
        with m.State("label"):  # the memory answers in the next cycle, the register in the one after
            m.d.sync += left.eq(self.last_byte)
            m.next = "look up"
        with m.State("look up"):
            m.next = "sample"
        with m.State("sample"):
            m.d.comb += self.sample.valid.eq(1)
            with m.If(self.sample.ready):
                m.next = "pixels"
        with m.State("pixels"):
            m.d.comb += [self.pixels.valid.eq(self.payload.valid), self.payload.ready.eq(self.pixels.ready)]
            with m.If(self.payload.valid & self.payload.ready):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0):
                    m.d.sync += index.eq(index + 1)
                    m.d.comb += self.fed.eq(last)
                    m.next = "label"
                    with m.If(last):
                        m.next = "idle"

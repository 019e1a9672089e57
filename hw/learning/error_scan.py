"""The scan of a layer's errors: which neurons have one, in ascending order (clause 9)."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.learning.error_store import ErrorRead, LayerJob, neuron_bits
from sw.contract.geometry import Geometry, bits_for


def item_layout(geometry: Geometry) -> data.StructLayout:
    """One finding of a scan: a neuron with an error and the error's sign; or, not active, the last neuron of a word
    without errors. All neurons below `neuron` are done with."""
    return data.StructLayout({"neuron": neuron_bits(geometry), "active": 1, "negative": 1, "last": 1})


class ErrorScan(wiring.Component):
    """Reads a layer's errors from the store, in ascending order of neurons.

    One item a cycle: a word without an error takes one cycle, a word with some takes one for each. After `start` the
    first item comes three cycles later. `busy` until the last item is taken.

    Members
    -------
    job : the layer to read
    store : where its errors are
    items : what is found
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        super().__init__(
            {
                "job": In(LayerJob()),
                "store": Out(ErrorRead(geometry)),
                "items": Out(stream.Signature(item_layout(geometry))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        k = g.synapses_per_cell
        lane_bits = bits_for(k - 1)
        last_word = Signal.like(self.store.word)
        next_word = Signal.like(self.store.word)
        fetched = Signal()
        fetched_word = Signal.like(self.store.word)
        fetched_last = Signal()
        word = Signal.like(self.store.word)
        active = Signal(k)
        negative = Signal(k)
        last = Signal()
        reading = Signal()
        item = self.items.payload

        lane = Signal(lane_bits, init=k - 1)
        for i in reversed(range(k)):
            with m.If(active[i]):
                m.d.comb += lane.eq(i)
        others = active & (active - 1)[:k]
        word_done = ~others.any()
        m.d.comb += [
            item.neuron.eq(Cat(lane, word)),
            item.active.eq(active.any()),
            item.negative.eq((negative & active & ~others).any()),
            item.last.eq(last & word_done),
        ]

        taken = self.items.valid & self.items.ready
        load = ~self.items.valid | (taken & word_done)  # the current word makes room
        m.d.comb += [self.store.enable.eq(load), self.store.word.eq(next_word)]
        with m.If(taken):
            m.d.sync += active.eq(others)
        with m.If(load):
            m.d.sync += [
                self.items.valid.eq(fetched),
                active.eq(self.store.active),
                negative.eq(self.store.negative),
                word.eq(fetched_word),
                last.eq(fetched_last),
                fetched.eq(reading),
                fetched_word.eq(next_word),
                fetched_last.eq(next_word == last_word),
                next_word.eq(next_word + 1),
            ]
            with m.If(next_word == last_word):
                m.d.sync += reading.eq(0)
        with m.If(self.job.start):
            m.d.sync += [
                self.store.half.eq(self.job.layer[0]),
                last_word.eq((self.job.neurons - 1)[lane_bits:]),
                next_word.eq(0),
                reading.eq(1),
            ]
        m.d.comb += self.job.busy.eq(reading | fetched | self.items.valid)
        return m

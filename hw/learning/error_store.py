"""Errors d of the neurons (clauses 7 and 8), kept in words of K."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.array import result_layout
from hw.memory import add_memory, memory_style, read_word
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.tokens import Opcode


def word_bits(geometry: Geometry) -> int:
    """Bits of the index of a word of K neurons, of any layer."""
    return bits_for(geometry.words_of(geometry.rows) - 1)


def neuron_bits(geometry: Geometry) -> int:
    """Bits of a neuron's index in its layer, wide enough for the spare places of a layer's last word."""
    return word_bits(geometry) + bits_for(geometry.synapses_per_cell - 1)


class LayerJob(wiring.Signature):
    """Something to be done with the errors of one layer, seen from who wants it done.

    Members
    -------
    start : one cycle
    layer, neurons : its index (0…3) and size, taken at `start`
    busy : until it is done
    """

    def __init__(self) -> None:
        super().__init__({"start": Out(1), "layer": Out(bits_for(MAX_LAYERS - 1)), "neurons": Out(16), "busy": In(1)})


class NearFlags(wiring.Signature):
    """Of K neurons of a hidden layer, the word `word` of `layer`, or a part of them: which are near their threshold, and which
    of these on the lower side of a band, where errors change their sign. Seen from who found them.

    `part` has K / `Geometry.compared` bits. Of two halves of a word the first one comes with both bits set, and clears the
    second one, which may not follow; then the second one comes with its own.
    """

    def __init__(self, geometry: Geometry) -> None:
        word, layer, flags = word_bits(geometry), bits_for(MAX_LAYERS - 1), geometry.compared
        part = geometry.synapses_per_cell // flags
        super().__init__(
            {
                "valid": Out(1),
                "layer": Out(layer),
                "word": Out(word),
                "part": Out(part),
                "flags": Out(flags),
                "mirrored": Out(flags),
            }
        )


class ErrorRead(wiring.Signature):
    """The errors of K neurons of the layer in `half`, seen from their reader: `active` or not, and their signs.

    One cycle of latency; held while `enable` is low.
    """

    def __init__(self, geometry: Geometry) -> None:
        k = geometry.synapses_per_cell
        super().__init__(
            {"half": Out(1), "word": Out(word_bits(geometry)), "enable": Out(1), "active": In(k), "negative": In(k)}
        )


class ErrorStore(wiring.Component):
    """The errors of two neighbouring layers; which half holds a layer is the lowest bit of its index.

    Two writers, never at the same time: the output layer's two errors, and for a hidden layer the signs of the column
    counters as they leave the array, masked with its near flags, which came while it was normalised.

    Members
    -------
    near : flags of K neurons of a hidden layer
    output : writes the errors of the output layer: +1 at `label`, -1 at `rival`, one cycle for each word of K neurons
    unload : the signs in `result` from now on are those of its layer, in the order fold, slice, cell
    read : one word
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.lane_bits, self.word_bits = bits_for(geometry.synapses_per_cell - 1), word_bits(geometry)
        super().__init__(
            {
                "near": In(NearFlags(geometry)),
                "output": In(LayerJob()),
                "label": In(neuron_bits(geometry)),
                "rival": In(neuron_bits(geometry)),
                "unload": In(LayerJob()),
                "result": In(result_layout(geometry)),
                "read": In(ErrorRead(geometry)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        write = self._add_store(m)
        self._receive_signs(m, write)
        self._write_output_errors(m, write)
        return m

    def _add_store(self, m: Module) -> Any:
        """The memory, its read port and its write port, whose lane is a slice: (active, negative) of K / slices neurons."""
        g, lanes = self.geometry, self.geometry.lanes
        lane_shape = data.StructLayout({"active": lanes, "negative": lanes})
        depth = 2 << self.word_bits
        style = memory_style(g, depth)
        store = add_memory(m, "store", shape=data.ArrayLayout(lane_shape, g.slices), depth=depth, style=style)
        write = store.write_port(granularity=1)
        stored = read_word(m, store, address=Cat(self.read.word, self.read.half), enable=self.read.enable)
        m.d.comb += [
            self.read.active.eq(Cat(lane.active for lane in stored)),
            self.read.negative.eq(Cat(lane.negative for lane in stored)),
        ]
        return write

    def _receive_signs(self, m: Module, write: Any) -> None:
        """Signs that leave the array: one cycle to fetch their near flags, then into the store."""
        g, lanes = self.geometry, self.geometry.lanes
        first = Signal(self.word_bits)
        cell = Signal(bits_for(g.cells - 1))
        slice_ = Signal(range(g.slices))
        word = Signal(self.word_bits)
        last_word = Signal(self.word_bits)
        layer = Signal.like(self.unload.layer)
        receiving = Signal()
        comes = Signal()
        m.d.comb += [
            word.eq(first + cell),
            comes.eq(receiving & (self.result.opcode == Opcode.UNLOAD)),
        ]
        with m.If(self.unload.start):
            m.d.sync += [
                receiving.eq(1),
                layer.eq(self.unload.layer),
                last_word.eq((self.unload.neurons - 1)[self.lane_bits :]),
                Cat(first, cell, slice_).eq(0),
            ]
        with m.Elif(comes):
            m.d.sync += cell.eq(cell + 1)
            with m.If((cell == g.cells - 1) | (word == last_word)):
                m.d.sync += [cell.eq(0), slice_.eq(slice_ + 1)]
                with m.If(slice_ == g.slices - 1):
                    m.d.sync += [slice_.eq(0), first.eq(first + g.cells)]
                    with m.If(word == last_word):
                        m.d.sync += receiving.eq(0)

        arrived = Signal()
        arrived_word = Signal(self.word_bits)
        arrived_slice = Signal.like(slice_)
        signs = Signal(2 * lanes)
        m.d.sync += [arrived.eq(comes), arrived_word.eq(word), arrived_slice.eq(slice_), signs.eq(self.result.sum)]
        flags = self._near_flags(m, Cat(word, layer))
        near = Cat(part.near for part in flags).word_select(arrived_slice, lanes)
        mirrored = Cat(part.mirrored for part in flags).word_select(arrived_slice, lanes)
        m.d.comb += [
            self.unload.busy.eq(receiving | arrived),
            write.addr.eq(Cat(arrived_word, layer[0])),
            write.en.eq(arrived << arrived_slice),
        ]
        for entry in write.data:
            m.d.comb += [entry.active.eq(signs[:lanes] & near), entry.negative.eq(signs[lanes:] ^ mirrored)]

    def _near_flags(self, m: Module, address: Value) -> Any:
        """The near flags of the word (word, layer), one cycle later."""
        depth = (MAX_LAYERS - 1) << self.word_bits
        style = memory_style(self.geometry, depth)
        parts = len(self.near.part)
        part = data.StructLayout({"near": self.geometry.compared, "mirrored": self.geometry.compared})
        near_flags = add_memory(m, "near_flags", shape=data.ArrayLayout(part, parts), depth=depth, style=style)
        write = near_flags.write_port(granularity=1)
        m.d.comb += [
            write.en.eq(self.near.part & self.near.valid.replicate(parts)),
            write.addr.eq(Cat(self.near.word, self.near.layer)),
        ]
        for i, entry in enumerate(write.data):
            is_cleared = self.near.part[0] if i else C(0)
            m.d.comb += [entry.near.eq(Mux(is_cleared, 0, self.near.flags)), entry.mirrored.eq(self.near.mirrored)]
        return read_word(m, near_flags, address=address)

    def _write_output_errors(self, m: Module, write: Any) -> None:
        """Word by word; no signs come meanwhile."""
        word = Signal(self.word_bits)
        last_word = Signal(self.word_bits)
        half = Signal()
        with m.If(self.output.start):
            m.d.sync += [
                self.output.busy.eq(1),
                word.eq(0),
                last_word.eq((self.output.neurons - 1)[self.lane_bits :]),
                half.eq(self.output.layer[0]),
            ]
        with m.Elif(self.output.busy):
            m.d.sync += [word.eq(word + 1), self.output.busy.eq(word != last_word)]

        with m.If(self.output.busy):
            m.d.comb += [write.addr.eq(Cat(word, half)), write.en.eq(~0)]
            for i in range(self.geometry.synapses_per_cell):
                neuron = Cat(C(i, self.lane_bits), word)
                is_label, is_rival = self.label == neuron, self.rival == neuron
                entry, lane = write.data[i // self.geometry.lanes], i % self.geometry.lanes
                m.d.comb += [entry.active[lane].eq(is_label | is_rival), entry.negative[lane].eq(is_rival)]

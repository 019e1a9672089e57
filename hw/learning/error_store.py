"""Errors d of the neurons (clauses 7 and 8), kept in words of K."""

from amaranth.hdl import Cat, Module, Signal
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


class ErrorStore(wiring.Component):
    """The errors of two neighbouring layers; which half holds a layer is the lowest bit of its index.

    Three writers, never at the same time for one layer: the output layer's two errors (`output_*`), and for a hidden
    layer its near flags while it is normalised (`near_*`), which mask the signs of the column counters as they leave
    the array (`result`).

    Members
    -------
    near_valid, near_layer, near_word, near : flags of K neurons of a hidden layer
    output_start : writes the errors of the output layer: +1 at `label`, -1 at `rival`; `output_busy` until done,
        one cycle for each word of K neurons
    unload_start, unload_layer, unload_columns : the signs that leave the array from now on are those of layer
        `unload_layer`, in the order fold, slice, cell; `unload_busy` until all of them have come
    scan_half, scan_word -> scan_active, scan_negative : read port, one cycle of latency, held while `scan_enable` is low
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        g = geometry
        word, k = word_bits(g), g.synapses_per_cell
        neuron, layer = neuron_bits(g), bits_for(MAX_LAYERS - 1)
        super().__init__(
            {
                "near_valid": In(1),
                "near_layer": In(layer),
                "near_word": In(word),
                "near": In(k),
                "output_start": In(1),
                "output_layer": In(layer),
                "output_neurons": In(16),
                "label": In(neuron),
                "rival": In(neuron),
                "output_busy": Out(1),
                "unload_start": In(1),
                "unload_layer": In(layer),
                "unload_columns": In(16),
                "unload_busy": Out(1),
                "result": In(result_layout(g)),
                "scan_half": In(1),
                "scan_word": In(word),
                "scan_enable": In(1),
                "scan_active": Out(k),
                "scan_negative": Out(k),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        k, lanes = g.synapses_per_cell, g.lanes
        lane_bits = bits_for(k - 1)
        word_width = len(self.scan_word)

        near_depth, depth = (MAX_LAYERS - 1) << word_width, 2 << word_width
        near_style, style = memory_style(g, near_depth), memory_style(g, depth)
        near_flags = add_memory(m, "near_flags", shape=k, depth=near_depth, style=near_style)
        near_write = near_flags.write_port()
        m.d.comb += [
            near_write.en.eq(self.near_valid),
            near_write.addr.eq(Cat(self.near_word, self.near_layer)),
            near_write.data.eq(self.near),
        ]

        # one lane of the store is a slice: (active, negative) of K / slices neurons
        lane_shape = data.StructLayout({"active": lanes, "negative": lanes})
        store = add_memory(m, "store", shape=data.ArrayLayout(lane_shape, g.slices), depth=depth, style=style)
        write = store.write_port(granularity=1)
        stored = read_word(m, store, address=Cat(self.scan_word, self.scan_half), enable=self.scan_enable)
        m.d.comb += [
            self.scan_active.eq(Cat(lane.active for lane in stored)),
            self.scan_negative.eq(Cat(lane.negative for lane in stored)),
        ]

        # signs that leave the array: one cycle to fetch their near flags, then into the store
        first, cell, slice_ = Signal(word_width), Signal(bits_for(g.cells - 1)), Signal(range(g.slices))
        word = Signal(word_width)
        last_word = Signal(word_width)
        layer = Signal.like(self.unload_layer)
        receiving = Signal()
        arrived, arrived_word, arrived_slice = Signal(), Signal(word_width), Signal.like(slice_)
        signs = Signal(2 * lanes)
        m.d.comb += word.eq(first + cell)
        near_flags_read = read_word(m, near_flags, address=Cat(word, layer))
        m.d.sync += [
            arrived.eq((self.result.opcode == Opcode.UNLOAD) & receiving),
            arrived_word.eq(word),
            arrived_slice.eq(slice_),
            signs.eq(self.result.sum),
        ]
        m.d.comb += self.unload_busy.eq(receiving | arrived)
        with m.If(self.unload_start):
            m.d.sync += [
                receiving.eq(1),
                layer.eq(self.unload_layer),
                last_word.eq((self.unload_columns - 1)[lane_bits:]),
                Cat(first, cell, slice_).eq(0),
            ]
        with m.Elif(receiving & (self.result.opcode == Opcode.UNLOAD)):
            m.d.sync += cell.eq(cell + 1)
            with m.If((cell == g.cells - 1) | (word == last_word)):
                m.d.sync += [cell.eq(0), slice_.eq(slice_ + 1)]
                with m.If(slice_ == g.slices - 1):
                    m.d.sync += [slice_.eq(0), first.eq(first + g.cells)]
                    with m.If(word == last_word):
                        m.d.sync += receiving.eq(0)

        # errors of the output layer
        output_word, output_last = Signal(word_width), Signal(word_width)
        half = Signal()
        with m.If(self.output_start):
            m.d.sync += [
                self.output_busy.eq(1),
                output_word.eq(0),
                output_last.eq((self.output_neurons - 1)[lane_bits:]),
                half.eq(self.output_layer[0]),
            ]
        with m.Elif(self.output_busy):
            m.d.sync += [output_word.eq(output_word + 1), self.output_busy.eq(output_word != output_last)]

        with m.If(self.output_busy):
            m.d.comb += [write.addr.eq(Cat(output_word, half)), write.en.eq(~0)]
            for i in range(k):
                neuron = Cat((i >> b) & 1 for b in range(lane_bits))
                is_label = self.label == Cat(neuron, output_word)
                is_rival = self.rival == Cat(neuron, output_word)
                entry = write.data[i // lanes]
                m.d.comb += [entry.active[i % lanes].eq(is_label | is_rival), entry.negative[i % lanes].eq(is_rival)]
        with m.Else():
            m.d.comb += [write.addr.eq(Cat(arrived_word, layer[0])), write.en.eq(arrived << arrived_slice)]
            near = near_flags_read.word_select(arrived_slice, lanes)
            for s in range(g.slices):
                m.d.comb += [
                    write.data[s].active.eq(signs[:lanes] & near),
                    write.data[s].negative.eq(signs[lanes:]),
                ]
        return m

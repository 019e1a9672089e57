"""What CONFIGURE tells: the network's registers, and those of its layers, of which one at a time is at work."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.layouts import layer_layout, network_layout, wire_layout
from hw.memory import add_memory, read_word
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS
from sw.contract.registers import REGISTERS, Registers

WORD_BITS = 16
LAYER_WORDS = REGISTERS.layer.size * 8 // WORD_BITS
LAYER_CYCLES = LAYER_WORDS + 3
"""Cycles from `select` until all registers of the layer are there."""


class Configuration(wiring.Component):
    """Takes exactly `CONFIGURATION_BYTES` bytes from `source`; `loaded` pulses after the last one.

    The layers' registers lie in a memory of 16 bits. Those of one layer are fetched when it is selected.

    Parameters
    ----------
    geometry : for the widths of the registers
    registers : their layout

    Members
    -------
    configured : from then on, until `reset`
    network : the registers of the network
    select, index : one cycle: fetch the registers of a layer (0…3). The first one's are fetched after `loaded`
    layer, settled : its registers; all of them `LAYER_CYCLES` cycles after `select`, until when the old ones disappear
        one after another, none of them in the first two cycles
    """

    def __init__(self, geometry: Geometry, registers: Registers = REGISTERS) -> None:
        self.geometry, self.registers = geometry, registers
        super().__init__(
            {
                "source": In(stream.Signature(8)),
                "reset": In(1),
                "configured": Out(1),
                "loaded": Out(1),
                "network": Out(network_layout(geometry, registers)),
                "select": In(1),
                "index": In(range(MAX_LAYERS)),
                "layer": Out(layer_layout(geometry, registers)),
                "settled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        words = self.registers.layer.size * 8 // WORD_BITS
        memory = add_memory(m, "words", shape=data.ArrayLayout(8, 2), depth=MAX_LAYERS << bits_for(words - 1))
        self._take_bytes(m, memory)
        self._fetch_layer(m, memory, words)
        return m

    def _take_bytes(self, m: Module, memory: Memory) -> None:
        """Bytes come: first the network's own, then layer by layer."""
        own, of_layer = self.registers.network, self.registers.layer
        network, byte = self.network, self.source.payload
        write = memory.write_port(granularity=1)
        kept = Signal(wire_layout(own), reset_less=True)
        in_layers, number, place = Signal(), Signal(range(MAX_LAYERS)), Signal(range(max(own.size, of_layer.size)))
        low = Signal(8)
        neurons = Cat(low, byte)
        m.d.comb += [
            self.source.ready.eq(1),
            *(network[register.name].eq(kept[register.name]) for register in own if register.name not in ("inputs", "margin")),
            network.last_pixel.eq(kept.inputs),
            network.margin.eq(~kept.margin),
            write.addr.eq(Cat(place[1:], number)),
            write.data.eq(byte.replicate(2)),
            write.en.eq(Mux(self.source.valid & in_layers, Mux(place[0], 0b10, 0b01), 0)),
        ]
        m.d.sync += self.loaded.eq(0)
        with m.If(self.source.valid):
            m.d.sync += [place.eq(place + 1), low.eq(byte)]
            with m.If(~in_layers):
                m.d.sync += [kept.eq(self._shifted(kept.as_value(), byte)), network.rows.eq(0)]
                with m.If(place == own.size - 1):
                    m.d.sync += [place.eq(0), in_layers.eq(1)]
            with m.Else():
                with m.If(place == of_layer.offset("neurons") + 1):
                    m.d.sync += network.rows.eq(network.rows + neurons)
                    with m.If(network.layers == number + 1):
                        m.d.sync += network.classes.eq(neurons)
                with m.If(place == of_layer.size - 1):
                    m.d.sync += [place.eq(0), number.eq(number + 1)]
                    with m.If(number == MAX_LAYERS - 1):
                        m.d.sync += [in_layers.eq(0), self.configured.eq(1), self.loaded.eq(1)]
        with m.If(self.loaded):
            m.d.sync += kept.inputs.eq(kept.inputs - 1)  # of the number of pixels the last one is needed
        with m.If(self.reset):
            m.d.sync += [self.configured.eq(0), in_layers.eq(0), number.eq(0), place.eq(0)]

    def _fetch_layer(self, m: Module, memory: Memory, words: int) -> None:
        """The registers of the layer at work, one word after another; then the first of the layer below, its neurons."""
        # Nobody looks at a layer's registers before they have been fetched: a reset would cost each of them its enable's LUT.
        layer = Signal(self.layer.shape(), reset_less=True)
        m.d.comb += self.layer.eq(layer)
        done = words + 2
        # `select` is decided far away: it only sets a flip-flop, and the next cycle is the first step.
        selected, asked = Signal(), Signal.like(self.index)
        m.d.sync += [selected.eq(self.select | self.loaded), asked.eq(Mux(self.loaded, 0, self.index))]
        index, step = Signal.like(self.index), Signal(range(done + 1), init=done)
        now, at = Signal.like(step), Signal.like(index)
        m.d.comb += [now.eq(Mux(selected, 0, step)), at.eq(Mux(selected, asked, index))]
        below, word_bits = now == words, bits_for(words - 1)
        address = Cat(now[:word_bits] & ~below.replicate(word_bits), (at - below)[: len(at)])
        word = read_word(m, memory, address=address).as_value()
        m.d.comb += self.settled.eq(~selected & (step == done))
        with m.If(~self.settled):
            m.d.sync += [step.eq(now + 1), index.eq(at)]
        with m.Switch(now):
            for i in range(words):
                with m.Case(i + 1):  # its address was there a cycle ago
                    m.d.sync += self._fetched(layer, i, word)
            with m.Case(words + 1):
                m.d.sync += layer.inputs.eq(word)

    def _shifted(self, kept: Value, byte: Value) -> Value:
        """The network's registers when one more byte has come, from the highest; of the margin the complement is kept
        (`hw.complement`)."""
        own = self.registers.network
        margin = range(own.offset("margin"), own.offset("margin") + own["margin"].width // 8)
        bytes_ = [*(kept.word_select(i, 8) for i in range(own.size)), byte]
        moved = zip(range(own.size), bytes_[1:], strict=True)
        return Cat(~value if (i in margin) != (i + 1 in margin) else value for i, value in moved)

    def _fetched(self, layer: data.View, i: int, word: Value) -> list:
        """What the registers of a layer take of its word number i."""
        taken = []
        for register in self.registers.layer:
            # bits of the register before the word, and bits of the word before the register
            before = WORD_BITS * i - 8 * self.registers.layer.offset(register.name)
            piece = layer[register.name][max(0, before) : max(0, before + WORD_BITS)]
            if len(piece):
                taken.append(piece.eq(word[max(0, -before) :]))
        return taken

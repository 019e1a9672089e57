"""The matches of a hidden layer's neurons: written one by one, compared with two bounds, some neurons at a time."""

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.complement import exceeds_or, reaches
from hw.memory import add_memory, memory_style, read_word
from sw.contract.geometry import Geometry, bits_for


class MatchStore(wiring.Component):
    """One neuron a cycle in; words of `Geometry.compared` neurons out, one a cycle.

    Members
    -------
    write, neuron, matches : stores the matches of a neuron
    word, enable : reads a word, and compares it in the next enabled cycle with the bounds as they are then
    above, below, reached : bounds (`hw.forward.bounds`)
    at_gate, beside : two enabled cycles after `word`: whether each of its neurons reaches the one, exceeds the other
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.width = bits_for(geometry.columns)
        self.depth = -(-min(geometry.columns, geometry.rows) // geometry.compared)
        super().__init__(
            {
                "write": In(1),
                "neuron": In(bits_for(min(geometry.columns, geometry.rows))),
                "matches": In(self.width),
                "word": In(range(self.depth)),
                "enable": In(1),
                "above": In(self.width),
                "below": In(self.width),
                "reached": In(1),
                "at_gate": Out(geometry.compared),
                "beside": Out(geometry.compared),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes = self.geometry.compared
        lane, word = self.neuron[: bits_for(lanes - 1)], self.neuron[bits_for(lanes - 1) :]
        style = memory_style(self.geometry, self.depth)
        shape = data.ArrayLayout(self.width, lanes)
        memory = add_memory(m, "memory", shape=shape, depth=self.depth, style=style)
        write = memory.write_port(granularity=1)
        stored = read_word(m, memory, address=self.word, enable=self.enable)
        m.d.comb += [write.addr.eq(word), write.en.eq(self.write << lane)]
        m.d.comb += [write.data[i].eq(self.matches) for i in range(lanes)]
        with m.If(self.enable):
            m.d.sync += [self.at_gate[i].eq(reaches(stored[i], self.above)) for i in range(lanes)]
            m.d.sync += [self.beside[i].eq(exceeds_or(stored[i], self.below, self.reached)) for i in range(lanes)]
        return m

"""The matches of a hidden layer's neurons: written one by one, compared with a bound K at a time."""

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.complement import reaches
from hw.memory import add_memory, memory_style, read_word
from sw.contract.geometry import Geometry, bits_for


class MatchStore(wiring.Component):
    """One neuron a cycle in; K comparisons a cycle out.

    Members
    -------
    write, neuron, matches : stores the matches of a neuron
    word, enable, bound : reads a word, and compares it in the next enabled cycle with `bound` as it is then
    reaches : two enabled cycles after `word`: whether the matches of each of its neurons are `bound` or more
    """

    def __init__(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.width = bits_for(geometry.columns)
        self.depth = geometry.words_of(min(geometry.columns, geometry.rows))
        super().__init__(
            {
                "write": In(1),
                "neuron": In(bits_for(min(geometry.columns, geometry.rows))),
                "matches": In(self.width),
                "word": In(range(self.depth)),
                "enable": In(1),
                "bound": In(self.width),
                "reaches": Out(geometry.synapses_per_cell),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes = self.geometry.synapses_per_cell
        lane, word = self.neuron[: bits_for(lanes - 1)], self.neuron[bits_for(lanes - 1) :]
        style = memory_style(self.geometry, self.depth)
        shape = data.ArrayLayout(self.width, lanes)
        memory = add_memory(m, "memory", shape=shape, depth=self.depth, style=style)
        write = memory.write_port(granularity=1)
        stored = read_word(m, memory, address=self.word, enable=self.enable)
        m.d.comb += [write.addr.eq(word), write.en.eq(self.write << lane)]
        m.d.comb += [write.data[i].eq(self.matches) for i in range(lanes)]
        with m.If(self.enable):
            m.d.sync += [self.reaches[i].eq(reaches(stored[i], ~self.bound)) for i in range(lanes)]
        return m

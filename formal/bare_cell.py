"""A cell whose memories are taken away: what they would give is free in every cycle, what it writes can be looked at."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data

from formal.clocked import earlier, free
from formal.source import Bug, Elaborated, copy_of
from hw.layouts import token_layout
from sw.contract.geometry import Geometry

CELL, UPDATE = "hw.array.cell", "hw.array.update"


class BareCell:
    """The cell number 1 of `geometry` as a submodule of a harness, `m`, with all its inputs free.

    Members
    -------
    cell : its ports
    signs, word, valids, negatives, valid, negative : what the memories give in the cycle after a token arrives
    write : what goes to the weight memory
    inside : signals of the cell, by name
    """

    def __init__(self, m: Module, geometry: Geometry, bug: Bug | None) -> None:
        g, module = geometry, copy_of(CELL, bug)
        self.m, self.geometry = m, geometry
        self.signs, self.word = Signal(g.synapses_per_cell), Signal(8 * g.lanes)
        self.valids, self.negatives = Signal(g.synapses_per_cell), Signal(g.synapses_per_cell)
        self.valid, self.negative = Signal(g.lanes), Signal(g.lanes)
        self.write: Any = None

        def weight_memory(_m: Module, _g: Geometry, **ports: Any) -> tuple[Value, Value]:
            self.write = ports["write"]
            return self.signs, self.word

        module.moves = copy_of(UPDATE, bug).moves
        module.add_weight_memory = weight_memory
        module.add_input_memory = lambda _m, _g, **ports: (self.valids, self.negatives, self.valid, self.negative)
        self.cell = module.Cell(g)
        m.submodules.cell = elaborated = Elaborated(module, self.cell)
        self.inside = {signal.name: signal for signal in elaborated.signals if isinstance(signal, Signal)}
        for each in (self.signs, self.word, self.valids, self.negatives, self.valid, self.negative):
            free(m, each)
        free(m, self.cell.token_in.as_value())
        free(m, self.cell.sum_in)
        m.d.comb += self.cell.index.eq(1)

    def token(self, cycles: int) -> Any:
        """The token that arrived some cycles ago."""
        return data.View(token_layout(self.geometry), earlier(self.m, self.cell.token_in.as_value(), cycles))

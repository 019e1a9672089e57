"""A cell whose memories are taken away: what they would give is free in every cycle, what it writes can be looked at."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data

from formal.clocked import earlier, free
from formal.source import Bug, Elaborated, copy_of
from hw.array.pipeline import Pipeline
from hw.layouts import token_layout
from sw.contract.geometry import Geometry

CELL, DECODE, LANE = "hw.array.cell", "hw.array.decode", "hw.array.lane"
MATCH_SUM, UPDATE = "hw.array.match_sum", "hw.array.update"


class BareCell:
    """The cell number 1 of `geometry` as a submodule of a harness, `m`, with all its inputs free.

    Members
    -------
    cell : its ports
    signs, word, valids, negatives, valid, negative : what the memories give in the cycle after a token arrives
    write : what goes to the weight memory
    inside : registers of the cell, by name (`hw.array.pipeline`)
    """

    def __init__(self, m: Module, geometry: Geometry, bug: Bug | None) -> None:
        g, module, lane = geometry, copy_of(CELL, bug), copy_of(LANE, bug)
        self.m, self.geometry = m, geometry
        self.signs, self.word = Signal(g.synapses_per_cell), Signal(8 * g.lanes)
        self.valids, self.negatives = Signal(g.synapses_per_cell), Signal(g.synapses_per_cell)
        self.valid, self.negative = Signal(g.lanes), Signal(g.lanes)
        self.write: Any = None
        self.inside: dict[str, Signal] = {}

        def weight_memory(pipeline: Pipeline, _g: Geometry, **ports: Any) -> list[Value]:
            self.write, self.inside = ports["write"], pipeline.signals
            return [pipeline.arrives(each, stage=1) for each in (self.signs, self.word)]

        def input_memory(pipeline: Pipeline, _g: Geometry, **_ports: Any) -> list[Value]:
            inputs = (self.valids, self.negatives, self.valid, self.negative)
            return [pipeline.arrives(each, stage=1) for each in inputs]

        module.add_weight_memory, module.add_input_memory = weight_memory, input_memory
        module.Decoded = copy_of(DECODE, bug).Decoded
        module.add_lane, lane.moves = lane.add_lane, copy_of(UPDATE, bug).moves
        module.add_match_sum = copy_of(MATCH_SUM, bug).add_match_sum
        self.cell = module.Cell(g)
        m.submodules.cell = Elaborated(module, self.cell)  # now, so that what is inside has been made
        for each in (self.signs, self.word, self.valids, self.negatives, self.valid, self.negative):
            free(m, each)
        free(m, self.cell.token_in.as_value())
        free(m, self.cell.sum_in)
        m.d.comb += self.cell.index.eq(1)

    def token(self, cycles: int) -> Any:
        """The token that arrived some cycles ago."""
        return data.View(token_layout(self.geometry), earlier(self.m, self.cell.token_in.as_value(), cycles))

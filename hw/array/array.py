"""The grid of cells: row tokens in at the top-left corner, sums out at the bottom-right one."""

from amaranth.hdl import ClockSignal, Const, Instance, Module, ResetSignal, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.cell import Cell
from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.cost import SUM_DELAY
from sw.contract.geometry import Geometry, bits_for

CELL_MODULE = "array_cell"  # `cell` is a keyword of SystemVerilog


def result_layout(geometry: Geometry) -> data.StructLayout:
    """What leaves the array: the token's opcode and its `last`, and the sum that rode with it."""
    return data.StructLayout({"opcode": 4, "last": 1, "sum": unsigned(tokens.sum_width(geometry))})


class SynapseArray(wiring.Component):
    """grid_height × grid_width identical cells, connected to their nearest neighbours only.

    A token enters on `token` every cycle (opcode IDLE is a bubble), runs down the left edge and right along every grid
    row, one cell a cycle. Row sums join on the right edge, downward. The result leaves `array_latency` cycles later
    (`sw.contract.cost`).
    Nothing inside can stall.

    With `instances` the cells are instances of the module `array_cell`, which `hw.generate` emits once: Amaranth would write
    every cell as a module of its own, and synthesis and simulators would work on each.
    """

    def __init__(self, geometry: Geometry, *, instances: bool = False) -> None:
        self.geometry = geometry
        self.instances = instances
        super().__init__({"token": In(token_layout(geometry)), "result": Out(result_layout(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        above, column_sum = self.token, None
        for y in range(g.grid_height):
            token, row_sum = above, Const(0, tokens.sum_width(g))
            for x in range(g.grid_width):
                token, row_sum = self._add_cell(m, y * g.grid_width + x, token, row_sum)
                if x == 0:
                    above = token
            joined = Signal(tokens.sum_width(g), name=f"joined_{y}")
            m.d.sync += joined.eq(row_sum if column_sum is None else column_sum + row_sum)
            column_sum = joined

        opcode, last = token.opcode, token.last
        for i in range(SUM_DELAY):
            later = data.View(result_layout(g), Signal(result_layout(g).size, name=f"leaving_{i}"))
            m.d.sync += [later.opcode.eq(opcode), later.last.eq(last)]
            opcode, last = later.opcode, later.last
        m.d.comb += [self.result.opcode.eq(opcode), self.result.last.eq(last), self.result.sum.eq(column_sum)]
        return m

    def _add_cell(self, m: Module, index: int, token_in, sum_in):
        g = self.geometry
        if not self.instances:
            cell = Cell(g)
            m.submodules[f"cell_{index}"] = cell
            m.d.comb += [cell.token_in.eq(token_in), cell.sum_in.eq(sum_in), cell.index.eq(index)]
            return cell.token_out, cell.sum_out
        token_out = Signal(token_layout(g), name=f"token_{index}")
        sum_out = Signal(tokens.sum_width(g), name=f"sum_{index}")
        m.submodules[f"cell_{index}"] = Instance(
            CELL_MODULE,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_token_in=token_in,
            i_sum_in=sum_in,
            i_index=Const(index, bits_for(g.cells - 1)),
            o_token_out=token_out,
            o_sum_out=sum_out,
        )
        return token_out, sum_out

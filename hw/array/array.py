"""The grid of cells: row tokens in at the top-left corner, sums out at the bottom-right one."""

from typing import Any

from amaranth.hdl import Cat, ClockSignal, Const, Instance, Module, ResetSignal, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.array.cell import Cell
from hw.layouts import token_layout
from sw.contract import tokens
from sw.contract.cost import SUM_DELAY
from sw.contract.geometry import Geometry, bits_for

CELL_MODULE = "array_cell"  # `cell` is a keyword of SystemVerilog


def result_layout(geometry: Geometry) -> data.StructLayout:
    """What leaves the array: the token's opcode and its `last`, and the sum that rode with it.

    With groups also the sums of the samples after the first, and what a FORWARD says of its row (`sw.contract.tokens`).
    """
    fields: dict[str, object] = {"opcode": 4, "last": 1, "sum": unsigned(tokens.sum_width(geometry))}
    if geometry.group > 1:
        others = data.ArrayLayout(unsigned(tokens.match_width(geometry)), geometry.group - 1)
        fields |= {"others": others, "neuron": hidden_bits(geometry), "again": 1}
    return data.StructLayout(fields)


def hidden_bits(geometry: Geometry) -> int:
    """Bits of the number of neurons of a hidden layer, which are inputs of another."""
    return bits_for(min(geometry.columns, geometry.rows))


class SynapseArray(wiring.Component):
    """grid_height × grid_width identical cells, connected to their nearest neighbours only.

    A token enters on `token` every cycle (opcode IDLE is a bubble), runs down the left edge and right along every grid
    row, one cell a cycle. Row sums join on the right edge, downward. The result leaves `array_latency` cycles later
    (`sw.contract.cost`).
    Nothing inside can stall. With groups a sum for each sample rides with the token.

    With `instances` the cells are instances of the module `array_cell`, which `hw.generate` emits once: Amaranth would write
    every cell as a module of its own, and synthesis and simulators would work on each.
    """

    def __init__(self, geometry: Geometry, *, instances: bool = False) -> None:
        self.geometry = geometry
        self.instances = instances
        self.sum_widths = [tokens.sum_width(geometry)] + [tokens.match_width(geometry)] * (geometry.group - 1)
        super().__init__({"token": In(token_layout(geometry)), "result": Out(result_layout(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        g = self.geometry
        above, column_sums = self.token, list[Value]()
        for y in range(g.grid_height):
            token, row_sums = above, [Const(0, width) for width in self.sum_widths]
            for x in range(g.grid_width):
                token, row_sums = self._add_cell(m, y * g.grid_width + x, token, row_sums)
                if x == 0:
                    above = token
            joined = [Signal(len(each), name=f"joined_{y}{self._of(i)}") for i, each in enumerate(row_sums)]
            for i, row_sum in enumerate(row_sums):
                m.d.sync += joined[i].eq(column_sums[i] + row_sum if column_sums else row_sum)
            column_sums = joined

        opcode, last = token.opcode, token.last
        for i in range(SUM_DELAY):
            later = data.View(result_layout(g), Signal(result_layout(g).size, name=f"leaving_{i}"))
            m.d.sync += [later.opcode.eq(opcode), later.last.eq(last)]
            opcode, last = later.opcode, later.last
        m.d.comb += [self.result.opcode.eq(opcode), self.result.last.eq(last), self.result.sum.eq(column_sums[0])]
        if g.group > 1:
            m.d.comb += Cat(self.result.others).eq(Cat(column_sums[1:]))
            self._tell_row(m, token.operand)
        return m

    def _tell_row(self, m: Module, operand: Value) -> None:
        """What a FORWARD says of its row leaves beside its sums."""
        result = self.result
        told = Cat(operand[: len(result.neuron)], operand[tokens.AGAIN_OFFSET])
        for i in range(SUM_DELAY):
            later = Signal(len(told), name=f"row_{i}", reset_less=True)
            m.d.sync += later.eq(told)
            told = later
        m.d.comb += Cat(result.neuron, result.again).eq(told)

    def _of(self, sample: int) -> str:
        return f"_of_{sample}" if sample else ""

    def _add_cell(self, m: Module, index: int, token_in, sums_in: list[Value]) -> tuple[Any, list[Value]]:
        """Cell number `index` between its neighbours: the token one cell on, and the sums of all samples."""
        g, width = self.geometry, self.sum_widths[-1]
        sum_in, others_in = sums_in[0], Cat(sums_in[1:])
        if not self.instances:
            cell = Cell(g)
            m.submodules[f"cell_{index}"] = cell
            m.d.comb += [cell.token_in.eq(token_in), cell.sum_in.eq(sum_in), cell.index.eq(index)]
            if g.group == 1:
                return cell.token_out, [cell.sum_out]
            m.d.comb += cell.others_in.eq(others_in)
            return cell.token_out, [cell.sum_out, *(cell.others_out.word_select(i, width) for i in range(g.group - 1))]
        token_out = Signal(token_layout(g), name=f"token_{index}")
        sum_out = Signal(tokens.sum_width(g), name=f"sum_{index}")
        others_out = Signal(len(others_in), name=f"others_{index}")
        others = {"i_others_in": others_in, "o_others_out": others_out} if g.group > 1 else {}
        m.submodules[f"cell_{index}"] = Instance(
            CELL_MODULE,
            i_clk=ClockSignal(),
            i_rst=ResetSignal(),
            i_token_in=token_in,
            i_sum_in=sum_in,
            i_index=Const(index, bits_for(g.cells - 1)),
            o_token_out=token_out,
            o_sum_out=sum_out,
            **others,
        )
        return token_out, [sum_out, *(others_out.word_select(i, width) for i in range(g.group - 1))]

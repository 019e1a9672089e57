"""A row's matches, added up over its folds."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.array.array import result_layout
from sw.contract.geometry import Geometry, bits_for
from sw.contract.tokens import Opcode


class RowMatches(wiring.Signature):
    """The sum of one row, `valid` for one cycle, seen from where it is added up.

    `matches` is the number of valid columns whose binary weight equals their sign, 0 … columns: the pre-activation of
    clause 4 is a_j = 2 · matches - number of valid columns.
    """

    def __init__(self, geometry: Geometry) -> None:
        super().__init__({"valid": Out(1), "matches": Out(unsigned(bits_for(geometry.columns)))})


class FoldSum(wiring.Component):
    """Adds the results of a row's FORWARD tokens up to the one marked `last`, and gives the `row`. Latency one cycle."""

    def __init__(self, geometry: Geometry) -> None:
        self.width = bits_for(geometry.columns)
        super().__init__({"result": In(result_layout(geometry)), "row": Out(RowMatches(geometry))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        partial = Signal(self.width)
        total = Signal(self.width)
        m.d.comb += total.eq(partial + self.result.sum)
        with m.If(self.result.opcode == Opcode.FORWARD):
            m.d.sync += [partial.eq(Mux(self.result.last, 0, total)), self.row.matches.eq(total)]
        m.d.sync += self.row.valid.eq((self.result.opcode == Opcode.FORWARD) & self.result.last)
        return m

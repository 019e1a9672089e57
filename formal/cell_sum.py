"""What a cell adds to the sum that rides with a token (clauses 4 and 8), for any weights, inputs and order of tokens."""

from amaranth.hdl import Assert, Cat, Elaboratable, Module, Mux, Signal

from formal.bare_cell import CELL, DECODE, LANE, MATCH_SUM, BareCell
from formal.claim import Claim
from formal.clocked import clocked_module, earlier
from formal.source import Bug
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

DEPTH = 9


class SumHarness(Elaboratable):
    """A cell beside its column counters as clause 8 has them: the sum of d · b since the last CLEAR."""

    def __init__(self, rows: int, bug: Bug | None) -> None:
        self.geometry = Geometry(columns=8, rows=rows, grid_height=1, grid_width=2, synapses_per_cell=4, folds=1, slices=2)
        self.bug = bug

    def elaborate(self, platform: object) -> Module:
        m, g = clocked_module(), self.geometry
        bare = BareCell(m, g, self.bug)

        # A token's words come a cycle after it, its counters change two cycles after it, the sum leaves after four.
        token2, word2 = bare.token(2), earlier(m, bare.word, 1)
        above, below = [], []
        for i in range(g.lanes):
            count = Signal(tokens.counter_width(g), name=f"count_{i}")
            down = token2.operand[tokens.NEGATIVE_OFFSET] ^ word2[8 * i + 7]
            with m.If(token2.opcode == Opcode.CLEAR):
                m.d.sync += count.eq(0)
            with m.Elif(token2.opcode == Opcode.BACKWARD):
                m.d.sync += count.eq(Mux(down, count - 1, count + 1))
            above.append(count != 0)
            below.append(count[-1])
            if self.bug is None:  # for the induction: the counters of the cell, which was never cleared, begin at zero too
                m.d.comb += Assert(bare.inside[f"counter_{i}"] == count)
        flags = earlier(m, Cat(above, below), 2)

        token, addressed = bare.token(4), Signal()
        m.d.comb += addressed.eq(token.cell == 1)
        signs, valids, negatives = (earlier(m, each, 3) for each in (bare.signs, bare.valids, bare.negatives))
        lane = token.synapse[: (g.lanes - 1).bit_length()]
        byte = earlier(m, bare.word, 3).word_select(lane, 8)
        matches = sum(valids[i] & (signs[i] == negatives[i]) for i in range(g.synapses_per_cell))
        added = Signal(tokens.sum_width(g))
        with m.Switch(token.opcode):
            with m.Case(Opcode.FORWARD):
                m.d.comb += added.eq(matches)
            with m.Case(Opcode.READ):
                m.d.comb += added.eq(Mux(addressed, byte, 0))
            with m.Case(Opcode.UNLOAD):
                m.d.comb += added.eq(Mux(addressed, flags, 0))
        total = (earlier(m, bare.cell.sum_in, 1) + added)[: len(added)]
        m.d.comb += Assert(bare.cell.sum_out == total)
        m.d.comb += Assert(bare.cell.token_out.as_value() == bare.token(1).as_value())
        return m


CLAIMS = tuple(
    Claim(
        name=f"cell-sum-{rows}",
        about=f"{rows} rows: FORWARD adds the matches, READ a byte, UNLOAD the signs of the column counters, others nothing",
        harness=lambda bug, rows=rows: SumHarness(rows, bug),
        depth=DEPTH,
        bugs=(
            Bug(MATCH_SUM, "popcount(matches[2][1:])", "popcount(matches[2][2:])"),
            Bug(CELL, "valid_all & ~(signs ^ negative_all)", "~(signs ^ negative_all)"),
            Bug(CELL, "zero=asked.not_forward[1])", "zero=0)"),
            Bug(DECODE, "read & (self.lane(1) == i)", "read"),
            Bug(DECODE, "(opcode == Opcode.UNLOAD) & hit[1])", "opcode == Opcode.UNLOAD)"),
            Bug(DECODE, "_is_one_of(opcode, Opcode.UNLOAD, Opcode.RELAX)", "opcode == Opcode.RELAX"),
            Bug(LANE, "~total[len(counter) - 1] | counter[-1]", "~total[len(counter) - 1]"),
            Bug(LANE, "Mux(learn, negative, sign) ^ down", "Mux(learn, negative, sign)"),
        ),
    )
    for rows in (2, 600)
)

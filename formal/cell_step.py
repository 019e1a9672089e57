"""The step of a hidden weight (clauses 10 and 11), from the token's arrival at a cell to the write, for any weight.

What the memories would give is free in every cycle, so the claims hold for every content and every order of tokens.
"""

from collections.abc import Callable

from amaranth.hdl import Assert, Assume, Cat, Elaboratable, Module, Mux, Signal, Value, signed

from formal.bare_cell import DECODE, LANE, UPDATE, BareCell
from formal.claim import Claim
from formal.clocked import clocked_module, earlier
from formal.source import Bug
from sw.contract import tokens
from sw.contract.geometry import Geometry
from sw.contract.tokens import Opcode

GEOMETRY = Geometry(columns=8, rows=2, grid_height=1, grid_width=2, synapses_per_cell=4, folds=1, slices=2)
DEPTH = tokens.WRITE_LATENCY + 2


class CellHarness(Elaboratable):
    """A cell whose writes are looked at; `claim` makes the assertions about one lane of one slice."""

    def __init__(self, claim: Callable[..., list], bug: Bug | None) -> None:
        self.claim, self.bug = claim, bug

    def elaborate(self, platform: object) -> Module:
        m, g = clocked_module(), GEOMETRY
        bare = BareCell(m, g, self.bug)

        # When the write arrives at the memory, the token has been on its way for 4 cycles, the words for 3.
        token = bare.token(tokens.WRITE_LATENCY)
        seen = {name: earlier(m, getattr(bare, name), tokens.WRITE_LATENCY - 1) for name in ("word", "valid", "negative")}
        lane_bits = (g.lanes - 1).bit_length()
        for s in range(g.slices):
            of_slice = bare.write.enable[s * g.lanes :][: g.lanes]
            for i in range(g.lanes):
                here = Signal(name=f"here_{s}_{i}")  # the token is for this lane of this slice
                m.d.comb += here.eq(token.synapse[lane_bits:] == s)
                q, new = Signal(signed(8), name=f"q_{s}_{i}"), Signal(signed(8), name=f"new_{s}_{i}")
                m.d.comb += [
                    q.eq(seen["word"][8 * i :][:8]),
                    new.eq(Mux(of_slice[i], bare.write.data[8 * i :][:8], q)),
                ]
                m.d.comb += self.claim(
                    token=token,
                    here=here,
                    lane=i,
                    enable=of_slice[i],
                    q=q,
                    new=new,
                    valid=seen["valid"][i],
                    negative=seen["negative"][i],
                )
        m.d.comb += Assert(implies(bare.write.enable.any(), bare.write.address == token.address))
        return m


def level(q: Value) -> Value:
    """Clause 1."""
    return Mux(q < 0, ~q, q)[:7]


def learning(*, token, here, lane, enable, q, new, valid, negative) -> list:
    """Clause 11: what a token LEARN does to one lane."""
    toward = token.operand[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
    away = token.operand[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]
    down = token.operand[tokens.NEGATIVE_OFFSET] ^ negative
    threshold = Mux(down == (q < 0), away, toward)
    learns = here & (token.opcode == Opcode.LEARN)
    is_below = level(q) < threshold
    wanted = Mux(down, Mux(q == -128, q, q - 1), Mux(q == 127, q, q + 1))
    return [
        Assume((toward <= 128) & (away <= 128)),
        Assert(implies(learns, is_near(new, q))),
        Assert(implies(learns & ~valid, new == q)),
        Assert(implies(learns & ~is_below, new == q)),
        Assert(implies(learns & valid & is_below, new == wanted)),
        Assert(implies(~here & (token.opcode == Opcode.LEARN), ~enable)),
    ]


def relaxation(*, token, here, lane, enable, q, new, valid, negative) -> list:
    """Clause 10: what a token RELAX does to one lane, whose floor stands in the place of both thresholds."""
    floor = token.operand[tokens.TOWARD_OFFSET :][: tokens.THRESHOLD_BITS]
    other = token.operand[tokens.AWAY_OFFSET :][: tokens.THRESHOLD_BITS]
    relaxes = here & (token.opcode == Opcode.RELAX)
    return [
        Assume((floor >= 1) & (floor <= 127) & (other == floor) | (token.opcode != Opcode.RELAX)),
        Assert(implies(relaxes, is_near(new, q) & ((new < 0) == (q < 0)))),
        Assert(implies(relaxes & (level(q) < floor), new == q)),
        Assert(implies(relaxes & (level(q) >= floor), level(new) == level(q) - 1)),
        Assert(implies(~here & (token.opcode == Opcode.RELAX), ~enable)),
    ]


def other_tokens(*, token, here, lane, enable, q, new, valid, negative) -> list:
    """WRITE stores its byte in the lane and the cell that it addresses; tokens that don't change weights write nothing."""
    lane_bits = (GEOMETRY.lanes - 1).bit_length()
    addressed = here & (token.synapse[:lane_bits] == lane) & (token.cell == 1)
    writes = token.opcode == Opcode.WRITE
    steps = Cat(token.opcode == opcode.value for opcode in (Opcode.LEARN, Opcode.RELAX)).any()
    return [
        Assume(implies(writes, token.operand[8:] == 0)),
        Assert(implies(writes, enable == addressed)),
        Assert(implies(writes & addressed, new == token.operand[:8].as_signed())),
        Assert(implies(~writes & ~steps, ~enable)),
    ]


def is_near(new: Value, q: Value) -> Value:
    return (new - q <= 1) & (q - new <= 1)


def implies(premise: Value, conclusion: Value) -> Value:
    return ~premise | conclusion


CLAIMS = (
    Claim(
        name="cell-learn",
        about="a step is one level, inside the range, where and only where valid and below the threshold",
        harness=lambda bug: CellHarness(learning, bug),
        depth=DEPTH,
        bugs=(
            Bug(LANE, "(steps[3] & ~past_end) | is_written[3]", "steps[3] | is_written[3]"),
            Bug(LANE, "Mux(nearer, toward, away)", "Mux(nearer, away, toward)"),
            Bug(UPDATE, "below = threshold[7] | (", "below = ("),
            Bug(UPDATE, "turned, equal=negative)", "turned, equal=~negative)"),
            Bug(UPDATE, "valid & below", "below"),
        ),
    ),
    Claim(
        name="cell-relax",
        about="a relaxation is one level toward zero from the floor up, valid or not, and never crosses zero",
        harness=lambda bug: CellHarness(relaxation, bug),
        depth=DEPTH,
        bugs=(
            Bug(UPDATE, "Mux(relax, ~below,", "Mux(relax, below,"),
            Bug(DECODE, "_is_one_of(opcode, Opcode.UNLOAD, Opcode.RELAX)", "opcode == Opcode.UNLOAD"),
            Bug(UPDATE, "Mux(relax, ~below, valid & below)", "valid & Mux(relax, ~below, below)"),
            Bug(UPDATE, "turned, equal=negative)", "turned, equal=0)"),
        ),
    ),
    Claim(
        name="cell-write",
        about="a WRITE stores its byte in one lane of one cell; tokens that are not for weights write nothing",
        harness=lambda bug: CellHarness(other_tokens, bug),
        depth=DEPTH,
        bugs=(
            Bug(DECODE, "~((opcode == Opcode.WRITE) & hit[1])", "~(opcode == Opcode.WRITE)"),
            Bug(LANE, "zero=asked.keeps[2])", "zero=0)"),
        ),
    ),
)

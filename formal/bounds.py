"""Bounds tell how far matches are from the mean, on both sides of it (clauses 5 and 8), for every gate, window and mean."""

from amaranth.asserts import AnyConst
from amaranth.hdl import Assert, Assume, Const, Elaboratable, Module, Mux, Signal, signed

from formal.claim import Claim
from formal.clocked import clocked_module
from formal.source import Bug, copy_of
from hw.complement import exceeds_or, reaches

NAME = "hw.forward.bounds"
WIDTH = 10
DELAY = 4  # cycles until everything that is steady has come through


class BoundsHarness(Elaboratable):
    """Registers, mean and matches that never change."""

    def __init__(self, bug: Bug | None) -> None:
        self.module = copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        m.submodules.block = block = self.module.Bounds(WIDTH)
        for steady in (block.quotient, block.gate, block.band, block.window, block.distance):
            m.d.comb += steady.eq(AnyConst(len(steady)))
        m.d.comb += [block.load.eq(1), block.window_load.eq(1)]
        matches, age = Signal(WIDTH), Signal(range(DELAY + 1))
        m.d.comb += matches.eq(AnyConst(WIDTH))
        with m.If(age != DELAY):
            m.d.sync += age.eq(age + 1)
        distance = self.module.Distance
        lower = Signal(signed(14))
        far = Signal(signed(14))
        m.d.comb += lower.eq(block.gate - block.window)
        with m.Switch(block.distance):
            with m.Case(distance.GATE):
                m.d.comb += far.eq(block.gate)
            with m.Case(distance.LOWER):
                m.d.comb += far.eq(Mux(block.band & (lower < 0), 0, lower))
            with m.Default():
                m.d.comb += far.eq(block.gate + block.window + 1)
        away = (matches << 1) - block.quotient
        highest = Const((1 << WIDTH) - 1, WIDTH)  # which no matches are: columns are a multiple of 4
        m.d.comb += [
            Assume(matches != highest),
            Assume((block.gate >= -1023) & (block.gate <= 1023)),
            Assert((age != DELAY) | (reaches(matches, block.above) == (away >= far))),
            Assert((age != DELAY) | (exceeds_or(matches, block.below, block.reached) == (away > -far))),
        ]
        return m


CLAIMS = (
    Claim(
        name="bounds",
        about=f"{WIDTH} bits: 2m - q is at least t, or above -t, for t a gate or an end of its window, of a band at least 0",
        harness=BoundsHarness,
        depth=DELAY + 2,
        bugs=(
            Bug(NAME, "quotient + far + 1", "quotient + far"),
            Bug(NAME, "quotient - far", "quotient - far + 1"),
            Bug(NAME, "self.reached.eq(low < 0)", "self.reached.eq(0)"),
            Bug(NAME, " & (sum_ < 0)", " & (sum_ <= 1)"),
            Bug(NAME, "Cat(~window, C(1, 1))", "Cat(~window, C(0, 1))"),
            Bug(NAME, " | beyond.replicate(self.width)", ""),
        ),
    ),
)

"""Differences and comparisons from complements are those of the numbers, whatever the widths."""

from amaranth.hdl import Assert, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, copy_of

NAME = "hw.complement"
WIDE, NARROW = 16, 5


class ComplementHarness(Elaboratable):
    """Two numbers of one width, and a narrow one to compare the first with."""

    def __init__(self, bug: Bug | None) -> None:
        self.module = copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        a, b, narrow = Signal(WIDE), Signal(WIDE), Signal(NARROW)
        always = Signal()
        for number in (a, b, narrow, always):
            free(m, number)
        m.d.comb += [
            Assert(self.module.reaches(a, ~b) == (a >= b)),
            Assert(self.module.reaches(a, ~narrow) == (a >= narrow)),
            Assert(self.module.exceeds(a, ~b) == (a > b)),
            Assert(self.module.exceeds_or(a, ~(b & ~always.replicate(WIDE)), always) == (always | (a > b))),
            Assert(self.module.minus(a, ~b) == (a - b)[:WIDE]),
        ]
        return m


CLAIMS = (
    Claim(
        name="complement",
        about=f"{WIDE} bits: a - b, a >= b and a > b from ~b, and a >= b from a narrower ~b",
        harness=ComplementHarness,
        depth=1,
        bugs=(
            Bug(NAME, "a[width:].any() | ", ""),
            Bug(NAME, "return (a + complement)[-1]", "return _sum(a, complement)[-1]"),
            Bug(NAME, "(Cat(C(1, 1), a) + Cat(C(1, 1), complement))", "(Cat(C(0, 1), a) + Cat(C(1, 1), complement))"),
            Bug(NAME, "Cat(always, complement)", "Cat(C(0, 1), complement)"),
        ),
    ),
)

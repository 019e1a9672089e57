"""The divider's quotient is the floor of the real one (clause 4), after as many cycles as it says, until the next start."""

from amaranth.asserts import AnyConst
from amaranth.hdl import Assert, Assume, Const, Elaboratable, Module, Signal

from formal.claim import Claim
from formal.clocked import clocked_module, free
from formal.source import Bug, Elaborated, copy_of

NAME = "hw.forward.divide"
DIVIDEND, DIVISOR, QUOTIENT = 8, 4, 5  # bits; the proof multiplies, so it is one of a small divider


class DividerHarness(Elaboratable):
    """A divider that is started at any time, beside the dividend and the cycles since the start."""

    def __init__(self, bug: Bug | None) -> None:
        self.bug, self.module = bug, copy_of(NAME, bug)

    def elaborate(self, platform: object) -> Module:
        m = clocked_module()
        block = self.module.Divider(dividend_width=DIVIDEND, divisor_width=DIVISOR, quotient_width=QUOTIENT)
        m.submodules.block = elaborated = Elaborated(self.module, block)
        free(m, block.start)
        free(m, block.dividend)
        m.d.comb += block.divisor.eq(AnyConst(DIVISOR))
        m.d.comb += Assume(~block.start | (block.dividend < block.divisor << QUOTIENT))

        dividend, age, started = Signal(DIVIDEND), Signal(range(QUOTIENT + 3)), Signal()
        with m.If(block.start):
            m.d.sync += [dividend.eq(block.dividend), age.eq(1), started.eq(1)]
        with m.Elif(age != QUOTIENT + 2):
            m.d.sync += age.eq(age + 1)
        product = Signal(DIVISOR + QUOTIENT)
        m.d.comb += product.eq(block.quotient * block.divisor)
        is_found = started & (age > QUOTIENT)
        m.d.comb += [
            Assert(block.done == (started & (age == QUOTIENT + 1))),
            Assert(~is_found | (product <= dividend) & (dividend < product + block.divisor)),
        ]
        if self.bug is None:
            remainder, digits, remaining = (elaborated.inside[name] for name in ("remainder", "digits", "remaining"))
            m.d.comb += [
                Assert(~started | (age != 0)),
                Assert(started | (remaining == 0)),
                Assert(~started | (remainder < block.divisor)),
            ]
            for left in range(QUOTIENT + 1):  # of the quotient: digits that are still to be found
                found, rest = digits[: QUOTIENT - left], digits[QUOTIENT - left :]
                whole = ((found * block.divisor + remainder) << left) + (rest if left else Const(0))
                is_now = started & (age == QUOTIENT + 1 - left if left else age > QUOTIENT)
                m.d.comb += Assert(~is_now | (remaining == left) & (whole == dividend))
        return m


CLAIMS = (
    Claim(
        name="divide",
        about=f"{DIVIDEND} by {DIVISOR} bits: the floor of the quotient, {QUOTIENT + 1} cycles after any start",
        harness=DividerHarness,
        depth=QUOTIENT + 4,
        bugs=(
            Bug(NAME, "shifted >= self.divisor", "shifted > self.divisor"),
            Bug(NAME, "remaining.eq(quotient_width)", "remaining.eq(quotient_width - 1)"),
            Bug(NAME, "~self.start & (remaining == 1)", "remaining == 1"),
            Bug(NAME, "remainder.eq(self.dividend[quotient_width:])", "remainder.eq(0)"),
        ),
    ),
)

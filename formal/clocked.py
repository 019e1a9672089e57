"""What harnesses are made of: a clock whose reset never comes, free inputs, and the values of earlier cycles."""

from amaranth.asserts import AnySeq
from amaranth.hdl import Assume, Module, ResetSignal, Signal, Value


def clocked_module() -> Module:
    """A module whose state begins with its initial values and is never reset."""
    m = Module()
    m.d.comb += Assume(~ResetSignal())
    return m


def free(m: Module, signal: Value) -> None:
    """`signal` is an input of the block: anything, in every cycle."""
    m.d.comb += signal.eq(AnySeq(len(signal)))


def earlier(m: Module, value: Value, cycles: int) -> Value:
    """What `value` was some cycles ago; zero before the first."""
    for _ in range(cycles):
        later = Signal(len(value))
        m.d.sync += later.eq(value)
        value = later
    return value

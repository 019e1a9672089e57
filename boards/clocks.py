"""The clock of a board: its oscillator through a PLL, and a reset that is held until the PLL has locked."""

from collections.abc import Callable
from fractions import Fraction

from amaranth.hdl import ClockDomain, ClockSignal, Const, Elaboratable, Module, ResetSignal, Signal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

from boards.error import RequestError
from boards.pll import Pll
from hw.link.uart import LEAST_RATIO, BaudRate

HOLD_SECONDS = 15e-6  # iCE40's block RAMs read as zero for about 3 us after configuration
WORST_BAUD_ERROR = 0.02


def uart_rate(clock: Fraction, baud: int) -> BaudRate:
    """The divider of the serial line. Raises `RequestError` for a clock that is too slow and for an error above 2 %."""
    if clock < baud * LEAST_RATIO:
        least = baud * LEAST_RATIO / 1e6
        raise RequestError(f"a clock of {float(clock) / 1e6:g} MHz is too slow for {baud} baud: ask for {least:g} MHz or more")
    rate = BaudRate(clock_hz=round(clock), baud=baud)
    if abs(rate.error) > WORST_BAUD_ERROR:
        raise RequestError(
            f"{baud} baud from {float(clock) / 1e6:g} MHz is off by {rate.error:.1%}, more than {WORST_BAUD_ERROR:.0%}: "
            "ask for another clock"
        )
    return rate


class Clocks(Elaboratable):
    """Drives the domain `sync`, which its parent has, from the platform's default clock, by `pll`.

    `sync` is in reset until the PLL has been locked, and the board's reset button (if it has one) released, for 15 µs;
    its reset comes from a flip-flop. `buffered`: the PLL's input comes from an input buffer; else from the pin itself.
    """

    def __init__(self, pll: Pll, *, buffered: bool) -> None:
        self.pll = pll
        self.buffered = buffered

    def elaborate(self, platform) -> Module:
        m = Module()
        clock, locked, button = Signal(), Signal(), Const(0)
        pin = platform.request(platform.default_clk, dir="-")
        if self.buffered:
            m.submodules.clock_buffer = buffer = io.Buffer("i", pin)
            source = buffer.i
        else:
            source = pin.io
        m.submodules.pll = self.pll.instance(source, clock, locked)
        if platform.default_rst is not None:
            m.submodules.button_buffer = buffer = io.Buffer("i", platform.request(platform.default_rst, dir="-"))
            button = buffer.i

        # One clock, two domains: `held` counts from the lock on and gives `sync` its reset.
        m.domains += ClockDomain("held", local=True)
        m.d.comb += [ClockSignal("held").eq(clock), ClockSignal("sync").eq(clock)]
        m.submodules.lock = ResetSynchronizer(~locked | button, domain="held")
        waited, ready = Signal(range(round(HOLD_SECONDS * float(self.pll.frequency)) + 1)), Signal()
        with m.If(waited.all()):
            m.d.held += ready.eq(1)
        with m.Else():
            m.d.held += waited.eq(waited + 1)
        m.d.comb += ResetSignal("sync").eq(~ready)
        return m


PllSearch = Callable[[Fraction, Fraction], Pll]

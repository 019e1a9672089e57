"""Phase-locked loops by computation: the dividers that come closest to a frequency, within the limits of the data sheets.

Frequencies are exact fractions in Hz. Every class has `search(input_hz, asked_hz)`, the `frequency` that results, and
`instance(…)`, the primitive of the device.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from amaranth.hdl import Const, Instance, Value

from boards.error import RequestError


class Pll(Protocol):
    """A computed loop."""

    @property
    def frequency(self) -> Fraction:
        """What leaves it, in Hz."""
        ...

    def instance(self, pin, clock: Value, locked: Value) -> Instance:
        """The primitive: `pin` is the input clock, `clock` and `locked` are driven."""
        ...


def refuse(asked_hz: Fraction, input_hz: Fraction) -> RequestError:
    """The error of a frequency that no dividers give."""
    return RequestError(f"no PLL setting makes {float(asked_hz) / 1e6:g} MHz from {float(input_hz) / 1e6:g} MHz")


@dataclass(frozen=True, kw_only=True)
class Ecp5Pll:
    """EHXPLLL with its feedback from CLKOP (Lattice FPGA-TN-02200 and the ECP5 data sheet).

    frequency = input · feedback / reference; VCO = frequency · output. Phase detector 3.125 to 400 MHz, VCO 400 to
    800 MHz. Of equally close settings the one whose VCO is nearest to the middle, 600 MHz.
    """

    input_hz: Fraction
    reference: int
    feedback: int
    output: int

    @classmethod
    def search(cls, input_hz: Fraction, asked_hz: Fraction) -> "Ecp5Pll":
        """The best setting. Raises `RequestError` if there is none."""
        found = [
            cls(input_hz=input_hz, reference=reference, feedback=feedback, output=output)
            for reference in range(1, 129)
            if 3_125_000 <= input_hz / reference <= 400_000_000
            for feedback in range(1, 81)
            for output in range(1, 129)
            if 400_000_000 <= input_hz * feedback * output / reference <= 800_000_000
        ]
        if not found:
            raise refuse(asked_hz, input_hz)
        return min(found, key=lambda pll: (abs(pll.frequency - asked_hz), abs(pll.vco - 600_000_000)))

    @property
    def frequency(self) -> Fraction:
        """Of CLKOP, in Hz."""
        return self.input_hz * self.feedback / self.reference

    @property
    def vco(self) -> Fraction:
        """Of the oscillator, in Hz."""
        return self.frequency * self.output

    def instance(self, pin: Value, clock: Value, locked: Value) -> Instance:
        """See `Pll`."""
        return Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{float(self.input_hz) / 1e6:g}",
            a_FREQUENCY_PIN_CLKOP=f"{float(self.frequency) / 1e6:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_OUTDIVIDER_MUXC="DIVC",
            p_OUTDIVIDER_MUXD="DIVD",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=self.reference,
            p_CLKFB_DIV=self.feedback,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self.output,
            p_CLKOP_CPHASE=(self.output - 1) // 2,
            p_CLKOP_FPHASE=0,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_CLKI=pin,
            i_CLKFB=clock,
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=clock,
            o_LOCK=locked,
        )


@dataclass(frozen=True, kw_only=True)
class Ice40Pll:
    """SB_PLL40_PAD with simple feedback (Lattice TN1251): frequency = input · (divf + 1) / ((divr + 1) · 2^divq).

    Phase detector 10 to 133 MHz, VCO 533 to 1066 MHz, output 16 to 275 MHz.
    """

    input_hz: Fraction
    divr: int
    divf: int
    divq: int

    @classmethod
    def search(cls, input_hz: Fraction, asked_hz: Fraction) -> "Ice40Pll":
        """The best setting. Raises `RequestError` if there is none."""
        found = [
            pll
            for divr in range(16)
            if 10_000_000 <= input_hz / (divr + 1) <= 133_000_000
            for divf in range(128)
            if 533_000_000 <= input_hz * (divf + 1) / (divr + 1) <= 1_066_000_000
            for divq in range(1, 7)
            if 16_000_000 <= (pll := cls(input_hz=input_hz, divr=divr, divf=divf, divq=divq)).frequency <= 275_000_000
        ]
        if not found:
            raise refuse(asked_hz, input_hz)
        return min(found, key=lambda pll: abs(pll.frequency - asked_hz))

    @property
    def frequency(self) -> Fraction:
        """Of PLLOUTGLOBAL, in Hz."""
        return self.input_hz * (self.divf + 1) / ((self.divr + 1) * 2**self.divq)

    @property
    def filter_range(self) -> int:
        """The setting of the loop filter, from the frequency of the phase detector."""
        return 1 + sum(self.input_hz / (self.divr + 1) >= limit * 1_000_000 for limit in (17, 26, 44, 66, 101))

    def instance(self, pin, clock: Value, locked: Value) -> Instance:
        """See `Pll`; `pin` is the package pin itself, without a buffer."""
        return Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_PLLOUT_SELECT="GENCLK",
            p_DIVR=Const(self.divr, 4),
            p_DIVF=Const(self.divf, 7),
            p_DIVQ=Const(self.divq, 3),
            p_FILTER_RANGE=Const(self.filter_range, 3),
            i_PACKAGEPIN=pin,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )

"""Phase-locked loops by computation: the dividers that come closest to a frequency, within the limits of the data sheets.

Frequencies are exact fractions in Hz. Every class has `search(input_hz, asked_hz)`, the `frequency` that results, and
`instance(…)`, the primitive of the device.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from amaranth.hdl import Const, Instance, Signal, Value

from boards.error import RequestError

# Lowest and highest frequency in Hz.
ECP5_DETECTOR = (10_000_000, 400_000_000)
ECP5_VCO = (400_000_000, 800_000_000)
ECP5_OUTPUT = (3_125_000, 400_000_000)
ICE40_DETECTOR = (10_000_000, 133_000_000)
ICE40_VCO = (533_000_000, 1_066_000_000)
ICE40_OUTPUT = (16_000_000, 275_000_000)


class Pll(Protocol):
    """A computed loop."""

    @property
    def frequency(self) -> Fraction:
        """What leaves it, in Hz."""
        ...

    @property
    def detector(self) -> Fraction:
        """What its phase detector compares, in Hz."""
        ...

    @property
    def vco(self) -> Fraction:
        """Of its oscillator, in Hz."""
        ...

    def instance(self, pin, clock: Value, locked: Value) -> Instance:
        """The primitive: `pin` is the input clock, `clock` and `locked` are driven."""
        ...


def refuse(asked_hz: Fraction, input_hz: Fraction) -> RequestError:
    """The error of a frequency that no dividers give."""
    return RequestError(f"no PLL setting makes {float(asked_hz) / 1e6:g} MHz from {float(input_hz) / 1e6:g} MHz")


def within(what: str, frequency: Fraction, limits: tuple[int, int]) -> None:
    """Raise `RequestError` for a frequency outside the limits of a data sheet."""
    if not limits[0] <= frequency <= limits[1]:
        low, high = (f"{limit / 1e6:g}" for limit in limits)
        raise RequestError(f"the PLL's {what} is at {float(frequency) / 1e6:g} MHz, expected {low} to {high} MHz")


@dataclass(frozen=True, kw_only=True)
class Ecp5Pll:
    """EHXPLLL with its feedback from CLKOP (Lattice FPGA-TN-02200 and the ECP5 data sheet, FPGA-DS-02012).

    VCO = input · feedback · loop / reference, CLKOP = VCO / loop, frequency = VCO / output. Where loop = output the clock is
    CLKOP itself; else it is CLKOS, and CLKOP, as fast as the detector, does nothing but feed back. Phase detector 10 to
    400 MHz, VCO 400 to 800 MHz, outputs 3.125 to 400 MHz.

    Of equally close settings one whose detector is above the least, where an oscillator that is a little slow would be below
    it; then one with the clock on CLKOP; then the one whose VCO is nearest to the middle, 600 MHz, and the lower of two; then
    the fastest detector. Below 10 MHz LOCK has been seen to stay low (microwatt, pull request 337).
    """

    input_hz: Fraction
    reference: int
    feedback: int
    loop: int
    output: int

    def __post_init__(self) -> None:
        within("phase detector", self.detector, ECP5_DETECTOR)
        within("VCO", self.vco, ECP5_VCO)
        within("output", self.frequency, ECP5_OUTPUT)

    @classmethod
    def search(cls, input_hz: Fraction, asked_hz: Fraction) -> "Ecp5Pll":
        """The best setting. Raises `RequestError` if there is none."""

        found = []
        for reference in range(1, 129):
            detector = input_hz / reference
            if not ECP5_DETECTOR[0] <= detector <= ECP5_DETECTOR[1]:
                continue
            for multiple in range(-(-ECP5_VCO[0] // detector), ECP5_VCO[1] // detector + 1):
                for output in around(detector * multiple / asked_hz):
                    if not ECP5_OUTPUT[0] <= detector * multiple / output <= ECP5_OUTPUT[1]:
                        continue
                    direct = multiple % output == 0
                    feedback, loop = (multiple // output, output) if direct else (1, multiple)
                    found.append(cls(input_hz=input_hz, reference=reference, feedback=feedback, loop=loop, output=output))
        if not found:
            raise refuse(asked_hz, input_hz)
        middle = sum(ECP5_VCO) // 2
        return min(
            found,
            key=lambda pll: (
                abs(pll.frequency - asked_hz),
                pll.detector == ECP5_DETECTOR[0],
                not pll.direct,
                abs(pll.vco - middle),
                pll.vco,
                pll.reference,
            ),
        )

    @property
    def direct(self) -> bool:
        """Whether the clock is CLKOP, which feeds back."""
        return self.loop == self.output

    @property
    def detector(self) -> Fraction:
        """What the phase detector compares, in Hz."""
        return self.input_hz / self.reference

    @property
    def frequency(self) -> Fraction:
        """Of the clock, in Hz."""
        return self.vco / self.output

    @property
    def vco(self) -> Fraction:
        """Of the oscillator, in Hz."""
        return self.detector * self.feedback * self.loop

    def instance(self, pin: Value, clock: Value, locked: Value) -> Instance:
        """See `Pll`."""
        feedback = clock if self.direct else Signal(name="pll_feedback")
        second: dict[str, object] = {} if self.direct else {
            "a_FREQUENCY_PIN_CLKOS": f"{float(self.frequency) / 1e6:g}",
            "p_CLKOS_ENABLE": "ENABLED",
            "p_CLKOS_DIV": self.output,
            "p_CLKOS_CPHASE": self.output - 1,  # no phase shift
            "p_CLKOS_FPHASE": 0,
            "i_ENCLKOS": Const(0),
            "o_CLKOS": clock,
        }  # fmt: skip
        return Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{float(self.input_hz) / 1e6:g}",
            a_FREQUENCY_PIN_CLKOP=f"{float(self.vco / self.loop) / 1e6:g}",
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
            p_CLKOP_DIV=self.loop,
            p_CLKOP_CPHASE=(self.loop - 1) // 2 if self.direct else self.loop - 1,
            p_CLKOP_FPHASE=0,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_CLKI=pin,
            i_CLKFB=feedback,
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=feedback,
            o_LOCK=locked,
            **second,
        )


def around(ratio: Fraction) -> tuple[int, ...]:
    """The dividers on both sides of a ratio."""
    return tuple(divider for divider in (int(ratio), int(ratio) + 1) if 1 <= divider <= 128)


@dataclass(frozen=True, kw_only=True)
class Ice40Pll:
    """SB_PLL40_PAD with simple feedback (Lattice TN1251): frequency = input · (divf + 1) / ((divr + 1) · 2^divq).

    Phase detector 10 to 133 MHz, VCO 533 to 1066 MHz, output 16 to 275 MHz.
    """

    input_hz: Fraction
    divr: int
    divf: int
    divq: int

    def __post_init__(self) -> None:
        within("phase detector", self.detector, ICE40_DETECTOR)
        within("VCO", self.vco, ICE40_VCO)
        within("output", self.frequency, ICE40_OUTPUT)

    @classmethod
    def search(cls, input_hz: Fraction, asked_hz: Fraction) -> "Ice40Pll":
        """The best setting. Raises `RequestError` if there is none."""
        found = [
            cls(input_hz=input_hz, divr=divr, divf=divf, divq=divq)
            for divr in range(16)
            if ICE40_DETECTOR[0] <= input_hz / (divr + 1) <= ICE40_DETECTOR[1]
            for divf in range(128)
            if ICE40_VCO[0] <= input_hz * (divf + 1) / (divr + 1) <= ICE40_VCO[1]
            for divq in range(1, 7)
            if ICE40_OUTPUT[0] <= input_hz * (divf + 1) / ((divr + 1) * 2**divq) <= ICE40_OUTPUT[1]
        ]
        if not found:
            raise refuse(asked_hz, input_hz)
        return min(found, key=lambda pll: abs(pll.frequency - asked_hz))

    @property
    def detector(self) -> Fraction:
        """What the phase detector compares, in Hz."""
        return self.input_hz / (self.divr + 1)

    @property
    def frequency(self) -> Fraction:
        """Of PLLOUTGLOBAL, in Hz."""
        return self.vco / 2**self.divq

    @property
    def vco(self) -> Fraction:
        """Of the oscillator, in Hz."""
        return self.detector * (self.divf + 1)

    @property
    def filter_range(self) -> int:
        """The setting of the loop filter, from the frequency of the phase detector."""
        return 1 + sum(self.detector >= limit * 1_000_000 for limit in (17, 26, 44, 66, 101))

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

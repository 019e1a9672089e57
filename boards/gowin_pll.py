"""The phase-locked loop of Gowin's GW1N and GW2A, rPLL (Gowin UG286 and the data sheets of the devices)."""

from dataclasses import dataclass
from fractions import Fraction

from amaranth.hdl import Const, Instance, Value

from boards.pll import refuse, within


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Lowest and highest frequency in Hz of the phase detector, of the oscillator and of what leaves the loop.

    `device` is what the primitive wants to be told.
    """

    device: str
    detector: tuple[int, int]
    vco: tuple[int, int]
    output: tuple[int, int]


# Data sheet DS117, speed grade C6/I5, and DS226, speed grade C8/I7. Both allow the phase detector 3 MHz; twice that is asked
# for here, because on no Gowin board has a loop been tried, and one at the very edge would be the first thing to doubt.
GW1NR_9 = Limits(
    device="GW1NR-9C",
    detector=(6_000_000, 400_000_000),
    vco=(400_000_000, 1_200_000_000),
    output=(3_125_000, 600_000_000),
)
GW2AR_18 = Limits(
    device="GW2AR-18C",
    detector=(6_000_000, 500_000_000),
    vco=(500_000_000, 1_250_000_000),
    output=(3_906_250, 625_000_000),
)


@dataclass(frozen=True, kw_only=True)
class GowinPll:
    """rPLL with its feedback inside: frequency = input · feedback / reference, VCO = frequency · output.

    Of equally close settings the one whose VCO is nearest to the middle.
    """

    input_hz: Fraction
    reference: int
    feedback: int
    output: int
    limits: Limits

    def __post_init__(self) -> None:
        within("phase detector", self.detector, self.limits.detector)
        within("VCO", self.vco, self.limits.vco)
        within("output", self.frequency, self.limits.output)

    @classmethod
    def search(cls, input_hz: Fraction, asked_hz: Fraction, limits: Limits) -> "GowinPll":
        """The best setting. Raises `RequestError` if there is none."""
        found = [
            cls(input_hz=input_hz, reference=reference, feedback=feedback, output=output, limits=limits)
            for reference in range(1, 65)
            if limits.detector[0] <= input_hz / reference <= limits.detector[1]
            for feedback in range(1, 65)
            if limits.output[0] <= input_hz * feedback / reference <= limits.output[1]
            for output in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
            if limits.vco[0] <= input_hz * feedback * output / reference <= limits.vco[1]
        ]
        if not found:
            raise refuse(asked_hz, input_hz)
        middle = sum(limits.vco) // 2
        return min(found, key=lambda pll: (abs(pll.frequency - asked_hz), abs(pll.vco - middle), pll.reference))

    @property
    def detector(self) -> Fraction:
        """What the phase detector compares, in Hz."""
        return self.input_hz / self.reference

    @property
    def frequency(self) -> Fraction:
        """Of CLKOUT, in Hz."""
        return self.detector * self.feedback

    @property
    def vco(self) -> Fraction:
        """Of the oscillator, in Hz."""
        return self.frequency * self.output

    def instance(self, pin: Value, clock: Value, locked: Value) -> Instance:
        """See `boards.pll.Pll`."""
        return Instance(
            "rPLL",
            p_FCLKIN=f"{float(self.input_hz) / 1e6:g}",
            p_DEVICE=self.limits.device,
            p_IDIV_SEL=self.reference - 1,
            p_FBDIV_SEL=self.feedback - 1,
            p_ODIV_SEL=self.output,
            p_DYN_IDIV_SEL="false",
            p_DYN_FBDIV_SEL="false",
            p_DYN_ODIV_SEL="false",
            p_CLKFB_SEL="internal",
            p_CLKOUT_BYPASS="false",
            p_CLKOUTP_BYPASS="false",
            p_CLKOUTD_BYPASS="false",
            p_DYN_DA_EN="true",
            p_PSDA_SEL="0000",
            p_DUTYDA_SEL="1000",
            p_DYN_SDIV_SEL=2,
            p_CLKOUTD_SRC="CLKOUT",
            p_CLKOUTD3_SRC="CLKOUT",
            i_CLKIN=pin,
            i_CLKFB=Const(0),
            i_RESET=Const(0),
            i_RESET_P=Const(0),
            i_FBDSEL=Const(0, 6),
            i_IDSEL=Const(0, 6),
            i_ODSEL=Const(0, 6),
            i_DUTYDA=Const(0, 4),
            i_PSDA=Const(0, 4),
            i_FDLY=Const(0, 4),
            o_CLKOUT=clock,
            o_LOCK=locked,
        )

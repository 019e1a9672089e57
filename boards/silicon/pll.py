"""Phase-locked loops stay within the data sheets, by what the netlist asks of them and not by what computed it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from boards.netlist import Cell
from boards.silicon.design import Design
from boards.silicon.rule import Refusal, Rule

MHZ = 1_000_000
# In the constraints for nextpnr: the frequency of the board's clock, in MHz or Hz.
CLOCK = re.compile(r'^(?:FREQUENCY PORT "[^"]*" ([\d.]+) HZ;|set_frequency \S+ ([\d.]+))$', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Loop:
    """A loop: its input in Hz, where the cell tells it; its dividers, `multiple` from detector to oscillator, and the
    parameters that set them; limits in MHz."""

    input_hz: Fraction | None
    reference: int
    divides: str
    multiple: int
    multiplies: str
    detector: tuple[int, int]
    vco: tuple[int, int]


def _ecp5(cell: Cell) -> Loop:
    """ECP5 data sheet (Lattice FPGA-DS-02012), section 3.19. The output that feeds back divides the oscillator too."""
    feedback = cell.text("FEEDBK_PATH", "CLKOP").removeprefix("INT_").removeprefix("CLK")
    return Loop(
        input_hz=_told(cell.attributes.get("FREQUENCY_PIN_CLKI")),
        reference=cell.number("CLKI_DIV", 1),
        divides="CLKI_DIV",
        multiple=cell.number("CLKFB_DIV", 1) * cell.number(f"CLK{feedback}_DIV", 8),
        multiplies="CLKFB_DIV",
        detector=(10, 400),
        vco=(400, 800),
    )


def _ice40(cell: Cell) -> Loop:
    """iCE40 UltraPlus data sheet (Lattice FPGA-DS-02008), section 4.15."""
    return Loop(
        input_hz=None,
        reference=cell.number("DIVR") + 1,
        divides="DIVR",
        multiple=cell.number("DIVF") + 1,
        multiplies="DIVF",
        detector=(10, 133),
        vco=(533, 1066),
    )


def _gowin(cell: Cell) -> Loop:
    """Gowin DS117 (speed grade C6/I5) and DS226 (C8/I7). Both allow the detector 3 MHz; one at the very edge is refused."""
    detector, vco = {"GW1NR-9C": ((6, 400), (400, 1200)), "GW2AR-18C": ((6, 500), (500, 1250))}[cell.text("DEVICE", "")]
    return Loop(
        input_hz=_told(cell.parameters.get("FCLKIN")),
        reference=cell.number("IDIV_SEL") + 1,
        divides="IDIV_SEL",
        multiple=(cell.number("FBDIV_SEL") + 1) * cell.number("ODIV_SEL"),
        multiplies="FBDIV_SEL",
        detector=detector,
        vco=vco,
    )


LOOPS = {"EHXPLLL": _ecp5, "SB_PLL40_PAD": _ice40, "rPLL": _gowin}
INPUTS = {"EHXPLLL": "CLKI", "SB_PLL40_PAD": "PACKAGEPIN", "rPLL": "CLKIN"}


def outside_the_data_sheet(design: Design) -> Iterator[Refusal]:
    """Detectors and oscillators outside the limits; loops whose input is unknown, or another one than the constraints say."""
    clocks = {Fraction(hz) if hz else _told(mhz) for hz, mhz in CLOCK.findall(design.constraints)}
    for cell in design.cells(*LOOPS):
        loop, pin = LOOPS[cell.type](cell), INPUTS[cell.type]
        inputs = clocks | ({loop.input_hz} if loop.input_hz else set())
        if len(inputs) != 1:
            said = " and ".join(sorted(_text(hz) for hz in inputs if hz)) or "nothing"
            yield Refusal(cell=cell.name, pin=pin, found=f"has a frequency of {said}, by the cell and the constraints")
            continue
        detector = Fraction(inputs.pop() or 0) / loop.reference
        for what, frequency, (low, high), parameter in (
            ("phase detector", detector, loop.detector, loop.divides),
            ("oscillator", detector * loop.multiple, loop.vco, loop.multiplies),
        ):
            if not low * MHZ <= frequency <= high * MHZ:
                found = f"puts the {what} at {_text(frequency)}, expected {low} to {high} MHz"
                yield Refusal(cell=cell.name, pin=parameter, found=found)


def _told(megahertz: str | None) -> Fraction | None:
    return None if megahertz is None else Fraction(megahertz.strip()) * MHZ


def _text(frequency: Fraction) -> str:
    return f"{float(frequency) / MHZ:g} MHz"


PLL = Rule(
    name="pll-limits",
    families=("Ecp5", "Gowin", "Ice40"),
    why="a loop outside its data sheet may never lock, and the board then stays in reset",
    source="https://github.com/enjoy-digital/litex/pull/965, https://github.com/antonblanchard/microwatt/pull/337",
    look=outside_the_data_sheet,
)

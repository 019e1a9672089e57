"""Tang Nano 20K (Sipeed): GW2AR-18C, 27 MHz oscillator, BL616 for JTAG and the serial line, an SDRAM inside the package."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from amaranth.build import Attrs, Clock, Pins, Resource
from amaranth.build.res import PortMetadata
from amaranth.hdl import ClockSignal, Const, Instance, IOPort, Module, Signal
from amaranth.lib import io
from amaranth.vendor import GowinPlatform
from amaranth_boards.resources import LEDResources, UARTResource

from boards.gowin import Gowin
from boards.gowin_pll import GW2AR_18
from boards.loaders import FT2232H, open_fpga_loader
from boards.target import Target
from hw.store.chip import GW2AR_SDRAM
from hw.store.pins import INVERTED, pin_widths

INSIDE = "inside the package"
LEVELS = Attrs(IO_TYPE="LVCMOS33")
PACKAGE_PINS = {
    "clk": "O_sdram_clk",
    "clk_en": "O_sdram_cke",
    "cs": "O_sdram_cs_n",
    "ras": "O_sdram_ras_n",
    "cas": "O_sdram_cas_n",
    "we": "O_sdram_wen_n",
    "ba": "O_sdram_ba",
    "a": "O_sdram_addr",
    "dqm": "O_sdram_dqm",
    "dq": "IO_sdram_dq",
}
"""Ports of the top for the SDRAM in the package. nextpnr puts ports of these names where the SDRAM is; no constraint does."""


class ClockOutput(io.DDRBuffer):
    """An output with two values a cycle, which is never switched off.

    Amaranth's own switches the pin through the second output of the cell, which no example of Project Apicula does that was
    tried on boards; with the enable at a constant it is `examples/blinky-oddr.v`.
    """

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        levels = Signal(len(self.port))
        m.submodules.buffer = buffer = io.Buffer("o", self.port)
        m.d.comb += buffer.o.eq(levels)
        for i in range(len(self.port)):
            m.submodules[f"register_{i}"] = Instance(
                "ODDR",
                p_TXCLK_POL=0,
                i_CLK=ClockSignal(self.o_domain),
                i_D0=self.o[0][i],
                i_D1=self.o[1][i],
                i_TX=Const(0),
                o_Q0=levels[i],
            )
        return m


class TangNano20kPlatform(GowinPlatform):
    """The pins that the accelerator needs; amaranth-boards does not have the board."""

    part = "GW2AR-LV18QN88C8/I7"
    family = device = "GW2AR-18C"
    default_clk = "clk27"
    resources = [
        Resource("clk27", 0, Pins("4", dir="i"), Clock(27e6), LEVELS),
        *LEDResources(pins="15 16 17 18 19 20", invert=True, attrs=LEVELS),
        UARTResource(0, rx="70", tx="69", attrs=Attrs(PULL_MODE="UP", IO_TYPE="LVCMOS33")),
    ]
    connectors = []

    def iter_port_constraints_bits(self) -> Iterator[tuple[str, str, Attrs]]:
        """The constraints of all pins but those of the SDRAM."""
        return (constraint for constraint in super().iter_port_constraints_bits() if constraint[1] != INSIDE)

    def get_io_buffer(self, buffer: Any) -> Any:
        if isinstance(buffer, io.DDRBuffer) and buffer.direction is io.Direction.Output:
            output = ClockOutput("o", buffer.port, o_domain=buffer.o_domain)
            output.o = buffer.o
            return output
        return super().get_io_buffer(buffer)


def package_pins(platform: GowinPlatform) -> SimpleNamespace:
    """The pins of the SDRAM in the package, by the names of `hw.store.pins.pin_widths`."""
    return SimpleNamespace(
        **{
            name: io.SingleEndedPort(
                IOPort(width, name=PACKAGE_PINS[name], metadata=[PortMetadata(INSIDE, {})] * width),
                invert=name in INVERTED,
                direction="io" if name == "dq" else "o",
            )
            for name, width in pin_widths(GW2AR_SDRAM).items()
        }
    )


TARGETS = [
    Target(
        name="tangnano20k",
        platform=TangNano20kPlatform,
        family=Gowin(GW2AR_18, "--sspi_as_gpio", "--mspi_as_gpio"),
        clock_mhz=54.0,
        loader=open_fpga_loader({FT2232H: ("--cable", "ft2232")}),
        memory_pins=package_pins,
        block_memories=("*.store.records.reader/m:memory",),
    )
]

"""Tang Nano 20K (Sipeed): GW2AR-18C, 27 MHz oscillator, BL616 for JTAG and the serial line."""

from amaranth.build import Attrs, Clock, Pins, Resource
from amaranth.vendor import GowinPlatform
from amaranth_boards.resources import LEDResources, UARTResource

from boards.gowin import Gowin
from boards.gowin_pll import GW2AR_18
from boards.loaders import FT2232H, open_fpga_loader
from boards.target import Target

LEVELS = Attrs(IO_TYPE="LVCMOS33")


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


TARGETS = [
    Target(
        name="tangnano20k",
        platform=TangNano20kPlatform,
        family=Gowin(GW2AR_18, "--sspi_as_gpio", "--mspi_as_gpio"),
        clock_mhz=54.0,
        loader=open_fpga_loader({FT2232H: ("--cable", "ft2232")}),
        seed=2,  # with 1 the router finds no way for a carry
    )
]

"""Tang Nano 9K (Sipeed): GW1NR-9C, 27 MHz oscillator, BL702 for JTAG and the serial line."""

from amaranth.build import Attrs
from amaranth_boards.resources import LEDResources
from amaranth_boards.tang_nano_9k import TangNano9kPlatform

from boards.gowin import Gowin
from boards.gowin_pll import GW1NR_9
from boards.loaders import open_fpga_loader
from boards.target import Target


class Platform(TangNano9kPlatform):
    """The board as amaranth-boards has it, with the name of its device, and its LEDs at the 1.8 V of their bank.

    The pins of the LEDs share bank 3 with the memory inside the package, which runs at 1.8 V.
    """

    device = "GW1NR-9C"
    resources = [
        *(resource for resource in TangNano9kPlatform.resources if resource.name != "led"),
        *LEDResources(pins="10 11 13 14 15 16", invert=True, attrs=Attrs(IO_TYPE="LVCMOS18")),
    ]


TARGETS = [
    Target(
        name="tangnano9k",
        platform=Platform,
        family=Gowin(GW1NR_9, "--sspi_as_gpio", "--mspi_as_gpio"),
        clock_mhz=54.0,
        loader=open_fpga_loader("tangnano9k"),
    )
]

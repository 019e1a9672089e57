"""Tang Nano 9K (Sipeed): GW1NR-9C, 27 MHz oscillator, BL702 for JTAG and the serial line."""

from amaranth_boards.tang_nano_9k import TangNano9kPlatform

from boards.gowin import Gowin
from boards.gowin_pll import GW1NR_9
from boards.loaders import open_fpga_loader
from boards.target import Target


class Platform(TangNano9kPlatform):
    """The board as amaranth-boards has it, with the name of its device."""

    device = "GW1NR-9C"


TARGETS = [
    Target(
        name="tangnano9k",
        platform=Platform,
        family=Gowin(GW1NR_9, "--sspi_as_gpio", "--mspi_as_gpio"),
        clock_mhz=48.0,
        loader=open_fpga_loader("tangnano9k"),
    )
]

"""ECPIX-5 (LambdaConcept): LFE5UM5G-45F of speed grade 8, 100 MHz oscillator.

JTAG and the serial line are on an FT2232H (R02) or an FT4232H (R03).
"""

from amaranth.build import Attrs, PinsN, Resource
from amaranth_boards.ecpix5 import ECPIX545Platform

from boards.ecp5 import Ecp5
from boards.loaders import FT2232H, FT4232H, open_fpga_loader
from boards.target import Target


class Platform(ECPIX545Platform):
    """The board as amaranth-boards has it, with a pull-up at its reset.

    An ECP5 pulls its inputs down by default: on a board whose button is elsewhere, as LiteX has it (N5), it would never start.
    """

    resources = [
        Resource("rst", 0, PinsN("AB1", dir="i"), Attrs(IO_TYPE="LVCMOS33", PULLMODE="UP")),
        *(resource for resource in ECPIX545Platform.resources if resource.name != "rst"),
    ]


TARGETS = [
    Target(
        name="ecpix5-45f",
        platform=Platform,
        family=Ecp5("--compress"),
        clock_mhz=110.0,
        loader=open_fpga_loader({FT2232H: ("--board", "ecpix5"), FT4232H: ("--cable", "ft4232")}),
        lamp=("rgb_led", "g"),
    )
]

"""ECPIX-5 (LambdaConcept): LFE5UM5G-45F of speed grade 8, 100 MHz oscillator, FT2232H for JTAG and the serial line."""

from amaranth_boards.ecpix5 import ECPIX545Platform

from boards.ecp5 import Ecp5
from boards.loaders import open_fpga_loader
from boards.target import Target

TARGETS = [
    Target(
        name="ecpix5-45f",
        platform=ECPIX545Platform,
        family=Ecp5("--compress"),
        clock_mhz=80.0,
        loader=open_fpga_loader("ecpix5"),
        lamp=("rgb_led", "g"),
    )
]

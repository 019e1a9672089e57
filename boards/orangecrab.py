"""OrangeCrab r0.2 (Good Stuff Department): LFE5U-25F or -85F of speed grade 8, 48 MHz oscillator, USB without a serial chip.

The serial line is on the two pins that a Feather board has it on: 0 (board's input) and 1 (board's output), 3.3 V.
"""

from amaranth.build import Attrs
from amaranth_boards.orangecrab_r0_2 import OrangeCrabR0_2_25FPlatform, OrangeCrabR0_2_85FPlatform
from amaranth_boards.resources import UARTResource

from boards.ecp5 import Ecp5
from boards.loaders import DFU_UTIL
from boards.target import Target

# The pull-up keeps an unconnected input idle.
SERIAL = UARTResource(0, rx="0", tx="1", conn=("io", 0), attrs=Attrs(IO_TYPE="LVCMOS33", PULLMODE="UP"))


def with_serial(platform_class):
    """What makes a platform that has the serial line."""

    def platform():
        made = platform_class()
        made.add_resources([SERIAL])
        return made

    return platform


PLATFORMS = {
    "orangecrab-85f": (OrangeCrabR0_2_85FPlatform, 90.0),
    "orangecrab-25f": (OrangeCrabR0_2_25FPlatform, 100.0),
}
TARGETS = [
    Target(
        name=name,
        platform=with_serial(platform),
        family=Ecp5("--compress", "--freq", "38.8"),
        clock_mhz=clock_mhz,
        loader=DFU_UTIL,
        lamp=("rgb_led", "g"),
    )
    for name, (platform, clock_mhz) in PLATFORMS.items()
]

"""ULX3S (Radiona): LFE5U-12F to -85F, 25 MHz oscillator, FT231X for JTAG and a serial line of up to 3 Mbaud."""

from amaranth_boards.ulx3s import ULX3S_12F_Platform, ULX3S_25F_Platform, ULX3S_45F_Platform, ULX3S_85F_Platform

from boards.ecp5 import Ecp5
from boards.loaders import open_fpga_loader
from boards.target import Target

PLATFORMS = {
    "ulx3s-85f": (ULX3S_85F_Platform, 80.0),
    "ulx3s-45f": (ULX3S_45F_Platform, 80.0),
    "ulx3s-25f": (ULX3S_25F_Platform, 80.0),
    "ulx3s-12f": (ULX3S_12F_Platform, 80.0),
}
TARGETS = [
    Target(
        name=name,
        platform=platform,
        family=Ecp5("--compress"),
        clock_mhz=clock_mhz,
        loader=open_fpga_loader("ulx3s"),
    )
    for name, (platform, clock_mhz) in PLATFORMS.items()
]

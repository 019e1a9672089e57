"""ULX3S (Radiona): LFE5U-12F to -85F, 25 MHz oscillator, FT231X for JTAG and a serial line of up to 3 Mbaud."""

from amaranth.build import Attrs, Pins, Resource
from amaranth_boards.ulx3s import ULX3S_12F_Platform, ULX3S_25F_Platform, ULX3S_45F_Platform, ULX3S_85F_Platform

from boards.ecp5 import Ecp5
from boards.loaders import FT231X, open_fpga_loader
from boards.target import SMALL_MEMORIES, Target

# The pin that the ESP32 boots by, and watches afterwards: where it stays low for some seconds, the ESP32 takes the FPGA over.
WIFI_GPIO0 = Resource("wifi_gpio0", 0, Pins("L2", dir="o"), Attrs(IO_TYPE="LVCMOS33", PULLMODE="UP"))


def with_wifi_gpio0(platform_class):
    """What makes a platform that has the pin by itself: amaranth-boards has it among all that goes to the ESP32."""

    def platform():
        made = platform_class()
        made.add_resources([WIFI_GPIO0])
        return made

    return platform


PLATFORMS = {
    "ulx3s-85f": (ULX3S_85F_Platform, 75.0, ()),
    "ulx3s-45f": (ULX3S_45F_Platform, 70.0, SMALL_MEMORIES),
    "ulx3s-25f": (ULX3S_25F_Platform, 75.0, SMALL_MEMORIES),
    "ulx3s-12f": (ULX3S_12F_Platform, 75.0, SMALL_MEMORIES),
}
TARGETS = [
    Target(
        name=name,
        platform=with_wifi_gpio0(platform),
        family=Ecp5("--compress"),
        clock_mhz=clock_mhz,
        loader=open_fpga_loader({FT231X: ("--board", "ulx3s")}),
        high=("wifi_gpio0",),
        lut_memories=lut_memories,
    )
    for name, (platform, clock_mhz, lut_memories) in PLATFORMS.items()
]

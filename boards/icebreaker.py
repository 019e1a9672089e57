"""iCEBreaker (1BitSquared): iCE40UP5K, 12 MHz oscillator, FT2232H for the flash memory and the serial line."""

from amaranth_boards.icebreaker import ICEBreakerPlatform

from boards.ice40 import Ice40
from boards.loaders import ICEPROG
from boards.target import Target

TARGETS = [
    Target(
        name="icebreaker",
        platform=ICEBreakerPlatform,
        family=Ice40(),
        clock_mhz=24.0,
        loader=ICEPROG,
        lamp=("led_g",),
        seed=4,  # the fastest of five
    )
]

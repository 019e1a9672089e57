"""All rules, by the step of a build after which they are looked at; of two that see a fault, first the one that says more."""

from boards.silicon import (
    block_ram_reset,
    gowin_block_ram,
    gowin_carry,
    gowin_carry_head,
    memory_pins,
    pll,
    power_up,
    reviewed,
    ulx3s,
)
from boards.silicon.rule import Rule

SYNTHESISED: tuple[Rule, ...] = (
    reviewed.REVIEWED,
    block_ram_reset.ENABLE_WITH_RESET,
    block_ram_reset.RESET,
    gowin_block_ram.ENABLE,
    gowin_block_ram.BYTES,
    gowin_block_ram.MODE,
    gowin_carry.CARRY,
    power_up.REGISTER,
    power_up.CONTENTS,
    pll.PLL,
    ulx3s.ESP32,
    memory_pins.REGISTERS,
    memory_pins.CLOCK,
)
PLACED: tuple[Rule, ...] = (gowin_carry_head.HEAD, memory_pins.PLACES)

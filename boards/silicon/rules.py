"""All rules, by the step of a build after which they are looked at."""

from boards.silicon import block_ram_reset, gowin_carry

SYNTHESISED = (block_ram_reset.RULE, gowin_carry.BEGINS)
PLACED = (gowin_carry.HEAD,)

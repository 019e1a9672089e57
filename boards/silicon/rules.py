"""All rules, by the step of a build after which they are looked at."""

from boards.silicon import block_ram_reset

SYNTHESISED = (block_ram_reset.RULE,)
PLACED = ()

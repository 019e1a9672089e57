"""What is read off Verilog as Yosys 0.70 writes it: a declaration or an operator a line."""

import re

NAME = r"(?:\\\S+ |\w+ ?)"
WIRE = r"\\\$\d+ "
"""A wire without a name of its own."""
MODULE = re.compile(r"^module .*?^endmodule\n", re.MULTILINE | re.DOTALL)
DECLARATION = re.compile(rf"^  (?:wire|reg) (?:\[(\d+):0\] )?({NAME})(?: = .*)?;$", re.MULTILINE)


def widths_of(module: str) -> dict[str, int]:
    """Bits of the signals of a module, by name."""
    return {name.strip(): int(high or 0) + 1 for high, name in DECLARATION.findall(module)}

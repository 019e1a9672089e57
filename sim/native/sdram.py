"""The description of a chip in C++, for `sdram.h`."""

from hw.store.chip import Chip

INTEGERS = ("rows", "width", "wr_clocks", "rrd_clocks", "mrd_clocks", "first_refreshes", "refresh_ms")
TIMES = (
    "t_ck2", "t_ck3", "t_rcd", "t_rp", "t_ras", "t_rc", "t_rfc", "t_rrd", "t_wr", "ras_most", "power_up", "refresh_interval",
)  # fmt: skip


def chip_header(chip: Chip) -> str:
    """`sdram_chip.h`: the constants of a chip, times in ns. It has its `wide_columns`, if there are any."""
    lines = [f"  int {name} = {getattr(chip, name)};" for name in INTEGERS]
    lines += [f"  uint32_t columns = {chip.wide_columns or chip.columns};"]
    lines += [f"  double {name} = {float(getattr(chip, name))!r};" for name in TIMES]
    lines += [f"  bool taken_at_fall = {str(chip.taken_at_fall).lower()};"]
    body = "\n".join(lines)
    return (
        f"// {chip.name}; written by sim.native.sdram\n#pragma once\n#include <cstdint>\nnamespace sdram {{\n"
        f"using Word = uint{chip.width}_t;\nstruct Description {{\n{body}\n}};\nconstexpr Description CHIP;\n}}\n"
    )

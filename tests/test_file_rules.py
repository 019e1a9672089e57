"""There is one way to write a file, `sw.files.output`, and texts are UTF-8 on every machine: read from the syntax."""

import ast
from pathlib import Path

import pytest

from sw.tree.sources import ROOT

ROOMS = ("sw", "hw", "formal", "mutation", "boards", "sim")
WRITERS = {"write_text", "write_bytes", "copyfile", "copy2", "copytree", "savefig", "savez", "savez_compressed"}

# Functions that write otherwise, and why they may.
MAY_WRITE = {
    "sw/files/output.py": "the one way",
    "sw/figures/style.py": "into the file that the one way gives it",
    "sw/host/process_transport.py": "a file without a name, in memory",
    "sw/host/array_archive.py": "into the file that the one way gives it",
    "sw/contract/protocol.py": "the contract imports the standard library only; a page of the documentation",
    "sw/experiments/soaking/killed.py": "a temporary folder of its own",
    "sim/drivers/bench.py": "the folder of a bench",
    "sim/drivers/simulator_verilog.py": "the folder of a bench",
    "sim/netlist/build.py": "the cache of builds",
    "sim/native/cache.py": "the cache of builds",
    "sim/native/compiler.py": "the cache of builds",
    "sim/drivers/netlist_vectors.py": "a temporary folder of a test",
    "sim/replay/icarus_engine.py": "what a bench tells, in its folder",
    "formal/prove.py": "the folder of a proof",
    "mutation/trial.py": "a copy of the tree in a temporary folder",
    "boards/tools.py": "the log of a tool, as the tool itself would write it",
}


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def mode_of(call: ast.Call) -> str | None:
    """The mode of a call of `open`, of a path or of the function; None where it is a call of something else."""
    if name_of(call) not in ("open", "fdopen"):
        return None
    texts = [part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    texts += [str(k.value.value) for k in call.keywords if k.arg == "mode" and isinstance(k.value, ast.Constant)]
    return next((text for text in texts if set(text) <= set("rwaxbt+")), "r")


def writes(source: str) -> list[int]:
    """Lines of `source` that write a file by themselves."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            method = isinstance(node.func, ast.Attribute) and name_of(node) in WRITERS
            if method or set(mode_of(node) or "") & set("wax+"):
                found.append(node.lineno)
    return found


def machine_dependent(source: str) -> list[int]:
    """Lines of `source` that read or write a text in the encoding of the machine."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and not any(keyword.arg == "encoding" for keyword in node.keywords):
            method = isinstance(node.func, ast.Attribute) and name_of(node) in ("read_text", "write_text")
            method = method and not ast.unparse(node.func).startswith("distribution(")  # of an installed package, always UTF-8
            mode = mode_of(node)
            path = isinstance(node.func, ast.Attribute) and not node.args and mode == "r" or mode in ("w", "a", "x")
            if method or name_of(node) == "open" and path and "archive." not in ast.unparse(node.func):
                found.append(node.lineno)
    return found


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if not path.name.startswith("test_")]


def test_files_are_written_in_one_way():
    told = {path.relative_to(ROOT).as_posix(): writes(path.read_text(encoding="utf-8")) for path in modules()}
    assert {name: lines for name, lines in told.items() if lines and name not in MAY_WRITE} == {}
    assert [name for name in MAY_WRITE if not told[name]] == []


def test_texts_are_utf_8_on_every_machine():
    told = {path.relative_to(ROOT).as_posix(): machine_dependent(path.read_text(encoding="utf-8")) for path in modules()}
    assert {name: lines for name, lines in told.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    ["path.write_text(a)", 'path.open("w")', 'open(path, "ab")', 'os.fdopen(1, "wb")', "shutil.copyfile(a, b)", "np.savez(a)"],
)
def test_a_planted_write_is_found(line):
    assert writes(line) == [1]


@pytest.mark.parametrize("line", ["path.read_text()", 'path.open("w")', "path.open()", "path.write_text(a)"])
def test_a_planted_text_of_the_machine_is_found(line):
    assert machine_dependent(line) == [1]


@pytest.mark.parametrize("line", ["write_text(path, a)", 'path.open("rb")', "gzip.open(path)", "device.open(say)"])
def test_what_writes_nothing_is_not_found(line):
    assert writes(line) == []

"""How a room of `hw` reads (`docs/architecture.md`): components, state machines, signals with names, functions of a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OTHERS = ("hw/link/", "hw/configuration.py", "hw/counters.py")  # only their state machines read so yet
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "hw").rglob("*.py"))
MOST_LINES = 60


def told(file: str, text: str) -> Iterator[str]:
    """What in a module of `hw` is said in another way."""
    nodes = list(ast.walk(ast.parse(text)))
    for call in (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        if call.func.attr == "FSM" and (call.args or call.keywords):
            yield f"{file}:{call.lineno}: a state machine has no name"
        if call.func.attr == "State" and not ast.literal_eval(call.args[0]).islower():
            yield f"{file}:{call.lineno}: a state has small letters"
    if file.startswith(OTHERS):
        return
    for node in nodes:
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) in ("Component", "Elaboratable") for base in node.bases):
            yield f"{file}:{node.lineno}: a room is a wiring.Component"
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= MOST_LINES:
            yield f"{file}:{node.lineno}: {node.name} has more than {MOST_LINES} lines"
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and any(map(makes_signal, node.value.elts)):
            yield f"{file}:{node.lineno}: a signal has a statement of its own"


def makes_signal(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in ("Signal", "Signal.like")


@pytest.mark.parametrize("file", FILES)
def test_a_room_reads_like_the_others(file: str):
    assert list(told(file, (ROOT / file).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ('with m.FSM(name="state"):\n    pass', "no name"),
        ('with m.State("IDLE"):\n    pass', "small letters"),
        ("class Queue(Component):\n    pass", "wiring.Component"),
        ("def elaborate():\n" + "    pass\n" * MOST_LINES, "60 lines"),
        ("row, fold = Signal(8), Signal.like(row)", "statement of its own"),
    ],
)
def test_another_way_is_told(text: str, about: str):
    (line,) = told("hw/room.py", text)
    assert about in line

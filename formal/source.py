"""Copies of the modules of `hw`, so that a harness can plant a bug in one or take hold of what is inside."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from amaranth.hdl import Elaboratable, Fragment


@dataclass(frozen=True)
class Bug:
    """A place in the text of a module, which occurs there once, and what stands there instead."""

    module: str
    right: str
    wrong: str


def copy_of(name: str, *bugs: Bug | None) -> Any:
    """A module of its own with the text of the module `name`, and with those of the bugs that are of this module.

    Raises ValueError if the text no longer has the place of a bug, or has it more than once.
    """
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    for bug in bugs:
        if bug is not None and bug.module == name:
            if text.count(bug.right) != 1:
                raise ValueError(f"{name} has {bug.right!r} {text.count(bug.right)} times, expected once")
            text = text.replace(bug.right, bug.wrong)
    copy = ModuleType(name)
    exec(compile(text, spec.origin, "exec"), copy.__dict__)
    return copy


def keep_rooms(copy: Any, makers: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """Have the copy of a module make the rooms of these names by `makers`. Returns those that it has made, from then on."""
    rooms: dict[str, Any] = {}

    def keeping(name: str, maker: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any) -> Any:
            rooms[name] = maker(*arguments)
            return rooms[name]

        return make

    for name, maker in makers.items():
        setattr(copy, name, keeping(name, maker))
    return rooms


@contextmanager
def kept_variables(*copies: Any) -> Iterator[dict[str, dict[str, Any]]]:
    """What `elaborate` of these copies of modules ends with while the context lasts: local variables by module and by name.

    Those of its steps are there too, by the name of the step.
    """
    kept: dict[str, dict[str, Any]] = {}

    def keep(frame: FrameType, event: str, _: object) -> None:
        step = frame.f_code.co_name
        if event == "return" and (step == "elaborate" or step.startswith("_")):
            for copy in copies:
                if frame.f_globals is copy.__dict__:
                    of_module = kept.setdefault(copy.__name__, {})
                    of_module |= dict(frame.f_locals) if step == "elaborate" else {step: dict(frame.f_locals)}

    before = sys.getprofile()
    sys.setprofile(keep)
    try:
        yield kept
    finally:
        sys.setprofile(before)


class Elaborated(Elaboratable):
    """A block that has been elaborated already, so that a harness can speak of what is inside by its name in the text.

    Parameters: `copy` of the block's module; `block`; copies of modules of blocks inside.

    inside : the local variables of the block's `elaborate`, and by the name of a step those of that
    inside_of : the same by the module's name, of the blocks inside too
    """

    def __init__(self, copy: Any, block: Elaboratable, *others: Any) -> None:
        with kept_variables(copy, *others) as self.inside_of:
            self._fragment = Fragment.get(block, None)
        self.inside = self.inside_of[copy.__name__]

    def fsm(self, *path: str) -> Any:
        """The state machine at a path of names, of submodules and at last its own: `state` and the `encoding` of its states."""
        return self._fragment.find_generated(*path)

    def elaborate(self, platform: object) -> Fragment:
        return self._fragment

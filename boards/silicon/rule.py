"""What a rule is, and the sentence that ends the build of a netlist that breaks one."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from boards.error import BuildError
from boards.netlist import NetlistError
from boards.silicon.design import Design
from boards.target import Target

CONSTRAINTS = ("top.lpf", "top.pcf", "top.cst")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What breaks a rule: the name of a cell, its pin or its parameter, and what is wrong there, as in "is driven by logic"."""

    cell: str
    pin: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that silicon does not do. `look` gives what breaks it, of a design of one of these `families`.

    `why` ends a sentence that begins with "for"; `source` is the public report or document, as an address.
    """

    name: str
    families: tuple[str, ...]
    why: str
    source: str
    look: Callable[[Design], Iterator[Refusal]]

    def refusals(self, design: Design) -> list[Refusal]:
        """Everything in `design` that breaks the rule."""
        return list(self.look(design)) if design.family in self.families else []


def check(design: Design, rules: Iterable[Rule]) -> None:
    """Raise `BuildError` for the first rule that a design breaks: one sentence that names cell, pin and rule."""
    for rule in rules:
        found = rule.refusals(design)
        if found:
            first, others = found[0], len(found) - 1
            more = f", and so {'is one other' if others == 1 else f'are {others} others'}" if others else ""
            raise BuildError(
                f"the netlist is refused by the rule {rule.name}: {first.pin} of the cell {first.cell} {first.found}{more}, "
                f"for {rule.why} ({rule.source})"
            )


def constraints(folder: Path) -> str:
    """The text of the pin constraints in a build folder."""
    return "".join(path.read_text(encoding="utf-8") for name in CONSTRAINTS if (path := folder / name).exists())


def check_file(netlist: Path, target: Target, rules: Iterable[Rule]) -> None:
    """`check` for the netlist in a build folder of `target`. Raises `BuildError`."""
    family = type(target.family).__name__
    rules = [rule for rule in rules if family in rule.families]
    if not rules:
        return
    design = json.loads(netlist.read_text(encoding="utf-8"))
    try:
        check(Design(design, board=target.name, family=family, constraints=constraints(netlist.parent)), rules)
    except NetlistError as error:
        raise BuildError(f"{netlist.name} cannot be checked: {error}") from error

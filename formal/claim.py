"""What is proved: a claim about a block, and the planted bugs by which it is shown that the claim can fail."""

from collections.abc import Callable
from dataclasses import dataclass

from amaranth.hdl import Elaboratable

from formal.source import Bug


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One property of one block.

    Parameters
    ----------
    name : for `--only`
    about : what is claimed, in words
    harness : makes the block, with one line of it changed if a bug is given, among assertions and assumptions
    depth : cycles of the induction, of its base case, which begins with the reset, and of the search for a planted bug
    bug_depth : cycles of that search where it has to be longer
    bugs : each of them must be found
    """

    name: str
    about: str
    harness: Callable[[Bug | None], Elaboratable]
    depth: int
    bugs: tuple[Bug, ...]
    bug_depth: int = 0

"""Counts of ones, which `hw.array.popcount` makes of full adders, told in one word of Verilog: `$countones`.

Of a full adder both bits are used, and Yosys writes it, and all that it adds, once for each use: a count of fifteen bits has
260 additions. That they give the number of ones is found out by trying every value of the bits.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.native.text import MODULE, WIRE, widths_of

FEWEST, MOST = 3, 16  # bits that are counted: fewer are no gain, more take long to try
TERM = re.compile(rf"({WIRE})(?:\[(\d+)\])?|(\w+)\[(\d+)\]|1'h0")
ADDITION = re.compile(rf"^  assign ({WIRE}) = ({TERM.pattern}) \+ ({TERM.pattern});$", re.MULTILINE)
NUMBER = re.compile(rf"{WIRE}\[\d+\](?:, {WIRE}\[\d+\])+")  # bits that are joined, the highest first

Bit = tuple[str, int]  # of a signal


def count_ones(verilog: str) -> str:
    """`verilog` with `$countones` for the numbers of ones in it, of neighbouring bits of one signal."""
    return MODULE.sub(lambda module: _of_module(module[0]), verilog)


def _of_module(module: str) -> str:
    additions = Additions(widths_of(module), {found[1]: (found[2], found[7]) for found in ADDITION.finditer(module)})
    made: list[str] = []

    def count(number: re.Match[str]) -> str:
        bits = number[0].split(", ")
        counted = additions.counted(bits)
        if counted is None:
            return number[0]
        name = f"ones_{len(made)}"
        made.append(f"  wire [{len(bits) - 1}:0] {name} = $countones({counted});\n")
        return name

    return NUMBER.sub(count, module).replace("endmodule\n", "".join(made) + "endmodule\n")


class Additions:
    """The sums of two terms in a module: a wire that has such a sum, a bit of it, a bit of another signal, or zero.

    `widths` of the wires, and for each its two `terms`.
    """

    def __init__(self, widths: dict[str, int], terms: dict[str, tuple[str, str]]) -> None:
        self._widths, self._terms = widths, terms

    def counted(self, number: list[str]) -> str | None:
        """The part of a signal whose ones the number with these bits counts, the highest first; None if there is none."""
        try:
            bits = sorted({bit for term in number for bit in self._bits(term)})
        except KeyError:  # something else than additions is in it
            return None
        if not FEWEST <= len(bits) <= MOST:
            return None
        (signal, low), (last_signal, high) = bits[0], bits[-1]
        if last_signal != signal or high - low + 1 != len(bits):
            return None
        every = np.arange(1 << len(bits))
        values = {bit: every >> i & 1 for i, bit in enumerate(bits)}
        known: dict[str, np.ndarray] = {}
        total = sum(self._value(bit, values, known) << i for i, bit in enumerate(reversed(number)))
        return f"{signal}[{high}:{low}]" if np.array_equal(total, sum(values.values())) else None

    def _bits(self, term: str) -> Iterator[Bit]:
        """The bits of signals that a term is made of. Raises KeyError for a wire that has no sum."""
        wire, _, signal, place = _parts(term)
        if signal:
            yield signal, int(place)
        elif wire:
            for each in self._terms[wire]:
                yield from self._bits(each)

    def _value(self, term: str, values: dict[Bit, np.ndarray], known: dict[str, np.ndarray]) -> Any:
        """What a term is for every value of the bits that it is made of."""
        wire, of_wire, signal, place = _parts(term)
        if signal:
            return values[signal, int(place)]
        if not wire:
            return 0
        if wire not in known:
            left, right = (self._value(each, values, known) for each in self._terms[wire])
            known[wire] = (left + right) % (1 << self._widths[wire.strip()])
        return known[wire] >> int(of_wire) & 1 if of_wire else known[wire]


def _parts(term: str) -> tuple[str, ...]:
    """A wire and a bit of it, or a signal and a bit of it; what a term has not is empty."""
    found = TERM.fullmatch(term)
    assert found is not None, term
    return found.groups(default="")

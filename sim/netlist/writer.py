"""Writes a netlist for the simulator, and checks what the simulator takes for granted.

One clock, which is an input of the design; every net driven once; every cell of a type with a model.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from boards.netlist import HIGH, LOW, Cell, Netlist, NetlistError

IGNORED = {"$scopeinfo", "GSR"}
NOISES = 8  # nets that anything may come from
Models = Mapping[str, Callable[[Cell, "Writer"], None]]


class Writer:
    """Collects the lines of the simulator's file; each is a cell, its numbers in hexadecimal.

    `wires` are models of what only connects, in the order in which it has to be known, `cells` of all else.

    `text` gives the file; `counts` says how many cells of each type there are. What nobody promises comes from `seed`; with
    `unknown` nobody promises what memories without contents and registers without a reset hold at power-up. Raises
    `NetlistError`.
    """

    def __init__(self, netlist: Netlist, wires: Models, cells: Models, seed: int = 1, unknown: bool = False) -> None:
        self.netlist = netlist
        self.random = random.Random(seed)
        self.unknown = unknown
        self.counts: Counter[str] = Counter()
        self._lines: list[str] = []
        self._locks: list[int] = []
        self._noises: list[int] = []
        self._clocks: set[int] = set()
        self._driven: set[int] = {LOW, HIGH}
        for cell in netlist:
            if cell.type not in wires and cell.type not in cells and cell.type not in IGNORED:
                raise NetlistError(f"{cell.name}: there is no model of the cell {cell.type}")
        order = {kind: place for place, kind in enumerate(wires)}
        connecting = [cell for cell in netlist if cell.type in wires]
        for cell in (*sorted(connecting, key=lambda cell: order[cell.type]), *(cell for cell in netlist if cell.type in cells)):
            (wires.get(cell.type) or cells[cell.type])(cell, self)
            self.counts[cell.type] += 1
        for net in self._locks:
            self.cell("lock", nets=[net], drives=1)
        self._ports()

    def text(self) -> str:
        """The file."""
        return f"nets {self.netlist.new():x}\n" + "\n".join(self._lines) + "\n"

    def hex(self, net: int) -> str:
        """A net in the file."""
        return f"{self.netlist.net(net):x}"

    def cell(
        self, kind: str, *fields: int | str, nets: Sequence[int] = (), drives: int = 0, more: Iterable[int | str] = ()
    ) -> None:
        """A line: `fields`, then `nets`, the last `drives` of which are outputs, then `more`."""
        for net in nets[len(nets) - drives :]:
            self.drive(net)
        words = [*fields, *map(self.hex, nets), *more]
        self._lines.append(" ".join([kind, *(word if isinstance(word, str) else f"{word:x}" for word in words)]))

    def lut(self, table: int, out: int, inputs: Sequence[int]) -> None:
        """A function of four inputs, by its 16 values."""
        self.drive(out)
        self.cell("lut", table, nets=[out, *inputs])

    def flip_flop(self, out: int, data: int, enable: int, reset: int, *flags: bool, initial: bool = False) -> None:
        """`flags`: enable inverted, reset inverted, level of reset, asynchronous, gated by the enable.

        With `unknown`, one that nothing resets holds noise at power-up, not `initial`: when the design is reset later, it holds
        something else as well.
        """
        if self.unknown and self.netlist.net(reset) == (HIGH if flags[1] else LOW):
            initial = bool(self.random.getrandbits(1))
        self.drive(out)
        self.cell("flipflop", nets=[out, data, enable, reset], more=[*map(int, flags), int(initial)])

    def contents(self, words: Sequence[int], bits: int) -> Sequence[int]:
        """What a memory of words of so many bits holds at power-up: with `unknown`, noise unless it has contents."""
        return [self.random.getrandbits(bits) for _ in words] if self.unknown and not any(words) else words

    def lock(self, net: int) -> None:
        """The lock of a PLL."""
        self._locks.append(net)

    def noise(self) -> int:
        """A net whose level is another one at any time."""
        if len(self._noises) < NOISES:
            self._noises.append(self.netlist.new())
            self.cell("noise", self.random.getrandbits(32), nets=self._noises[-1:], drives=1)
        return self.random.choice(self._noises)

    def clock(self, cell: Cell, pin: str) -> None:
        """`pin` of `cell` is a clock."""
        net = self.netlist.net(cell.pin(pin))
        self._clocks.add(net)
        if len(self._clocks) > 1:
            raise NetlistError(f"{cell.name}: its clock {pin} is another one than that of the cells before")

    def drive(self, net: int) -> None:
        """A cell drives `net`."""
        net = self.netlist.net(net)
        if net in self._driven:
            raise NetlistError(f"net {net:x} is driven by two cells")
        self._driven.add(net)

    def _ports(self) -> None:
        """A port that a cell drives is an output; all others are inputs, among them the clock, which is no net to set."""
        for name, direction, net in self.netlist.ports:
            net = self.netlist.net(net)
            if direction == "output" or (direction == "inout" and net in self._driven):
                self._lines.append(f"output {name} {net:x}")
            elif net in self._clocks:
                self._clocks.clear()
            elif net not in self._driven:
                self._lines.append(f"input {name} {net:x}")
        if self._clocks:
            raise NetlistError("the clock of the netlist is not one of its inputs")

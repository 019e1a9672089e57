"""The wires of a configured iCE40: which nets the bits join, and what drives them."""

from boards.netlist import NetlistError
from sim.bitstream.ice40_bits import Bits
from sim.bitstream.icebox import Database, Tile

GLOBALS = 8
LOW, HIGH = "0", "1"
Net = int | str  # of Yosys' JSON: a number, or a constant


class Wires:
    """The nets of a bitstream after its switches have been set.

    `at` gives the net of a name in a tile; `drive` says that a cell drives it. `read` gives what a cell's input sees: the net,
    or a constant where nothing drives it, so every driver has to be known before. Raises `NetlistError` where a global net
    enters a column whose buffer is off.
    """

    def __init__(self, bits: Bits, database: Database) -> None:
        self._bits, self._database = bits, database
        self._joined: dict[int, int] = {}
        self._constants: dict[int, str] = {}
        self._driven: set[int] = set()
        self._next = max(database.nets.values()) + 2
        global_nets = {self.named((0, 1), f"glb_netwk_{i}"): i for i in range(GLOBALS)}
        for switch in database.switches:
            rows = bits.tiles[switch.tile]
            value = "".join(rows[row][column] for row, column in switch.bits)
            if value in switch.choices:
                source = switch.choices[value]
                self.join(switch.net, source)
                if source in global_nets:
                    self._check_column(switch.tile, global_nets[source])

    def named(self, tile: Tile, name: str) -> int:
        """The net of a name in a tile, before any switch."""
        return self._database.nets[tile[0], tile[1], name]

    def at(self, tile: Tile, name: str) -> int | None:
        """What a name in a tile is joined to; None where the chip has no such wire."""
        net = self._database.nets.get((tile[0], tile[1], name))
        return None if net is None else self._root(net)

    def new(self) -> int:
        """A net of its own."""
        self._next += 1
        return self._next - 1

    def join(self, one: int, other: int) -> None:
        """Make two nets one, as a switch does."""
        one, other = self._root(one), self._root(other)
        if one != other:
            self._joined[one] = other

    def tie(self, net: int, level: str) -> None:
        """A net that is always at a level."""
        self._constants[self._root(net)] = level

    def drive(self, net: int | None) -> int:
        """The net that a cell drives; a net of its own where the wire does not exist."""
        net = self.new() if net is None else self._root(net)
        self._driven.add(net)
        return net

    def read(self, net: int | None, default: str = LOW) -> Net:
        """What an input sees; `default` where nothing drives its wire."""
        if net is None:
            return default
        root = self._root(net)
        if root in self._constants:
            return self._constants[root]
        return root if root in self._driven else default

    def _root(self, net: int) -> int:
        while (above := self._joined.get(net, net)) != net:
            self._joined[net] = self._joined.get(above, above)
            net = above
        return net

    def _check_column(self, tile: Tile, number: int) -> None:
        source = self._database.column_buffers.get(tile)
        if source is None:
            return
        (place,) = self._database.functions[self._database.kinds[source]][f"ColBufCtrl.glb_netwk_{number}"]
        if not self._bits.is_set(source, place):
            raise NetlistError(f"tile {tile} takes global net {number}, and the buffer of its column in tile {source} is off")

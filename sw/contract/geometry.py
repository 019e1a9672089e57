"""The shape of an accelerator: how many synapses it holds, in which cells, and how a column finds its cell.

A cell holds, for every row, the hidden weights of K columns. Cells form a grid; where the grid has fewer synapses than
the network has columns, a row takes several memory words, its folds (clause 2).
"""

from dataclasses import dataclass

from sw.contract.error import require, require_choice, require_integer
from sw.contract.network import MAX_LAYERS, Network


def bits_for(highest: int) -> int:
    """Bits of an unsigned number 0…highest; at least 1."""
    return max(1, highest.bit_length())


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """columns = grid_height · grid_width · synapses_per_cell · folds. Checked when built; raises `ContractError`.

    `slices` says how often the K synapses of a cell share an update unit: a learning, backward, read or write token
    serves K / slices synapses, so a learned row costs `slices` cycles a fold.
    `memory_ports` is 1 where a weight memory reads or writes in a cycle but not both: a token that reads weights then
    waits for a cycle in which none writes.
    `group` is the number of samples that a row of the first layer is read for at once: a cell holds the pixels of so many, and
    of as many that come next, and has a sum for each.
    """

    columns: int
    rows: int
    grid_height: int
    grid_width: int
    synapses_per_cell: int
    folds: int
    slices: int = 4
    memory_ports: int = 2
    group: int = 1

    def __post_init__(self) -> None:
        for name, high in (("columns", 65535), ("rows", 65535), ("grid_height", 64), ("grid_width", 64), ("folds", 255)):
            object.__setattr__(self, name, require_integer(name, getattr(self, name), 1, high))
        choices = {"synapses_per_cell": (4, 8, 16), "slices": (1, 2, 4), "memory_ports": (1, 2), "group": (1, 2, 4, 8)}
        for name, choice in choices.items():
            object.__setattr__(self, name, require_choice(name, getattr(self, name), choice))
        require(
            self.group == 1 or self.memory_ports == 2,
            f"group is {self.group} and memory_ports is 1: rows are read again while others are learned, for which a weight "
            "memory needs two ports; take a group of 1",
        )
        product = self.columns_per_fold * self.folds
        require(
            self.columns == product,
            f"columns is {self.columns}, expected grid_height · grid_width · synapses_per_cell · folds = {product}",
        )
        require(self.memory_depth <= 65536, f"rows · folds is {self.memory_depth}, expected at most 65536")

    @property
    def cells(self) -> int:
        """Cells of the grid; cell index = y · grid_width + x."""
        return self.grid_height * self.grid_width

    @property
    def columns_per_fold(self) -> int:
        """Synapses that the array computes in one cycle."""
        return self.cells * self.synapses_per_cell

    @property
    def lanes(self) -> int:
        """Synapses of a cell that one learning, backward or unload token serves."""
        return self.synapses_per_cell // self.slices

    @property
    def memory_depth(self) -> int:
        """Words of a cell's weight memory: rows · folds; the word of (row, fold) is row · folds + fold."""
        return self.rows * self.folds

    @property
    def input_depth(self) -> int:
        """Words of a cell's input memory: those of every input set (`input_bases`) and fold."""
        return self.input_bases[-1] + self.folds

    @property
    def pixel_words(self) -> int:
        """Words of a cell for the pixels of one sample and of the one that comes in its place; with groups a power of two."""
        words = 2 * self.folds
        return words if self.group == 1 else 1 << (words - 1).bit_length()

    @property
    def input_bases(self) -> tuple[int, ...]:
        """The word of fold 0 of each input set in a cell's input memory.

        The first sets are for pixels, two for every sample of a group: set 2 · i + half, of sample i of the group that is
        computed in one half and of the one that arrives in the other. Then comes one for each layer after the first.
        """
        pixels = [i * self.pixel_words + half * self.folds for i in range(self.group) for half in range(2)]
        layers = [self.group * self.pixel_words + i * self.folds for i in range(MAX_LAYERS - 1)]
        return (*pixels, *layers)

    @property
    def words(self) -> int:
        """Words of K columns in a full row: fold · cells + cell."""
        return self.cells * self.folds

    @property
    def bounds_entries(self) -> int:
        """Gates and windows that there is room for (`sw.contract.bounds_table`): 128, or 256 where networks may need more."""
        return 128 if self.columns // 8 + self.rows // 8 + 3 <= 128 else 256

    @property
    def compared(self) -> int:
        """Neurons that are normalised in a cycle: K, or half of them where logic is scarce, as it is beside memories of one
        port."""
        return self.synapses_per_cell // (3 - self.memory_ports)

    def place(self, column: int) -> tuple[int, int, int]:
        """(fold, cell, synapse) of a column."""
        word, synapse = divmod(column, self.synapses_per_cell)
        fold, cell = divmod(word, self.cells)
        return fold, cell, synapse

    def folds_of(self, columns: int) -> int:
        """Folds that the first `columns` columns reach into."""
        return -(-columns // self.columns_per_fold)

    def words_of(self, columns: int) -> int:
        """Words of K columns that the first `columns` columns reach into."""
        return -(-columns // self.synapses_per_cell)

    def check_fits(self, network: Network) -> None:
        """Raise `ContractError`, saying by how much, unless the network's rows and columns fit."""
        require(
            network.row_count <= self.rows,
            f"the network needs {network.row_count} rows (one per neuron) and the board has {self.rows}: "
            f"take away {network.row_count - self.rows} neurons or choose a larger board",
        )
        widest = max(network.layers[:-1])
        require(
            widest <= self.columns,
            f"the network has a layer of {widest} inputs and the board has {self.columns} columns: "
            f"take away {widest - self.columns} inputs or choose a larger board",
        )

"""The configuration registers of the accelerator: what CONFIGURE sends, what the gateware shifts in, byte by byte.

The registers form one little-endian word: the network's registers, then those of layers 1…4. Unused layers are zero.
They are written by CONFIGURE alone, all of them at once; none is read back, and none has a value before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sw.contract.bounds_table import first_entries
from sw.contract.geometry import Geometry, bits_for
from sw.contract.network import MAX_LAYERS, Network
from sw.contract.structure import Field, Structure


@dataclass(frozen=True, kw_only=True)
class Register(Field):
    """One register: a field, and the largest value (of a signed one, the largest magnitude) that a geometry has a use for."""

    most: Callable[[Geometry], int]

    def bits(self, geometry: Geometry) -> int:
        """Bits that the gateware keeps of it."""
        return bits_for(self.most(geometry)) + self.signed


@dataclass(frozen=True, kw_only=True)
class Registers:
    """The layout: the registers of the network, and those of each layer, whose bytes are even in number."""

    network: Structure[Register]
    layer: Structure[Register]

    @property
    def size(self) -> int:
        """Bytes of all registers."""
        return self.network.size + MAX_LAYERS * self.layer.size

    def pack(self, network: Mapping[str, int], layers: Sequence[Mapping[str, int]]) -> bytes:
        """The bytes of all registers, by their names; those of layers that are not given are zero."""
        unused = bytes((MAX_LAYERS - len(layers)) * self.layer.size)
        return self.network.pack(**network) + b"".join(self.layer.pack(**values) for values in layers) + unused

    def unpack(self, data: bytes) -> tuple[dict[str, int], list[dict[str, int]]]:
        """The inverse: the network's registers, and those of all `MAX_LAYERS` layers."""
        starts = range(self.network.size, self.size, self.layer.size)
        layers = [self.layer.unpack(data[start : start + self.layer.size])._asdict() for start in starts]
        return self.network.unpack_from(data)._asdict(), layers


REGISTERS = Registers(
    network=Structure(
        "network",
        Register("layers", 8, about="L", most=lambda _: MAX_LAYERS),
        Register("inputs", 16, about="n_0", most=lambda g: g.columns),
        Register("margin", 16, signed=True, about="margin of the error (clause 7)", most=lambda _: 2**15 - 1),
        Register("relax_floor", 8, about="lowest level that is relaxed (clause 10)", most=lambda _: 127),
    ),
    layer=Structure(
        "layer",
        Register("neurons", 16, about="n_l", most=lambda g: g.rows),
        Register("base", 16, about="word of the weight memory of its first row, fold 0", most=lambda g: g.memory_depth - 1),
        Register("folds", 8, about="folds that its inputs reach into", most=lambda g: g.folds),
        Register("mode", 8, about='activation: 0 "sign", 1 "gate", 3 "band"; 4 more: scaling "root"', most=lambda _: 7),
        Register("bounds", 16, about="entry of its gate and window for no valid input", most=lambda g: g.bounds_entries - 1),
        Register("relax_rate", 32, about="of 65536 draws, those that relax (clause 10)", most=lambda _: 1 << 16),
    ),
)
CONFIGURATION_BYTES = REGISTERS.size
MODES = {"sign": 0, "gate": 1, "band": 3}
SCALED = 4


def register_values(network: Network, geometry: Geometry) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Values by register name: the network's, and a dictionary for each of its layers."""
    own = {
        "layers": network.depth,
        "inputs": network.layers[0],
        "margin": network.margin,
        "relax_floor": network.relax_floor,
    }
    entries, per_layer = first_entries(network), []
    for i, (neurons, fan_in) in enumerate(network.shapes):
        hidden = i < network.depth - 1
        per_layer.append(
            {
                "neurons": neurons,
                "base": network.first_rows[i] * geometry.folds,
                "folds": geometry.folds_of(fan_in),
                "mode": MODES[network.activation[i]] | SCALED * (network.scaling[i] == "root") if hidden else 0,
                "bounds": entries[i] if hidden else 0,
                "relax_rate": network.relax_rate[i],
            }
        )
    return own, per_layer


def configuration_bytes(network: Network, geometry: Geometry) -> bytes:
    """The payload of CONFIGURE. Raises `ContractError` if the network doesn't fit the geometry."""
    geometry.check_fits(network)
    return REGISTERS.pack(*register_values(network, geometry))

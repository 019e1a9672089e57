"""The configuration registers of the accelerator: what CONFIGURE sends, what the gateware shifts in, byte by byte.

The registers form one little-endian word: the network's registers, then those of layers 1…4. Unused layers are zero.
"""

from dataclasses import dataclass

from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS, Network


@dataclass(frozen=True)
class Register:
    """One register: name, width in bits (8, 16 or 32), whether it is signed."""

    name: str
    width: int
    signed: bool = False


NETWORK_REGISTERS = (
    Register("layers", 8),  # L
    Register("inputs", 16),  # n_0
    Register("margin", 16, signed=True),
    Register("relax_floor", 8),
)
LAYER_REGISTERS = (
    Register("neurons", 16),  # n_l
    Register("base", 16),  # word of the weight memory of the layer's first row, fold 0
    Register("folds", 8),  # folds that the layer's inputs reach into
    Register("gated", 8),  # 1: activation "gate", 0: "sign"; a hidden layer's own activation
    Register("gate", 16, signed=True),
    Register("window", 16),
    Register("relax_rate", 32),
)
CONFIGURATION_BYTES = (sum(r.width for r in NETWORK_REGISTERS) + MAX_LAYERS * sum(r.width for r in LAYER_REGISTERS)) // 8


def register_values(network: Network, geometry: Geometry) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Values by register name: the network's, and a dictionary for each of its layers."""
    own = {
        "layers": network.depth,
        "inputs": network.layers[0],
        "margin": network.margin,
        "relax_floor": network.relax_floor,
    }
    per_layer = []
    for i, (neurons, fan_in) in enumerate(network.shapes):
        hidden = i < network.depth - 1
        per_layer.append(
            {
                "neurons": neurons,
                "base": network.first_rows[i] * geometry.folds,
                "folds": geometry.folds_of(fan_in),
                "gated": int(hidden and network.activation[i] == "gate"),
                "gate": network.gate[i] if hidden else 0,
                "window": network.window[i] if hidden else 0,
                "relax_rate": network.relax_rate[i],
            }
        )
    return own, per_layer


def configuration_bytes(network: Network, geometry: Geometry) -> bytes:
    """The payload of CONFIGURE. Raises `ContractError` if the network doesn't fit the geometry."""
    geometry.check_fits(network)
    own, per_layer = register_values(network, geometry)
    unused = [dict.fromkeys((r.name for r in LAYER_REGISTERS), 0)] * (MAX_LAYERS - network.depth)
    parts = [(NETWORK_REGISTERS, own)] + [(LAYER_REGISTERS, values) for values in per_layer + unused]
    return b"".join(
        values[r.name].to_bytes(r.width // 8, "little", signed=r.signed) for registers, values in parts for r in registers
    )

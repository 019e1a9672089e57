"""Structures that rooms of the gateware share, built from the contract's field lists."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from sw.contract import registers, tokens
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS


def token_layout(geometry: Geometry) -> data.StructLayout:
    """A token of the array (`sw.contract.tokens`)."""
    return data.StructLayout({name: unsigned(width) for name, width in tokens.fields(geometry).items()})


def _registers(registers_: tuple[registers.Register, ...]) -> dict[str, object]:
    return {r.name: signed(r.width) if r.signed else unsigned(r.width) for r in registers_}


LAYER_LAYOUT = data.StructLayout(_registers(registers.LAYER_REGISTERS))
"""The registers of one weight layer."""

CONFIGURATION_LAYOUT = data.StructLayout(
    _registers(registers.NETWORK_REGISTERS) | {"layer": data.ArrayLayout(LAYER_LAYOUT, MAX_LAYERS)}
)
"""All configuration registers (`sw.contract.registers`); `layer[0]` is weight layer 1."""

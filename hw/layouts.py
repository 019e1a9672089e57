"""Structures that rooms of the gateware share, built from the contract's field lists."""

from collections.abc import Iterable

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data

from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for
from sw.contract.registers import REGISTERS, Register, Registers
from sw.contract.structure import Field


def token_layout(geometry: Geometry) -> data.StructLayout:
    """A token of the array (`sw.contract.tokens`)."""
    return data.StructLayout({name: unsigned(width) for name, width in tokens.fields(geometry).items()})


def wire_layout(fields: Iterable[Field]) -> data.StructLayout:
    """Fields as they come over the wire (`sw.contract.structure`)."""
    return data.StructLayout({field.name: signed(field.width) if field.signed else field.width for field in fields})


def network_layout(geometry: Geometry, registers: Registers = REGISTERS) -> data.StructLayout:
    """The network's registers (`sw.contract.registers`), no wider than the geometry needs.

    In the place of the inputs stands `last_pixel`, n_0 - 1; `rows` and `classes` follow from the layers.
    """
    shapes: dict[str, object] = {}
    for register in registers.network:
        if register.name == "inputs":
            shapes["last_pixel"] = bits_for(register.most(geometry) - 1)
        else:
            shapes[register.name] = _kept(register, geometry)
    return data.StructLayout(shapes | {"rows": bits_for(geometry.rows), "classes": bits_for(geometry.rows)})


def layer_layout(geometry: Geometry, registers: Registers = REGISTERS) -> data.StructLayout:
    """The registers of one weight layer, no wider than the geometry needs; `inputs`: neurons of the layer below."""
    shapes = {register.name: _kept(register, geometry) for register in registers.layer}
    return data.StructLayout(shapes | {"inputs": bits_for(geometry.columns)})


def _kept(register: Register, geometry: Geometry) -> Shape:
    return (signed if register.signed else unsigned)(register.bits(geometry))

"""Structures that rooms of the gateware share, built from the contract's field lists."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from sw.contract import tokens
from sw.contract.geometry import Geometry, bits_for


def token_layout(geometry: Geometry) -> data.StructLayout:
    """A token of the array (`sw.contract.tokens`)."""
    return data.StructLayout({name: unsigned(width) for name, width in tokens.fields(geometry).items()})


def network_layout(geometry: Geometry) -> data.StructLayout:
    """The network's registers (`sw.contract.registers`), no wider than the geometry needs.

    `last_pixel` is n_0 - 1; `rows` and `classes` follow from the layers.
    """
    return data.StructLayout(
        {
            "layers": 3,
            "last_pixel": bits_for(geometry.columns - 1),
            "margin": signed(16),
            "relax_floor": 7,
            "rows": bits_for(geometry.rows),
            "classes": bits_for(geometry.rows),
        }
    )


def layer_layout(geometry: Geometry) -> data.StructLayout:
    """The registers of one weight layer, no wider than the geometry needs; `inputs`: neurons of the layer below."""
    return data.StructLayout(
        {
            "neurons": bits_for(geometry.rows),
            "base": bits_for(geometry.memory_depth - 1),
            "folds": bits_for(geometry.folds),
            "gated": 1,
            "gate": signed(11),
            "window": 10,
            "relax_rate": 17,
            "inputs": bits_for(geometry.columns),
        }
    )

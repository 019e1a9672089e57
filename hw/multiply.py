"""Multiplication by a constant of the geometry, without a multiplier block."""

from amaranth.hdl import Value


def times(value: Value, constant: int) -> Value:
    """`value` · `constant` (>= 1), of full width: one addition for each further one among the constant's bits."""
    terms = [value << bit for bit in range(constant.bit_length()) if constant >> bit & 1]
    product = terms[0]
    for term in terms[1:]:
        product = product + term
    return product

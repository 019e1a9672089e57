"""The input memory of a cell: K ternary inputs of every input set and fold, whole for FORWARD, a slice for others."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Signal, Value

from hw.array.choose import choose_later
from hw.memory import add_memory, read_word
from sw.contract.geometry import Geometry

LUT_MEMORY_DEPTH = 128
"""Words up to which a memory is made of LUTs, by chips whose weight memories have two ports; iCE40 has no such memory."""


def add_input_memory(
    m: Module, geometry: Geometry, *, address: Value, whole: Value, slice_: Value, load: Value, data: Value
) -> tuple[Value, Value, Value, Value]:
    """Add the memory of K ternary inputs to a cell.

    Returns, a cycle later, the K valid and the K negative bits of the word at `address` if `whole` is set, and those of
    `slice_` if not. Where `load` is set, `data`, K valid bits and then K negative ones, is written to `address`.

    A memory of LUTs has no output register: its register is the cell's, zero unless its slice is read, so that a slice is the
    OR of all. In a deeper memory, which has to be block RAM, that would be the block's reset, which no logic may drive
    (`hw.memory`): there a slice is chosen behind it.
    """
    k, lanes, slices = geometry.synapses_per_cell, geometry.lanes, geometry.slices
    block = geometry.memory_ports == 1 or geometry.input_depth > LUT_MEMORY_DEPTH
    style = None if geometry.memory_ports == 1 else "block" if block else "distributed"
    memory = add_memory(m, "inputs", shape=2 * k, depth=geometry.input_depth, style=style)
    write = memory.write_port()
    m.d.comb += [write.addr.eq(address), write.data.eq(data), write.en.eq(load)]
    if block:
        word = read_word(m, memory, address=address)
        valid, negative = word[:k], word[k:]
        parts = [Cat(valid[s * lanes :][:lanes], negative[s * lanes :][:lanes]) for s in range(slices)]
        chosen = choose_later(m, parts, slice_)
        return valid, negative, chosen[:lanes], chosen[lanes:]
    read = memory.read_port(domain="comb")
    m.d.comb += read.addr.eq(address)
    parts = []
    for s in range(slices):
        valid, negative = (Signal(lanes, name=f"{name}_{s}", reset_less=True) for name in ("valid", "negative"))
        with m.If(whole | (slice_ == s)):
            m.d.sync += [valid.eq(read.data[s * lanes :][:lanes]), negative.eq(read.data[k + s * lanes :][:lanes])]
        with m.Else():
            m.d.sync += [valid.eq(0), negative.eq(0)]
        parts.append((valid, negative))
    valids, negatives = zip(*parts, strict=True)
    return Cat(valids), Cat(negatives), reduce(or_, valids), reduce(or_, negatives)

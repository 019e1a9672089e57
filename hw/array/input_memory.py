"""The input memory of a cell: K ternary inputs of every input set and fold, whole for FORWARD, a slice for others."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.memory import Memory

from sw.contract.geometry import Geometry

LUT_MEMORY_DEPTH = 128
"""Words up to which a memory is made of LUTs. They have no output registers: these are the cell's, with a reset."""


def add_input_memory(
    m: Module, geometry: Geometry, *, address: Value, chosen: Value, load: Value, data: Value
) -> tuple[Value, Value, Value, Value]:
    """Add the memory of K ternary inputs to a cell; returns (valid, negative) of all and of the slice, a cycle later.

    address : the word to read, or to write where `load` is set
    chosen : a bit for each slice; one slice that is chosen, or all
    data : K valid bits, then K negative ones

    A memory of LUTs is read before a register that is zero unless its slice is chosen, so that a slice is the OR of all.
    A deeper memory has to be block RAM, whose reset would be the same for all slices: there the slice is a multiplexer.
    """
    k, lanes, slices = geometry.synapses_per_cell, geometry.lanes, geometry.slices
    m.submodules.inputs = memory = Memory(shape=2 * k, depth=geometry.input_depth, init=[], attrs={"no_rw_check": 1})
    write = memory.write_port()
    m.d.comb += [write.addr.eq(address), write.data.eq(data), write.en.eq(load)]
    if geometry.input_depth > LUT_MEMORY_DEPTH:
        read = memory.read_port()
        m.d.comb += read.addr.eq(address)
        slice_ = Signal(range(slices), reset_less=True)
        m.d.sync += slice_.eq(Cat(Cat(chosen[i] for i in range(slices) if i >> bit & 1).any() for bit in range(len(slice_))))
        valid, negative = read.data[:k], read.data[k:]
        return valid, negative, valid.word_select(slice_, lanes), negative.word_select(slice_, lanes)
    read = memory.read_port(domain="comb")
    m.d.comb += read.addr.eq(address)
    parts = []
    for s in range(slices):
        valid, negative = (Signal(lanes, name=f"{name}_{s}", reset_less=True) for name in ("valid", "negative"))
        with m.If(chosen[s]):
            m.d.sync += [valid.eq(read.data[s * lanes :][:lanes]), negative.eq(read.data[k + s * lanes :][:lanes])]
        with m.Else():
            m.d.sync += [valid.eq(0), negative.eq(0)]
        parts.append((valid, negative))
    valids, negatives = zip(*parts, strict=True)
    return Cat(valids), Cat(negatives), reduce(or_, valids), reduce(or_, negatives)

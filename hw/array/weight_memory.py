"""The weight memory of a cell: a word of every slice for FORWARD, one slice's word for all other tokens."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib.memory import Memory

from sw.contract.geometry import Geometry


def add_weight_memory(
    m: Module,
    geometry: Geometry,
    *,
    address: Value,
    chosen: Value,
    write_address: Value,
    write_data: Value,
    write_enable: Value,
) -> tuple[Value, Value]:
    """Add the memories of K weights of every row to a cell; returns K signs and the weights of a slice, a cycle later.

    A byte is a weight as `sw.contract.tokens.stored` has it: its level, and its sign in bit 7.

    address : the word to read
    chosen : a bit for each slice; one slice that is chosen, or all for their signs
    write_address, write_data, write_enable : the word to write, a byte for each lane, an enable for each byte of K

    Every slice has a memory of its own, which gives zeros unless it is chosen: so the word of one slice is the OR of all,
    and the zeros are the block RAM's own reset. `no_rw_check` says that nobody cares what a read gives in the cycle in
    which its word is written. Nobody does: `hw.issue` lets no token that reads a weight enter the array in that cycle,
    and what other tokens read, the cell does not look at (`hw.array.cell`). Without it, synthesis would build what the
    simulators do, the word from before the write, from a comparator and a register for every bit.
    """
    lanes = geometry.lanes
    words = []
    for s in range(geometry.slices):
        memory = Memory(shape=8 * lanes, depth=geometry.memory_depth, init=[], attrs={"no_rw_check": 1})
        m.submodules[f"weights_{s}"] = memory
        read, write = memory.read_port(domain="comb"), memory.write_port(granularity=8)
        word = Signal(8 * lanes, name=f"word_{s}", reset_less=True)
        with m.If(chosen[s]):
            m.d.sync += word.eq(read.data)
        with m.Else():
            m.d.sync += word.eq(0)
        m.d.comb += [
            read.addr.eq(address),
            write.addr.eq(write_address),
            write.data.eq(write_data),
            write.en.eq(write_enable[s * lanes :][:lanes]),
        ]
        words.append(word)
    signs = Cat(word[8 * lane + 7] for word in words for lane in range(lanes))
    return signs, reduce(or_, words)

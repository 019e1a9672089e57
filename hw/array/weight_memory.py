"""The weight memory of a cell: a word of every slice for FORWARD, one slice's word for all other tokens."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from sw.contract.geometry import Geometry


def write_signature(geometry: Geometry) -> wiring.Signature:
    """What is to be written: the word's address, a byte for each lane, an enable for each of the word's K bytes."""
    return wiring.Signature(
        {
            "address": In(range(geometry.memory_depth)),
            "data": In(8 * geometry.lanes),
            "enable": In(geometry.synapses_per_cell),
        }
    )


def add_weight_memory(
    m: Module, geometry: Geometry, *, address: Value, whole: Value, slice_: Value, write: wiring.PureInterface
) -> tuple[Value, Value]:
    """Add the memories of K weights of every row, one for each slice, to a cell.

    Returns, a cycle later, the K signs of the word at `address` if `whole` is set, and the weights of `slice_` if not.
    `write` : `write_signature`.
    """
    lanes = geometry.lanes
    add = _add_two_ports if geometry.memory_ports == 2 else _add_one_port
    words, word = add(m, geometry, address, whole, slice_, write)
    return Cat(each[8 * lane + 7] for each in words for lane in range(lanes)), word


def _memory(m: Module, geometry: Geometry, s: int) -> Memory:
    """`no_rw_check` says that nobody cares what a read gives in the cycle in which its word is written.

    Nobody does: `hw.issue` lets no token that reads a weight, whichever it is, enter the array in that cycle, and what the
    address of any other token brings, the cell does not look at (`hw.array.cell`, `ignored`). Without the attribute synthesis
    would build what simulators do, the word from before the write, from a comparator and a register for every bit.
    """
    memory = Memory(shape=8 * geometry.lanes, depth=geometry.memory_depth, init=[], attrs={"no_rw_check": 1})
    m.submodules[f"weights_{s}"] = memory
    return memory


def _add_two_ports(
    m: Module, geometry: Geometry, address: Value, whole: Value, slice_: Value, write: wiring.PureInterface
) -> tuple[list[Value], Value]:
    """Every memory gives zeros unless its slice is read, by the block RAM's own reset: a slice's word is the OR of all."""
    lanes = geometry.lanes
    words = []
    for s in range(geometry.slices):
        memory = _memory(m, geometry, s)
        read, port = memory.read_port(domain="comb"), memory.write_port(granularity=8)
        word = Signal(8 * lanes, name=f"word_{s}", reset_less=True)
        with m.If(whole | (slice_ == s)):
            m.d.sync += word.eq(read.data)
        with m.Else():
            m.d.sync += word.eq(0)
        enable = write.enable[s * lanes :][:lanes]
        m.d.comb += [
            read.addr.eq(address),
            port.addr.eq(write.address),
            port.data.eq(write.data),
            port.en.eq(enable),
        ]
        words.append(word)
    return words, reduce(or_, words)


def _add_one_port(
    m: Module, geometry: Geometry, address: Value, whole: Value, slice_: Value, write: wiring.PureInterface
) -> tuple[list[Value], Value]:
    """One address: a cycle that writes does not read. Large single-port memories have no reset: a slice is multiplexed."""
    lanes = geometry.lanes
    writes, shared = Signal(), Signal.like(write.address)
    m.d.comb += [writes.eq(write.enable.any()), shared.eq(Mux(writes, write.address, address))]
    words = []
    for s in range(geometry.slices):
        memory = _memory(m, geometry, s)
        read, port = memory.read_port(), memory.write_port(granularity=8)
        m.d.comb += [
            read.addr.eq(shared),
            read.en.eq(~writes),
            port.addr.eq(shared),
            port.data.eq(write.data),
            port.en.eq(write.enable[s * lanes :][:lanes]),
        ]
        words.append(read.data)
    later = Signal.like(slice_, name="word_slice", reset_less=True)
    m.d.sync += later.eq(slice_)
    return words, Cat(words).word_select(later, 8 * lanes)

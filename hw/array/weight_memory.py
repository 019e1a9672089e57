"""The weight memory of a cell: a word of every slice for FORWARD, one slice's word for all other tokens."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from hw.array.choose import choose_later
from hw.array.pipeline import Pipeline
from hw.memory import add_memory, read_word
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
    pipeline: Pipeline, geometry: Geometry, *, address: Value, slice_: Value, write: wiring.PureInterface
) -> tuple[Value, Value]:
    """Add the memories of K weights of every row, one for each slice, to a cell.

    Returns the K signs of the word at `address`, and the weights of `slice_`, in stage 1; both are given in stage 0. `write` is
    of `write_signature`, and what it says of stage 4.

    Of the word that is written in the same cycle nobody looks at what is read (`hw.memory`): `hw.issue` lets no token that
    reads a weight, whichever it is, enter the array in that cycle, and what the address of any other token brings, the cell
    does not look at (`hw.array.cell`, `ignored`).
    """
    m, lanes = pipeline.m, geometry.lanes
    add = _add_two_ports if geometry.memory_ports == 2 else _add_one_port
    memories = [add_memory(m, f"weights_{s}", shape=8 * lanes, depth=geometry.memory_depth) for s in range(geometry.slices)]
    words = [pipeline.arrives(word, stage=1) for word in add(m, geometry, memories, address, write)]
    return Cat(word[8 * lane + 7] for word in words for lane in range(lanes)), choose_later(pipeline, "weights", words, slice_)


def _add_two_ports(
    m: Module, geometry: Geometry, memories: list[Memory], address: Value, write: wiring.PureInterface
) -> list[Value]:
    for s, memory in enumerate(memories):
        port = memory.write_port(granularity=8)
        m.d.comb += [
            port.addr.eq(write.address),
            port.data.eq(write.data),
            port.en.eq(write.enable[s * geometry.lanes :][: geometry.lanes]),
        ]
    return [read_word(m, memory, address=address) for memory in memories]


def _add_one_port(
    m: Module, geometry: Geometry, memories: list[Memory], address: Value, write: wiring.PureInterface
) -> list[Value]:
    """One address: a cycle that writes does not read."""
    writes = Signal()
    shared = Signal.like(write.address)
    m.d.comb += [writes.eq(write.enable.any()), shared.eq(Mux(writes, write.address, address))]
    words = []
    for s, memory in enumerate(memories):
        read, port = memory.read_port(), memory.write_port(granularity=8)
        m.d.comb += [
            read.addr.eq(shared),
            read.en.eq(~writes),
            port.addr.eq(shared),
            port.data.eq(write.data),
            port.en.eq(write.enable[s * geometry.lanes :][: geometry.lanes]),
        ]
        words.append(read.data)
    return words

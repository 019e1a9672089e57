"""The input memory of a cell: K ternary inputs of every input set and fold, whole for FORWARD, a slice for others."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Value

from hw.array.choose import choose_later
from hw.array.pipeline import Pipeline
from hw.memory import add_memory, memory_style, read_word
from sw.contract.geometry import Geometry


def add_input_memory(
    pipeline: Pipeline, geometry: Geometry, *, address: Value, whole: Value, slice_: Value, load: Value, data: Value
) -> tuple[Value, Value, Value, Value]:
    """Add the memory of K ternary inputs to a cell. What is given is of stage 0, what is returned of stage 1.

    Returns the K valid and the K negative bits of the word at `address` if `whole` is set, and those of `slice_` if not. Where
    `load` is set, `data`, K valid bits and then K negative ones, is written to `address`.

    A memory of LUTs has no output register: its register is the cell's, zero unless its slice is read, so that a slice is the
    OR of all. In a deeper memory, which has to be block RAM, that would be the block's reset, which no logic may drive
    (`hw.memory`): there a slice is chosen behind it.
    """
    k, lanes, slices = geometry.synapses_per_cell, geometry.lanes, geometry.slices
    style = memory_style(geometry, geometry.input_depth)
    memory = add_memory(pipeline.m, "inputs", shape=2 * k, depth=geometry.input_depth, style=style)
    pipeline.drive(memory.write_port(), addr=address, data=data, en=load)
    if style != "distributed":
        word = pipeline.arrives(read_word(pipeline.m, memory, address=address), stage=1)
        valid, negative = word[:k], word[k:]
        parts = [Cat(valid[s * lanes :][:lanes], negative[s * lanes :][:lanes]) for s in range(slices)]
        chosen = choose_later(pipeline, "inputs", parts, slice_)
        return valid, negative, chosen[:lanes], chosen[lanes:]
    read = memory.read_port(domain="comb")
    pipeline.drive(read, addr=address)
    word = pipeline.arrives(read.data, stage=0)
    valids, negatives = [], []
    for s in range(slices):
        unread = ~(whole | (slice_ == s))
        valids.append(pipeline.value(f"valid_{s}", word[s * lanes :][:lanes], zero=unread)[1])
        negatives.append(pipeline.value(f"negative_{s}", word[k + s * lanes :][:lanes], zero=unread)[1])
    return Cat(valids), Cat(negatives), reduce(or_, valids), reduce(or_, negatives)

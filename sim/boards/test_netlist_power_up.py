"""A netlist whose memories and registers hold anything at power-up shows a design that relies on what nobody wrote."""

import json

import pytest
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Component, In, Out

from sim.drivers.netlist_vectors import on_amaranth, on_netlist, synthesised
from sim.netlist import build

ADDRESSES = 16
WRITE = 1 << 8  # beside four bits of address and four of data


class Bench(Component):
    """A memory and a register without a reset: what is read, and the last data that was written."""

    inputs: In(9)
    outputs: Out(8)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = Memory(shape=4, depth=ADDRESSES, init=[])
        write, read = memory.write_port(), memory.read_port(domain="comb")
        address, data, enable = self.inputs[:4], self.inputs[4:8], self.inputs[8]
        last = Signal(4, reset_less=True)
        m.d.comb += [write.addr.eq(address), write.data.eq(data), write.en.eq(enable), read.addr.eq(address)]
        m.d.comb += self.outputs.eq(Cat(read.data, last))
        with m.If(enable):
            m.d.sync += last.eq(data)
        return m


@pytest.mark.parametrize("family", ["Ecp5", "Ice40"])
def test_only_what_was_written_is_known(family, tmp_path):
    look = list(range(ADDRESSES))
    write = [WRITE | (address * 7 & 15) << 4 | address for address in look]
    words = [*look, *write, *look]
    expected = on_amaranth(Bench(), words)
    netlist = synthesised(Bench(), family, tmp_path)
    assert on_netlist(build.simulator(print), netlist, words) == expected

    ends = set()
    for noise in (1, 2):
        netlist.write_text(build.flattened(json.loads((tmp_path / "top.json").read_text()), family, noise=noise, unknown=True))
        found = on_netlist(build.simulator(print), netlist, words)
        assert found[-ADDRESSES:] == expected[-ADDRESSES:]
        assert len({word & 15 for word in found[:ADDRESSES]}) > 4 and max(expected[:ADDRESSES]) == 0
        ends.add(tuple(found[:ADDRESSES]))
    assert len(ends) == 2

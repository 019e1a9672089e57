"""The counters after synthesis for an iCE40, whose block RAM spoils a word that is read where a byte of it is written."""

from random import Random

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out

from hw.counters import COUNTERS, WORD_BITS, Counters
from hw.engine_ports import REPORT_ADDRESS_BITS, SAMPLES_PLACE, STATE_LAYOUT
from sim.drivers.netlist_vectors import on_amaranth, on_netlist, synthesised
from sim.netlist import build

CYCLES = 6000
FIELDS = {"events": COUNTERS, "read": 1, "address": REPORT_ADDRESS_BITS, "valid": 1, "payload": STATE_LAYOUT.size}


class Bench(Component):
    """The counters between words of bits; what they tell is shown in the cycle after the second one of `read`, else zero."""

    inputs: In(sum(FIELDS.values()))
    outputs: Out(WORD_BITS)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.counters = counters = Counters()
        driven = Cat(
            counters.events.as_value(),
            counters.read,
            counters.address,
            counters.write.valid,
            counters.write.payload.as_value(),
        )
        asked = Signal(2)
        m.d.sync += asked.eq(Cat(counters.read, asked[0] & counters.read))
        m.d.comb += [driven.eq(self.inputs), self.outputs.eq(Mux(asked[1], counters.word, 0))]
        return m


def word(**fields: int) -> int:
    """The inputs of a cycle; those that are not named are zero."""
    value = place = 0
    for name, width in FIELDS.items():
        value |= fields.get(name, 0) << place
        place += width
    return value


def stimulus(random: Random) -> list[int]:
    """Events in half of the cycles; bytes of the sample count are written, and words read, at any moment of the walk."""
    words = []
    while len(words) < CYCLES:
        words += [word(events=random.getrandbits(COUNTERS)) for _ in range(random.randrange(12))]
        byte = word(valid=1, payload=SAMPLES_PLACE + random.randrange(8) | random.getrandbits(8) << 4)
        ask = word(read=1, address=random.choice((0, 0, 1, 2, random.randrange(4 * COUNTERS))))
        words += random.choice(([byte, byte], [ask, ask]))  # a byte that is not taken at once is taken then
    return words[:CYCLES]


def test_the_counters_hold_what_is_written_at_any_moment(tmp_path):
    words = stimulus(Random(1))
    found = on_netlist(build.simulator(print), synthesised(Bench(), "Ice40", tmp_path), words)
    expected = on_amaranth(Bench(), words)
    assert len(set(expected)) > 50
    assert found == expected

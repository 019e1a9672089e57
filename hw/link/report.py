"""What the board tells of itself, byte by byte: HELLO, STATE, COUNTERS."""

from amaranth.hdl import Array, C, Cat, Module, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.engine_signature import COUNTERS_LAYOUT, STATE_LAYOUT
from hw.link.receiver import BAD_FRAMES_BITS
from sw.contract.frames import COUNTERS, HELLO, STATE, Command, Hello

COUNTER_BYTES = 8
WORD = 8 * COUNTER_BYTES
LENGTHS = {
    Command.HELLO: HELLO.size,
    Command.STATE: STATE.size,
    Command.COUNTERS: COUNTER_BYTES * len(COUNTERS),
}


def _words(value: Value) -> list[Value]:
    """A value as words of 8 bytes, the last one filled with zeros."""
    padded = Cat(value, C(0, -len(value) % WORD))
    return [padded[i : i + WORD] for i in range(0, len(padded), WORD)]


class Report(Component):
    """The payload of the reply to `kind`. A byte a cycle from a register, latency 1 cycle; what it tells must hold still.

    Parameters
    ----------
    hello : all that HELLO says but the nonce

    Members
    -------
    kind : the command
    nonce, state, counters, bad_frames : what is told
    start : one cycle: begin with the first byte
    bytes : the payload; goes on without end, the transmitter knows the length
    """

    kind: In(8)
    nonce: In(32)
    state: In(STATE_LAYOUT)
    counters: In(COUNTERS_LAYOUT)
    bad_frames: In(BAD_FRAMES_BITS)
    start: In(1)
    bytes: Out(stream.Signature(8))

    def __init__(self, hello: Hello) -> None:
        self.hello = hello
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        known = self.hello.pack()[: HELLO.size - 4]  # the nonce is the last field
        hello = Cat(C(int.from_bytes(known, "little"), 8 * len(known)), self.nonce)
        counters = [self.bad_frames, *(self.counters[name] for name in COUNTERS[1:])]
        reports = {
            Command.HELLO: _words(hello),
            Command.STATE: _words(self.state.as_value()),
            Command.COUNTERS: [word for counter in counters for word in _words(counter)],
        }

        # A word, then a byte of it, takes less logic than a choice among all bytes.
        index, word = Signal(range(LENGTHS[Command.COUNTERS])), Signal(WORD)
        with m.Switch(self.kind):
            for command, words in reports.items():
                with m.Case(command):
                    with m.Switch(index >> 3):
                        for i, value in enumerate(words):
                            with m.Case(i):
                                m.d.comb += word.eq(value)
        byte = Array(word[i : i + 8] for i in range(0, WORD, 8))[index[:3]]
        with m.If(self.start):
            m.d.sync += [index.eq(0), self.bytes.valid.eq(0)]
        with m.Elif(~self.bytes.valid | self.bytes.ready):
            m.d.sync += [index.eq(index + 1), self.bytes.payload.eq(byte), self.bytes.valid.eq(1)]
        return m

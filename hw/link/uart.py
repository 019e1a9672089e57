"""UART, 8N1: bytes on a wire. The divider is fractional, so any baud rate up to a quarter of the clock will do."""

from dataclasses import dataclass

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Component, In, Out

PHASE_BITS = 24
LEAST_RATIO = 4


@dataclass(frozen=True, kw_only=True)
class BaudRate:
    """A baud rate made from a clock by a phase accumulator of 24 bits. Raises ValueError below 4 clocks a bit."""

    clock_hz: int
    baud: int

    def __post_init__(self) -> None:
        if not 0 < self.baud * LEAST_RATIO <= self.clock_hz:
            raise ValueError(f"baud is {self.baud}, expected 1 to {self.clock_hz // LEAST_RATIO} at {self.clock_hz} Hz")
        if not self.step:
            raise ValueError(f"baud is {self.baud}, too slow for {PHASE_BITS} bits of phase at {self.clock_hz} Hz")

    @property
    def step(self) -> int:
        """What the phase grows by in each clock cycle; 2^24 is one bit."""
        return round(self.baud * 2**PHASE_BITS / self.clock_hz)

    @property
    def error(self) -> float:
        """Relative error of the rate that results, from rounding the step: below 0.1 % from 7 kbaud at 100 MHz."""
        return self.step * self.clock_hz / 2**PHASE_BITS / self.baud - 1


class UartReceiver(Component):
    """Bytes from a wire.

    The line is synchronised (2 flip-flops) and replaced by the majority of three successive samples: a disturbed
    sample neither starts a byte nor changes a bit, because a bit is the vote of the three samples around its centre.
    Each byte is timed from the edge of its own start bit and ends in the middle of its stop bit, which leaves half a
    bit (4 % of a byte) for a sender that is too fast or too slow.

    Latency 4 cycles after the centre of the stop bit; the byte has to be taken before the next one is complete.

    Members
    -------
    pin : the wire, idle high, asynchronous to the clock
    bytes : what was received
    framing_error : one cycle: a stop bit was low, the byte is dropped; the line must go high before the next one
    overrun : one cycle: a byte is dropped because the one before was not taken
    """

    pin: In(1, init=1)
    bytes: Out(stream.Signature(8))
    framing_error: Out(1)
    overrun: Out(1)

    def __init__(self, rate: BaudRate) -> None:
        self.rate = rate
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        synchronised = Signal(init=1)
        m.submodules.synchroniser = FFSynchronizer(self.pin, synchronised, init=1)
        earlier = Signal(2, init=3)
        line = Signal(init=1)
        m.d.sync += earlier.eq(Cat(synchronised, earlier[0]))
        votes = (synchronised & earlier[0]) | (synchronised & earlier[1]) | (earlier[0] & earlier[1])
        m.d.sync += line.eq(votes)

        phase = Signal(PHASE_BITS)
        centre = Signal()
        m.d.sync += phase.eq(phase + self.rate.step)
        m.d.comb += centre.eq((phase + self.rate.step)[PHASE_BITS])

        # The marker, shifted through by start bit and 8 data bits, says when the stop bit is next.
        bits = Signal(9)
        with m.If(self.bytes.ready):
            m.d.sync += self.bytes.valid.eq(0)
        with m.FSM():
            with m.State("idle"):
                with m.If(~line):
                    # The edge was 0.5 cycles ago on average; the nearest sample to the centre is wanted.
                    m.d.sync += [phase.eq(2 ** (PHASE_BITS - 1) + self.rate.step), bits.eq(0x100)]
                    m.next = "start"
            with m.State("start"):
                with m.If(centre):
                    with m.If(line):
                        m.next = "idle"
                    with m.Else():
                        m.next = "data"
            with m.State("data"):
                with m.If(centre):
                    m.d.sync += bits.eq(Cat(bits[1:], line))
                    with m.If(bits[1]):
                        m.next = "stop"
            with m.State("stop"):
                with m.If(centre):
                    with m.If(~line):
                        m.d.comb += self.framing_error.eq(1)
                        m.next = "break"
                    with m.Else():
                        with m.If(self.bytes.valid & ~self.bytes.ready):
                            m.d.comb += self.overrun.eq(1)
                        with m.Else():
                            m.d.sync += [self.bytes.payload.eq(bits[1:]), self.bytes.valid.eq(1)]
                        m.next = "idle"
            with m.State("break"):
                with m.If(line):
                    m.next = "idle"
        return m


class UartTransmitter(Component):
    """Bytes to a wire. Successive bytes follow without a gap, 10 bits each; bit edges are off by at most one clock.

    Members
    -------
    bytes : what to send
    pin : the wire, idle high, from a flip-flop
    """

    bytes: In(stream.Signature(8))
    pin: Out(1, init=1)

    def __init__(self, rate: BaudRate) -> None:
        self.rate = rate
        super().__init__()

    def elaborate(self, platform) -> Module:
        m = Module()
        phase = Signal(PHASE_BITS)
        end_of_bit = Signal()
        m.d.comb += end_of_bit.eq((phase + self.rate.step)[PHASE_BITS])
        # Ten bits, lowest first: start, data, stop. Ones follow, so that the last bit is the idle line.
        bits, left = Signal(10, init=0x3FF), Signal(range(11))
        m.d.comb += [self.pin.eq(bits[0]), self.bytes.ready.eq((left == 0) | ((left == 1) & end_of_bit))]
        with m.If(left != 0):
            m.d.sync += phase.eq(phase + self.rate.step)
        with m.Else():
            m.d.sync += phase.eq(0)
        with m.If(self.bytes.valid & self.bytes.ready):
            m.d.sync += [bits.eq(Cat(C(0, 1), self.bytes.payload, C(1, 1))), left.eq(10)]
        with m.Elif((left != 0) & end_of_bit):
            m.d.sync += [bits.eq(Cat(bits[1:], C(1, 1))), left.eq(left - 1)]
        return m

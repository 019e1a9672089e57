"""A number that tells one life of the board from the next, so that a host notices a reset."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Component, In, Out


class BootNonce(Component):
    """A free-running counter, caught at the first HELLO after power-up or RESET: nobody knows in which cycle it comes.

    Members
    -------
    entropy : mixed in; a simulator ties it to a number of its own, a board to zero
    capture : one cycle: take a nonce unless there is one already
    forget : one cycle: there is none any more
    nonce : the last one taken; never 0 but before the first
    known : a nonce has been taken and not forgotten
    """

    entropy: In(32)
    capture: In(1)
    forget: In(1)
    nonce: Out(32)
    known: Out(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        counter = Signal(32)
        m.d.sync += counter.eq(counter + 1)
        mixed = counter ^ self.entropy
        with m.If(self.forget):
            m.d.sync += self.known.eq(0)
        with m.Elif(self.capture & ~self.known):
            m.d.sync += [self.nonce.eq(Mux(mixed == 0, 1, mixed)), self.known.eq(1)]
        return m

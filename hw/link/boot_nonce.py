"""A number that tells one life of the board from the next, so that a host notices a reset."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import Component, In, Out


class BootNonce(Component):
    """A counter that stops at the first HELLO after power-up or RESET: nobody knows in which cycle it comes.

    Members
    -------
    entropy : mixed in; a simulator ties it to a number of its own, a board to zero
    rest : nobody looks at the nonce: the counter may run
    capture : one cycle: the nonce is known from now on
    forget : one cycle: it is not known any more, and another one as soon as there is `rest`
    nonce : odd, so never zero; holds still while it is known or there is no `rest`
    known : it has been told and not been forgotten
    """

    entropy: In(32)
    rest: In(1)
    capture: In(1)
    forget: In(1)
    nonce: Out(32)
    known: Out(1)

    def elaborate(self, platform) -> Module:
        m = Module()
        counter = Signal(31)
        m.d.comb += self.nonce.eq(Cat(1, counter ^ self.entropy[1:]))
        with m.If(self.rest & ~self.known):
            m.d.sync += counter.eq(counter + 1)
        with m.If(self.forget):
            m.d.sync += self.known.eq(0)
        with m.Elif(self.capture):
            m.d.sync += self.known.eq(1)
        return m

"""The register that signs the training samples (clause 18): a shift register with feedback that takes in each of them."""

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hw.engine_ports import STATE_LAYOUT
from sw.contract.state import POLYNOMIAL


class Misr(wiring.Component):
    """A multiple-input signature register (MISR). The state's bytes 4 to 7 set it.

    Members
    -------
    trained : one cycle: a training sample has been classified, `prediction` is its class, `prng` the word before it is learned
    clear : one cycle: back to zero
    write : a byte of it (`hw.engine_ports.STATE_LAYOUT`), while no sample is being trained; other bytes are not for it;
        always ready
    value : the signature of the contract
    """

    trained: In(1)
    prediction: In(16)
    prng: In(32)
    clear: In(1)
    write: In(stream.Signature(STATE_LAYOUT))
    value: Out(32)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        feedback = self.value[0].replicate(32) & POLYNOMIAL
        m.d.comb += self.write.ready.eq(1)
        with m.If(self.clear):
            m.d.sync += self.value.eq(0)
        with m.Elif(self.trained):
            m.d.sync += self.value.eq(Cat(self.value[1:], 0) ^ feedback ^ self.prng ^ self.prediction)
        with m.Elif(self.write.valid & self.write.payload.place.matches("01--")):
            m.d.sync += self.value.eq(Cat(self.value[8:], self.write.payload.value))
        return m

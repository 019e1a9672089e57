"""What the engine tells of itself: counters, signature, random word; and the state that is written into the first two."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.counters import Counters
from hw.engine_ports import EVENTS_LAYOUT, PRNG_ADDRESS, REPORT_ADDRESS_BITS, STATE_LAYOUT
from hw.misr import Misr


class EngineReport(wiring.Component):
    """Counts events, signs the training samples, and answers `read`.

    Members
    -------
    state_write, read, address, word : of `hw.engine_ports.EnginePorts`: `state_write`, `report_…`
    events : by the name of their counter; `samples` is a training sample whose `prediction` is known
    prng : the random word
    clear, reset : one cycle: forgets all but the count of bad frames; forgets all, beginning a cycle later
    busy : a reset is on its way, or the counters are being cleared
    """

    state_write: In(stream.Signature(STATE_LAYOUT))
    read: In(1)
    address: In(REPORT_ADDRESS_BITS)
    word: Out(16)
    events: In(EVENTS_LAYOUT)
    prediction: In(16)
    prng: In(32)
    clear: In(1)
    reset: In(1)
    busy: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.counters = counters = Counters()
        m.submodules.misr = misr = Misr()
        reset = Signal()  # it comes straight out of the link's decisions, and reaches the counters a cycle later
        m.d.sync += reset.eq(self.reset)
        m.d.comb += [
            counters.events.eq(self.events),
            counters.clear.eq(self.clear),
            counters.reset.eq(reset),
            misr.trained.eq(self.events.samples),
            misr.prediction.eq(self.prediction),
            misr.prng.eq(self.prng),
            misr.clear.eq(self.clear),
            self.busy.eq(reset | counters.busy),
        ]
        self._write_state(m, counters, misr)
        self._tell(m, counters, misr)
        return m

    def _write_state(self, m: Module, counters: Counters, misr: Misr) -> None:
        """Places from 8 on are the count of samples; the register picks its own."""
        state_write = self.state_write
        of_samples = state_write.payload.place[3]
        m.d.comb += [
            counters.write.payload.eq(state_write.payload),
            counters.write.valid.eq(state_write.valid & of_samples),
            misr.write.payload.eq(state_write.payload),
            misr.write.valid.eq(state_write.valid),
            state_write.ready.eq(counters.write.ready | ~of_samples),
        ]

    def _tell(self, m: Module, counters: Counters, misr: Misr) -> None:
        own_words = Signal(data.ArrayLayout(16, 4))
        tells_own = Signal()
        own_word = Signal(2)
        m.d.sync += [tells_own.eq(self.address >= PRNG_ADDRESS), own_word.eq(self.address)]
        m.d.comb += [
            own_words.eq(Cat(self.prng, misr.value)),
            counters.read.eq(self.read),
            counters.address.eq(self.address),
            self.word.eq(Mux(tells_own, own_words[own_word], counters.word)),
        ]

"""No training sample twice, none left out: TRAIN says which one it begins with, and the board knows which one is next."""

from amaranth.hdl import C, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.array.update import is_less
from hw.complement import minus, reaches
from hw.engine_ports import SAMPLES_PLACE, STATE_LAYOUT
from sw.contract.frames import FIRST, RING


class SampleLock(Component):
    """The number of the next training sample, modulo `FIRST`, as far as the link has taken samples.

    Parameters
    ----------
    count_bits : of the number of samples of a request

    Members
    -------
    restart : one cycle: a network is configured, the next sample is its first
    write : a copy of the bytes that set the engine's state; only watched: always ready
    taken : one cycle: `count` samples are about to be trained
    first, count : what a TRAIN says
    fits : two cycles after `first` or `count` have changed: the TRAIN begins with the next sample
    kept : then, too: all its predictions are among the last `RING`
    """

    def __init__(self, count_bits: int = 8) -> None:
        super().__init__(
            {
                "restart": In(1),
                "write": In(stream.Signature(STATE_LAYOUT)),
                "taken": In(1),
                "first": In(range(FIRST)),
                "count": In(count_bits),
                "fits": Out(1),
                "kept": Out(1),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        following, behind = Signal(range(FIRST)), Signal(range(FIRST))
        m.d.comb += self.write.ready.eq(1)
        m.d.sync += [
            behind.eq(minus(following, ~self.first)),
            self.fits.eq(behind == 0),
            self.kept.eq(reaches(behind, ~self.count) & ~is_less(C(RING, len(behind)), behind, equal=C(0))),
        ]
        with m.If(self.restart):
            m.d.sync += following.eq(0)
        with m.Elif(self.taken):
            m.d.sync += following.eq(following + self.count)
        for i in range(len(following) // 8):
            with m.If(self.write.valid & (self.write.payload.place == SAMPLES_PLACE + i)):
                m.d.sync += following.word_select(i, 8).eq(self.write.payload.value)
        return m

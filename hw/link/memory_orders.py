"""Carries out what concerns the sample memory: STORE, RECALL, PERMUTE, REHEARSE, and stretches of PLAY and RECITE."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped

from hw.link.arguments import MEMORY_COMMANDS, arguments_of, most_arguments
from hw.link.header_check import REASON_BITS
from hw.register_slice import RegisterSlice
from hw.store.sample_store import StoreControl
from sw.contract.commands import Command
from sw.contract.frames import Reason
from sw.contract.sample_memory import PERMUTES, TRAINS


class MemoryOrders(Component):
    """One order at a time, to a board that is at rest but for PLAY and RECITE, which may follow other samples.

    Members
    -------
    kind, arguments, left, payload, repeated : of the request; the first two hold still from `start` to `done`
    start, done : one cycle each; `refusal` : with `done`, why it was not carried out after all, or 0
    feed, stores : to whoever feeds samples: those of a STORE are due, one cycle; they go to the memory
    clear, mend : one cycle: a network has been configured; a State has been set
    store : what the store is told, but for `release`
    records, permutation : of the library; one has been told
    recalled : label and pixels of a RECALL, once it is `done`
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "kind": In(8),
                "arguments": In(8 * most_arguments(MEMORY_COMMANDS)),
                "left": In(16),
                "payload": In(stream.Signature(8)),
                "repeated": In(1),
                "start": In(1),
                "done": Out(1),
                "refusal": Out(REASON_BITS),
                "feed": Out(1),
                "stores": Out(1),
                "clear": In(1),
                "mend": In(1),
                "store": Out(StoreControl()),
                "records": Out(32),
                "permutation": Out(1),
                "recalled": Out(stream.Signature(8)),
            }
        )

    def elaborate(self, platform) -> Module:
        m = Module()
        self.told = {command: arguments_of(command, self.arguments) for command in MEMORY_COMMANDS}
        store = self.store
        m.d.comb += [
            store.clear.eq(self.clear),
            store.mend.eq(self.mend),
            store.slot.eq(self.told[Command.STORE].slot),
            store.stores.eq(self.stores),
        ]
        with m.If(self.clear):
            m.d.sync += [self.records.eq(0), self.permutation.eq(0)]
        # A cycle later, which is before the first number is whole.
        m.d.sync += store.restart.eq(self.start & (self.kind == Command.PERMUTE))
        self._ask_for_playback(m)
        self._give_recalled(m)
        with m.FSM():
            with m.State("idle"):
                with m.If(self.start):
                    m.next = "done"  # what is repeated, told alone, or of no samples
                    with m.If((self.kind == Command.PLAY) | (self.kind == Command.RECITE)):
                        m.next = "play"
                    with m.Elif(self.kind == Command.RECALL):
                        m.next = "recall"
                    with m.Elif(self.kind == Command.PERMUTE):
                        m.next = "permute"
                    with m.Elif((self.kind == Command.STORE) & ~self.repeated):
                        m.next = "store"
                    with m.Elif((self.kind == Command.REHEARSE) & ~self.repeated & (self.left != 0)):
                        m.next = "settings"
            with m.State("done"):
                m.d.comb += self.done.eq(1)
                m.next = "idle"
            with m.State("recall"):
                m.d.comb += self.done.eq(self.whole | store.recall_failed)
                with m.If(store.recall_failed):
                    m.d.comb += self.refusal.eq(Reason.DAMAGED)
                with m.If(self.done):
                    m.next = "idle"
            self._play(m)
            self._store(m)
            self._permute(m)
            self._rehearse(m)
        return m

    def _ask_for_playback(self, m: Module) -> None:
        play = self.store.play.payload
        for command in (Command.RECITE, Command.PLAY):
            told = self.told[command]
            with m.If(self.kind == command):
                m.d.comb += [play.record.eq(told.record), play.count.eq(told.count)]
                m.d.comb += [play.train.eq((told.how & TRAINS).any()), play.permute.eq((told.how & PERMUTES).any())]
        m.d.comb += play.told.eq(self.kind == Command.RECITE)

    def _play(self, m: Module) -> None:
        with m.State("play"):
            m.d.comb += self.store.play.valid.eq(1)
            with m.If(self.store.play.ready):
                m.next = "done"

    def _store(self, m: Module) -> None:
        """Samples go to the memory while they come; the library ends behind them."""
        told = self.told[Command.STORE]
        stored = Signal(8)
        with m.State("store"):
            m.d.comb += self.store.slot_valid.eq(1)
            m.d.sync += stored.eq(0)
            m.next = "end of library"
            with m.If(told.count != 0):
                m.d.comb += self.feed.eq(1)
                m.next = "samples"
        with m.State("samples"):
            m.d.comb += self.stores.eq(1)
            with m.If(self.store.stored):
                m.d.sync += stored.eq(stored + 1)
            with m.If(stored == told.count):
                m.next = "end of library"
        with m.State("end of library"):
            with m.If(~told.slot[31]):
                m.d.sync += self.records.eq(told.slot + told.count)
            m.next = "done"

    def _permute(self, m: Module) -> None:
        """Numbers of 16 bits; what is wrong or repeated is not taken."""
        told, payload = self.store.told, self.payload
        low, high = Signal(8), Signal()
        m.d.comb += told.payload.eq(Cat(low, payload.payload))
        with m.State("permute"):
            m.d.comb += [told.valid.eq(payload.valid & high), payload.ready.eq(1)]
            with m.If(payload.valid):
                m.d.sync += [low.eq(payload.payload), high.eq(~high)]
            with m.If(self.left == 0):
                m.d.comb += payload.ready.eq(0)
                m.next = "permuted"
        with m.State("permuted"):
            m.d.comb += self.done.eq(1)
            m.next = "idle"
            with m.If(self.store.wrong):
                m.d.comb += self.refusal.eq(Reason.RANGE)
            with m.Elif(~self.repeated):
                m.d.comb += self.store.take.eq(1)
                m.d.sync += self.permutation.eq(1)

    def _rehearse(self, m: Module) -> None:
        """The state's first bytes are arguments, the others follow."""
        write, payload = self.store.write, self.payload
        place = Signal(range(32))
        head = self.told[Command.REHEARSE].as_value()
        m.d.comb += write.payload.place.eq(place)
        with m.State("settings"):
            m.d.comb += [write.valid.eq(1), write.payload.value.eq(head.word_select(place[:3], 8))]
            m.d.sync += place.eq(place + 1)
            with m.If(place == len(head) // 8 - 1):
                m.next = "other settings"
        with m.State("other settings"):
            m.d.comb += [write.valid.eq(payload.valid), payload.ready.eq(1), write.payload.value.eq(payload.payload)]
            with m.If(payload.valid):
                m.d.sync += place.eq(place + 1)
            with m.If(self.left == 0):
                m.d.comb += payload.ready.eq(0)
                m.d.sync += place.eq(0)
                m.next = "done"

    def _give_recalled(self, m: Module) -> None:
        """The record's label, then its pixels; asked for in the state "recall", until all of it has gone."""
        store = self.store
        m.submodules.recalled = slice_ = RegisterSlice(shape=8)  # between the memory's paths and those of the transmitter
        connect(m, slice_.popped, flipped(self.recalled))
        recalled = slice_.pushed
        asked, label, high = Signal(), Signal(16), Signal()
        m.d.comb += [store.recall.payload.eq(self.told[Command.RECALL].slot), store.recall.valid.eq(asked)]
        with m.If((self.kind == Command.RECALL) & self.start):
            m.d.sync += asked.eq(1)
        with m.If(store.recall.ready):
            m.d.sync += asked.eq(0)
        self.whole = Signal()  # the label is here
        with m.If(~self.whole):
            m.d.comb += store.recalled.ready.eq(asked)
            with m.If(store.recalled.valid & asked):
                m.d.sync += [label.eq(store.recalled.payload), self.whole.eq(1), high.eq(0)]
        left = Signal(2)
        with m.If(self.whole):
            with m.If(left != 2):
                m.d.comb += [recalled.valid.eq(1), recalled.payload.eq(Mux(left[0], label[8:], label[:8]))]
                with m.If(recalled.ready):
                    m.d.sync += left.eq(left + 1)
            with m.Else():
                pixels = store.recalled_pixels
                m.d.comb += [
                    recalled.valid.eq(pixels.valid),
                    recalled.payload.eq(pixels.payload.data),
                    pixels.ready.eq(recalled.ready),
                ]
                with m.If(pixels.valid & pixels.ready & pixels.payload.last):
                    m.d.sync += [self.whole.eq(0), left.eq(0)]

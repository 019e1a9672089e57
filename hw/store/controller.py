"""The SDRAM controller: starts the chip, keeps it refreshed, and moves words one after another."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hw.store.bus import SdramBus, SdramCommand
from hw.store.chip import PRECHARGE_ALL, Chip

COUNT_BITS = 12


def request_layout(chip: Chip) -> data.StructLayout:
    """`count` words (1…4095) from `address` on, to be written or read. Words fill a row, then that of the next bank."""
    return data.StructLayout({"write": 1, "address": chip.address_bits, "count": COUNT_BITS})


class Transfers(wiring.Signature):
    """Words between the controller and one who asks it, seen from the latter.

    Members
    -------
    request : one after the other; taken when those before have been carried out, but for words that are still being read
    written : words of a request to write, taken one a cycle, with pauses for refresh and new rows
    read : words of a request to read, in order; whoever asks has room for all of them, and nobody looks at `ready`
    """

    def __init__(self, chip: Chip) -> None:
        super().__init__(
            {
                "request": Out(stream.Signature(request_layout(chip))),
                "written": Out(stream.Signature(chip.width)),
                "read": In(stream.Signature(chip.width)),
            }
        )


class SdramController(wiring.Component):
    """Moves a word a cycle while a row is open, and closes it after every request.

        power up ──► first refreshes ──► mode ──► closed ──► opening ──► open ──► closing ──┐
                                                  ▲ refresh                                 │
                                                  └─────────────────────────────────────────┘

    A request of n words in one row takes n + rcd + rp + about 6 cycles, and at least those of t_rc (`hw.store.chip.Cycles`).
    One row is open at a time, so that no time between banks has to be kept. Bursts are of one word: a READ or WRITE every
    cycle is as fast as any burst, begins at every column and has nothing to break off.

    A refresh waits for the word that is being moved, and for nothing else: a request in the middle of a row is broken off,
    and goes on after it. So one comes every `Cycles.refresh` cycles, but for the few that it takes to close a row.

    Parameters
    ----------
    chip, clock_hz : what it is, and how fast

    Members
    -------
    bus : to the pins, from flip-flops; a command is there a cycle after it was decided
    transfers : of whom it works for
    late : words read come `latency` + 2 cycles after their READ was on `bus`; else a cycle earlier
    ready : the chip has been started
    refreshed : one cycle: a refresh begins; `moving` : a word is moved
    """

    def __init__(self, chip: Chip, clock_hz: int) -> None:
        self.chip, self.cycles = chip, chip.at(clock_hz)
        self.wait = Signal(range(max(self.cycles.power_up, self.cycles.rfc) + 1), init=self.cycles.power_up)
        super().__init__(
            {
                "bus": Out(SdramBus(chip)),
                "transfers": In(Transfers(chip)),
                "late": In(1, init=1),
                "ready": Out(1),
                "refreshed": Out(1),
                "moving": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.due = Signal()
        self.address = Signal(self.chip.address_bits)
        self.left = Signal(COUNT_BITS)
        self.writes = Signal()
        self.unfinished = Signal()
        self.held = Signal(range(self.cycles.ras))  # until the row may be closed
        self.recovering = Signal(range(self.cycles.wr + 1))  # until what was written has been
        self.elapsed = Signal()
        m.d.comb += self.elapsed.eq(self.wait == 0)
        for count in (self.wait, self.held, self.recovering):
            with m.If(count != 0):
                m.d.sync += count.eq(count - 1)
        m.d.sync += [self.bus.command.eq(SdramCommand.NOP), self.bus.drive.eq(0)]
        self._time_refreshes(m)
        in_flight = self._read_words(m)
        with m.FSM():
            self._start_chip(m)
            self._open_row(m)
            self._move_words(m, in_flight)
        return m

    def order(self, m: Module, command: SdramCommand, cycles: int) -> None:
        """`command` to the chip; the next one that asks for `elapsed` comes `cycles` cycles after it."""
        m.d.sync += [self.bus.command.eq(command), self.wait.eq(cycles - 1)]

    def _time_refreshes(self, m: Module) -> None:
        interval = self.cycles.refresh
        left = Signal(range(interval), init=interval - 1)
        with m.If(self.ready):
            m.d.sync += left.eq(left - 1)
            with m.If(left == 0):
                m.d.sync += [left.eq(interval - 1), self.due.eq(1)]

    def _read_words(self, m: Module) -> Signal:
        """Words come so many cycles after their READ; returns a bit for each cycle in which one is on its way."""
        in_flight = Signal(self.cycles.latency + 3)
        read = self.transfers.read
        reads = Signal()
        m.d.comb += [
            reads.eq(self.moving & ~self.writes),
            read.valid.eq(Mux(self.late, in_flight[-1], in_flight[-2])),
            read.payload.eq(self.bus.sensed),
        ]
        m.d.sync += in_flight.eq(Cat(reads, in_flight))
        return in_flight

    def _start_chip(self, m: Module) -> None:
        """States until the mode register is set."""
        cycles, bus = self.cycles, self.bus
        refreshes = Signal(range(self.chip.first_refreshes + 1))
        with m.State("power up"):
            with m.If(self.elapsed):
                self.order(m, SdramCommand.PRECHARGE, cycles.rp)
                m.d.sync += bus.address.eq(PRECHARGE_ALL)
                m.next = "first refreshes"
        with m.State("first refreshes"):
            with m.If(self.elapsed):
                self.order(m, SdramCommand.REFRESH, cycles.rfc)
                m.d.sync += refreshes.eq(refreshes + 1)
                with m.If(refreshes == self.chip.first_refreshes - 1):
                    m.next = "mode"
        with m.State("mode"):
            with m.If(self.elapsed):
                self.order(m, SdramCommand.MODE, cycles.mrd)
                m.d.sync += [bus.address.eq(cycles.latency << 4), bus.bank.eq(0), bus.mask.eq(0), self.ready.eq(1)]
                m.next = "closed"

    def _open_row(self, m: Module) -> None:
        """States from one in which every row is closed to one in which that of `address` is open."""
        cycles, bus, request = self.cycles, self.bus, self.transfers.request
        column_bits, row_bits = self.chip.column_bits, self.chip.row_bits
        bank = self.address[column_bits : column_bits + 2]
        row = self.address[column_bits + 2 : column_bits + 2 + row_bits]
        with m.State("closed"):
            m.d.comb += request.ready.eq(~self.unfinished)
            with m.If(request.ready & request.valid):
                asked = request.payload
                m.d.sync += [self.address.eq(asked.address), self.left.eq(asked.count), self.writes.eq(asked.write)]
                m.d.sync += self.unfinished.eq(1)
            with m.If(self.elapsed & self.due):
                self.order(m, SdramCommand.REFRESH, cycles.rfc)
                m.d.comb += self.refreshed.eq(1)
                m.d.sync += self.due.eq(0)
            with m.Elif(self.elapsed & self.unfinished):
                self.order(m, SdramCommand.ACTIVATE, cycles.rcd)
                m.d.sync += [bus.bank.eq(bank), bus.address.eq(row), self.held.eq(cycles.ras - 1)]
                m.next = "opening"
        with m.State("opening"):
            with m.If(self.wait <= 1):
                m.next = "open"

    def _move_words(self, m: Module, in_flight: Signal) -> None:
        """States with an open row, until it is closed."""
        cycles, bus, written, chip = self.cycles, self.bus, self.transfers.written, self.chip
        column = self.address[: chip.column_bits]
        wide = self.address[-1:] if chip.wide_columns else Cat()
        # A WRITE's word comes a cycle after the last one read has left the pins; columns never reach A10.
        pins_free = Signal()
        m.d.comb += pins_free.eq(~in_flight[: cycles.latency + 1].any())
        with m.State("open"):
            with m.If(self.due):
                m.next = "closing"
            with m.Else():
                m.d.comb += [
                    written.ready.eq(self.writes & pins_free),
                    self.moving.eq(~self.writes | (written.valid & written.ready)),
                ]
            with m.If(self.moving):
                m.d.sync += [
                    bus.command.eq(Mux(self.writes, SdramCommand.WRITE, SdramCommand.READ)),
                    bus.address.eq(Cat(column, wide)),
                    bus.data.eq(written.payload),
                    bus.drive.eq(self.writes),
                    self.address.eq(self.address + 1),
                    self.left.eq(self.left - 1),
                ]
                with m.If(self.writes):
                    m.d.sync += self.recovering.eq(cycles.wr - 1)
                with m.If(self.left == 1):
                    m.d.sync += self.unfinished.eq(0)
                with m.If((self.left == 1) | column.all()):
                    m.next = "closing"
        with m.State("closing"):
            with m.If((self.held == 0) & (self.recovering == 0)):
                self.order(m, SdramCommand.PRECHARGE, cycles.rp)
                m.d.sync += bus.address.eq(PRECHARGE_ALL)
                m.next = "closed"

"""Records in the sample memory (clause 21): one at a time, each with its CRC (`sw.contract.sample_memory`)."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.crc.catalog import CRC32_ETHERNET
from amaranth.lib.wiring import In, Out

from hw.store.chip import Chip
from hw.store.controller import COUNT_BITS, Transfers
from sw.contract.frames import CRC
from sw.contract.geometry import Geometry, bits_for
from sw.contract.sample_memory import ALIGNMENT, LABEL, SLOT, record_bytes

SLOT_BITS = 8 * SLOT.size
ACCESS = data.StructLayout({"write": 1, "slot": SLOT_BITS})
"""A record to be written or read, and its slot, a signed number."""


def words_of_record(chip: Chip, inputs: int) -> int:
    """Words of a record of `inputs` pixels."""
    return record_bytes(inputs) * 8 // chip.width


class RecordMemory(wiring.Component):
    """Writes and reads whole records.

    The word at which slot s begins is s · (words of a record), modulo those of the memory: added up bit by bit of the number of
    bursts in a record, while the CRC takes in the slot. Then a word a cycle, as the controller gives and takes them. A record
    of 784 pixels takes about 86 cycles with a memory of 16 bits, refreshes not counted.

    Parameters
    ----------
    geometry, chip : for the sizes

    Members
    -------
    last_pixel : n_0 - 1 of the network
    wide : the chip has its `wide_columns`
    access : a record; taken when the one before is done
    sample : words of a record to be written: label and pixels, as many as they take. Zeros and CRC come from here
    record : words of a record that is read, all of them, in order; nobody looks at `ready`
    done : one cycle: the record has been written, or all of it read; `damaged` says then that what was read has another CRC
    transfers : of the controller
    """

    def __init__(self, geometry: Geometry, chip: Chip) -> None:
        self.geometry, self.chip = geometry, chip
        super().__init__(
            {
                "last_pixel": In(16),
                "wide": In(1),
                "access": In(stream.Signature(ACCESS)),
                "sample": In(stream.Signature(chip.width)),
                "record": Out(stream.Signature(chip.width)),
                "done": Out(1),
                "damaged": Out(1),
                "transfers": Out(Transfers(chip)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.crc: Any = CRC32_ETHERNET(self.chip.width).create()
        m.submodules.crc = self.crc
        self.asked = Signal(ACCESS)
        self.left = Signal(COUNT_BITS)
        bursts, behind_sample, record_words = self._sizes(m)
        word_bytes = self.chip.width // 8
        m.d.comb += [
            self.record.payload.eq(self.transfers.read.payload),
            self.transfers.request.payload.write.eq(self.asked.write),
            self.transfers.request.payload.count.eq(record_words),
        ]
        first = self._address(m)
        written = self.transfers.written
        taken = Signal()
        m.d.comb += taken.eq(written.valid & written.ready)
        with m.If(taken | self.record.valid):
            m.d.sync += self.left.eq(self.left - 1)
        with m.FSM():
            with m.State("idle"):
                m.d.comb += [self.access.ready.eq(1), self.crc.start.eq(1)]
                with m.If(self.access.valid):
                    m.d.sync += [self.asked.eq(self.access.payload), self.left.eq(record_words)]
                    m.next = "address"
            self._find(m, bursts, first)
            self._write(m, taken, behind_sample, CRC.size // word_bytes)
            self._read(m)
        return m

    def _sizes(self, m: Module) -> tuple[Signal, Signal, Signal]:
        """Bursts of a record, its words behind label and pixels, all its words: steady while records move."""
        most = self.geometry.columns
        word_bytes = self.chip.width // 8
        # As many bits as it takes cycles to give the CRC the slot, or more.
        bursts = Signal(max(bits_for(record_bytes(most) // ALIGNMENT), SLOT_BITS // self.chip.width))
        sample_words = Signal(bits_for(words_of_record(self.chip, most)))
        behind_sample = Signal(COUNT_BITS)
        record_words = Signal(COUNT_BITS)
        last_byte = self.last_pixel >> 3
        round_up = LABEL.size + 1 + CRC.size + ALIGNMENT - 1
        m.d.sync += [
            bursts.eq((last_byte + round_up) >> bits_for(ALIGNMENT - 1)),
            sample_words.eq((last_byte + LABEL.size + word_bytes) >> bits_for(word_bytes - 1)),
            record_words.eq(bursts << bits_for(ALIGNMENT // word_bytes - 1)),
            behind_sample.eq(record_words - sample_words),
        ]
        return bursts, behind_sample, record_words

    def _address(self, m: Module) -> Signal:
        """Asks for what lies from a burst on, which it returns; of a chip without `wide_columns`, modulo its bytes."""
        request = self.transfers.request
        burst_words = ALIGNMENT * 8 // self.chip.width
        first = Signal(len(request.payload.address) - bits_for(burst_words - 1))  # burst
        place = Cat(C(0, bits_for(burst_words - 1)), first)
        with m.If(~self.wide & C(self.chip.wide_columns > 0)):
            m.d.comb += request.payload.address.eq(place[:-1])
        with m.Else():
            m.d.comb += request.payload.address.eq(place)
        return first

    def _find(self, m: Module, bursts: Signal, first: Signal) -> None:
        """States that find the first burst and ask for the record."""
        request = self.transfers.request
        slot_words = SLOT_BITS // self.chip.width
        step = Signal(range(len(bursts)))
        slot_word = self.asked.slot.word_select(step, self.chip.width)
        more = Mux(bursts[::-1].bit_select(step, 1), self.asked.slot, 0)
        with m.State("address"):
            m.d.comb += [self.crc.valid.eq(step < slot_words), self.crc.data.eq(slot_word)]
            m.d.sync += [step.eq(step + 1), first.eq((first << 1) + more)]
            with m.If(step == 0):
                m.d.sync += first.eq(Mux(bursts[-1], self.asked.slot, 0))
            with m.If(step == len(bursts) - 1):
                m.d.sync += step.eq(0)
                m.next = "request"
        with m.State("request"):
            m.d.comb += request.valid.eq(1)
            with m.If(request.ready):
                m.next = "read"
                with m.If(self.asked.write):
                    m.next = "sample"

    def _write(self, m: Module, taken: Signal, behind_sample: Signal, crc_words: int) -> None:
        """States that write a record: its sample, zeros, its CRC."""
        written = self.transfers.written
        with m.State("sample"):
            m.d.comb += [
                written.valid.eq(self.sample.valid),
                written.payload.eq(self.sample.payload),
                self.sample.ready.eq(written.ready),
                self.crc.valid.eq(taken),
                self.crc.data.eq(written.payload),
            ]
            with m.If(taken & (self.left - 1 == behind_sample)):
                m.next = "zeros"
        with m.State("zeros"):
            with m.If(self.left == crc_words):
                m.next = "crc"
            with m.Else():
                m.d.comb += [written.valid.eq(1), self.crc.valid.eq(taken)]
        with m.State("crc"):
            m.d.comb += [
                written.valid.eq(1),
                written.payload.eq(Mux(self.left == crc_words, self.crc.crc, self.crc.crc[-self.chip.width :])),
            ]
            with m.If(taken & (self.left == 1)):
                m.next = "written"
        with m.State("written"):  # not while the last word is taken: from `done` on the way is long
            m.d.comb += self.done.eq(1)
            m.next = "idle"

    def _read(self, m: Module) -> None:
        """States that read a record and look at its CRC."""
        read = self.transfers.read
        with m.State("read"):
            m.d.comb += [self.record.valid.eq(read.valid), self.crc.valid.eq(read.valid), self.crc.data.eq(read.payload)]
            with m.If(read.valid & (self.left == 1)):
                m.next = "check"
        m.d.sync += self.damaged.eq(~self.crc.match_detected)
        with m.State("check"):
            m.next = "checked"
        with m.State("checked"):
            m.d.comb += self.done.eq(1)
            m.next = "idle"

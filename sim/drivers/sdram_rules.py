"""An SDR SDRAM chip as its data sheet describes it: what it holds, and which commands it refuses, and why.

Without a simulator: whoever has one tells each rising edge of the chip's clock. `sim/native/sdram.h` says the same in C++, in
the same words.
"""

import zlib
from dataclasses import dataclass, field
from typing import NamedTuple

from hw.store.bus import SdramCommand
from hw.store.chip import BANKS, PRECHARGE_ALL, Chip

PS = 1000  # in a ns
MOST_BEHIND = 1
"""Refreshes that may be owed. Data sheets allow eight; a controller that is never behind needs none but the one that is due."""
DQM_LATENCY = 2
STOP = 0b100  # ends a burst
LONG_AGO = -(1 << 60)


class SdramError(AssertionError):
    """The sentence names the time or the rule, what was done, and what is expected."""


class Pins(NamedTuple):
    """Levels at a rising edge; `dq` is None where nobody drives it."""

    cke: int
    cs_n: int
    ras_n: int
    cas_n: int
    we_n: int
    ba: int
    a: int
    dqm: int
    dq: int | None


@dataclass
class Bank:
    """What a bank does, and when it was told so."""

    row: int | None = None
    activated: int = LONG_AGO
    precharged: int = LONG_AGO
    written: int = LONG_AGO
    written_edge: int = 0


@dataclass
class SdramRules:
    """A chip. Times are in ps from power-up.

    Members
    -------
    chip : its shape and times; `seed` : of what it holds before anything is written, and of what is left of rows that fade
    words : what was written, by (bank, row, column)
    commands : how many of each have come
    """

    chip: Chip
    seed: int = 1
    words: dict[tuple[int, int, int], int] = field(default_factory=dict)
    commands: dict[SdramCommand, int] = field(default_factory=lambda: dict.fromkeys(SdramCommand, 0))

    def __post_init__(self) -> None:
        self.banks = [Bank() for _ in range(BANKS)]
        self.columns = self.chip.wide_columns or self.chip.columns
        self.now = self.before = LONG_AGO
        self.latency = 0
        self.activated = self.refreshed = self.mode_set = LONG_AGO
        self.edges = self.mode_edge = self.activated_edge = 0
        self.first_refreshes = 0
        self.refreshes_from: int | None = None
        self.refreshes = 0
        self.next_row = 0
        self.restored: dict[tuple[int, int], int] = {}  # by activating
        self.row_refreshed = [0] * self.chip.rows
        self.out: dict[int, int | None] = {}  # by edge: the word that is valid there
        self.masked: set[int] = set()  # edges at which nothing comes out

    def edge(self, now: int, pins: Pins) -> int | None:
        """A rising edge of the clock; returns the word that the chip puts on its pins behind it, valid at the next edge.

        Raises `SdramError`.
        """
        self.before, self.now = self.now, now
        self.edges += 1
        command = SdramCommand.NOP
        if not pins.cs_n:
            code = (1 - pins.ras_n) | (1 - pins.cas_n) << 1 | (1 - pins.we_n) << 2
            self.require(code != STOP, "STOP: bursts are of one word, there is nothing to stop")
            command = SdramCommand(code)
        all_masked = (1 << self.chip.width // 8) - 1
        if pins.dqm == all_masked:
            self.masked.add(self.edges + DQM_LATENCY)
        self.require(pins.cke, "CKE is low: the chip is only known with its clock enabled")
        if pins.dq is not None:
            self._check_pins_free()
        self._check_refreshes()
        if command != SdramCommand.NOP:
            self._check_start(command, pins, all_masked)
            self.commands[command] += 1
            getattr(self, f"_{command.name.lower()}")(pins)
        self.masked.discard(self.edges - 1)
        self.out.pop(self.edges - 2, None)
        word = self.out.get(self.edges + 1)
        return None if self.edges + 1 in self.masked else word

    def flip(self, bank: int, row: int, column: int, bit: int) -> None:
        """A bit of a word is the other one from now on."""
        self.words[bank, row, column] = self.held(bank, row, column) ^ 1 << bit

    def held(self, bank: int, row: int, column: int) -> int:
        """What a word is; nobody knows of one that was not written, but it does not change."""
        place = (bank, row, column)
        return self.words[place] if place in self.words else self._noise(*place)

    def require(self, condition: object, sentence: str) -> None:
        """Raise `SdramError`, saying when, unless the condition holds."""
        if not condition:
            raise SdramError(f"{sentence} (at {self.now / PS / 1000:.3f} us)")

    def least(self, name: str, since: int, expected: float, what: str) -> None:
        """A time has passed. `what` happened `expected` ns after `since` at the earliest."""
        passed = self.now - since
        self.require(
            passed >= round(expected * PS), f"{name}: {what} after {passed / PS:g} ns, expected at least {expected:g} ns"
        )

    def _check_start(self, command: SdramCommand, pins: Pins, all_masked: int) -> None:
        """Power-up, and the order of the first commands."""
        name = command.name
        self.least("power-up", 0, self.chip.power_up, f"{name} comes")
        if self.refreshes_from is None:
            self.require(
                pins.dqm == all_masked or command == SdramCommand.MODE, f"power-up: DQM is low at {name}, expected high"
            )
        if command == SdramCommand.REFRESH:
            closed = all(bank.precharged != LONG_AGO for bank in self.banks)
            self.require(closed, "power-up: REFRESH before PRECHARGE of all banks")
        if command in (SdramCommand.ACTIVATE, SdramCommand.READ, SdramCommand.WRITE):
            self.require(self.latency, f"power-up: {name} before MODE")
            enough = self.first_refreshes >= self.chip.first_refreshes
            self.require(
                enough,
                f"power-up: {name} after {self.first_refreshes} refreshes, expected {self.chip.first_refreshes}",
            )
        if self.mode_edge:
            clocks = self.edges - self.mode_edge
            self.require(
                clocks >= self.chip.mrd_clocks,
                f"tMRD: {name} comes {clocks} clocks after MODE, expected at least {self.chip.mrd_clocks}",
            )
        if command != SdramCommand.PRECHARGE:
            self.least("tRFC", self.refreshed, self.chip.t_rfc, f"{name} comes after REFRESH")

    def _check_refreshes(self) -> None:
        if self.refreshes_from is None:
            return
        due = (self.now - self.refreshes_from) / (self.chip.refresh_interval * PS)
        self.require(
            due - self.refreshes <= MOST_BEHIND + 1,
            f"tREFI: {self.refreshes} refreshes where {int(due)} are due, expected one every {self.chip.refresh_interval:g} ns",
        )

    def _check_pins_free(self) -> None:
        for edge in (self.edges, self.edges - 1):
            taken = self.out.get(edge) is not None and edge not in self.masked
            self.require(not taken, "bus: a word is driven where one that is read has not been off the pins for a clock")

    def _activate(self, pins: Pins) -> None:
        bank = self.banks[pins.ba]
        self.require(bank.row is None, f"ACTIVATE of bank {pins.ba}, in which row {bank.row} is open, expected PRECHARGE first")
        self.least("tRP", bank.precharged, self.chip.t_rp, f"ACTIVATE of bank {pins.ba} comes after PRECHARGE")
        self.least("tRC", bank.activated, self.chip.t_rc, f"ACTIVATE of bank {pins.ba} comes after ACTIVATE")
        self.least("tRRD", self.activated, self.chip.t_rrd, f"ACTIVATE of bank {pins.ba} comes after that of another")
        clocks = self.edges - self.activated_edge
        self.require(
            not self.activated_edge or clocks >= self.chip.rrd_clocks,
            f"tRRD: ACTIVATE of bank {pins.ba} comes {clocks} clocks after another, expected at least {self.chip.rrd_clocks}",
        )
        self.require(pins.a < self.chip.rows, f"ACTIVATE of row {pins.a}, expected one of {self.chip.rows}")
        bank.row, bank.activated, bank.written = pins.a, self.now, LONG_AGO
        self.activated, self.activated_edge = self.now, self.edges
        self._fade(pins.ba, pins.a)
        self.restored[pins.ba, pins.a] = self.now

    def _fade(self, bank: int, row: int) -> None:
        """A row that was neither refreshed nor opened for too long has other bits."""
        seen = max(self.row_refreshed[row], self.restored.get((bank, row), 0))
        if self.now - seen > self.chip.refresh_ms * PS * 1_000_000:
            for place in [place for place in self.words if place[:2] == (bank, row)]:
                self.words[place] ^= self._noise(*place) | 1

    def _read(self, pins: Pins) -> None:
        self.out[self.edges + self.latency] = self.held(*self._place(pins, "READ"))
        self.require(
            self.now - self.before >= round((self.chip.t_ck2 if self.latency == 2 else self.chip.t_ck3) * PS),
            f"tCK: a clock of {(self.now - self.before) / PS:g} ns, expected at least "
            f"{self.chip.t_ck2 if self.latency == 2 else self.chip.t_ck3:g} ns with a CAS latency of {self.latency}",
        )

    def _write(self, pins: Pins) -> None:
        place = self._place(pins, "WRITE")
        self.banks[pins.ba].written, self.banks[pins.ba].written_edge = self.now, self.edges
        word = self.held(*place)
        for byte in range(self.chip.width // 8):
            if not pins.dqm >> byte & 1:
                self.require(pins.dq is not None, "WRITE: nobody drives the data pins")
                word = word & ~(0xFF << 8 * byte) | (pins.dq or 0) & 0xFF << 8 * byte
        self.words[place] = word

    def _place(self, pins: Pins, name: str) -> tuple[int, int, int]:
        """The word of a READ or WRITE, after its checks. A column that the chip does not have is another one that it has."""
        bank = self.banks[pins.ba]
        self.require(bank.row is not None, f"{name} in bank {pins.ba}, in which no row is open")
        self.require(not pins.a & PRECHARGE_ALL, f"{name} with A10 high: auto-precharge is not known here")
        self.least("tRCD", bank.activated, self.chip.t_rcd, f"{name} comes after ACTIVATE of bank {pins.ba}")
        assert bank.row is not None
        return pins.ba, bank.row, pins.a & (self.columns - 1)

    def _precharge(self, pins: Pins) -> None:
        for number in range(BANKS) if pins.a & PRECHARGE_ALL else [pins.ba]:
            bank = self.banks[number]
            if bank.row is not None:
                what = f"PRECHARGE of bank {number} comes after"
                self.least("tRAS", bank.activated, self.chip.t_ras, f"{what} ACTIVATE")
                open_for = self.now - bank.activated
                self.require(
                    open_for <= self.chip.ras_most * PS,
                    f"tRAS: a row of bank {number} is open {open_for / PS:g} ns, expected at most {self.chip.ras_most:g} ns",
                )
                if bank.written != LONG_AGO:
                    clocks = self.edges - bank.written_edge
                    self.require(
                        clocks >= self.chip.wr_clocks,
                        f"tWR: {what} WRITE by {clocks} clocks, expected at least {self.chip.wr_clocks}",
                    )
                    self.least("tWR", bank.written, self.chip.t_wr, f"{what} WRITE")
                bank.row, bank.precharged = None, self.now
            elif bank.precharged == LONG_AGO:
                bank.precharged = self.now

    def _refresh(self, pins: Pins) -> None:
        self._check_idle("REFRESH")
        self.refreshed = self.now
        if self.latency:
            self.refreshes += 1
        self.first_refreshes += 1
        self.row_refreshed[self.next_row] = self.now
        self.next_row = (self.next_row + 1) % self.chip.rows

    def _mode(self, pins: Pins) -> None:
        self._check_idle("MODE")
        burst, latency = pins.a & 7, pins.a >> 4 & 7
        self.require(burst == 0, f"MODE: bursts of {1 << burst} words, the model knows those of one")
        self.require(latency in (2, 3), f"MODE: a CAS latency of {latency}, expected 2 or 3")
        self.latency, self.mode_edge = latency, self.edges
        self.refreshes_from, self.refreshes = self.now, 0

    def _check_idle(self, name: str) -> None:
        for number, bank in enumerate(self.banks):
            self.require(bank.row is None, f"{name} while a row of bank {number} is open, expected PRECHARGE first")
            self.least("tRP", bank.precharged, self.chip.t_rp, f"{name} comes after PRECHARGE of bank {number}")

    def _noise(self, bank: int, row: int, column: int) -> int:
        """Bits that depend on the place and the seed alone."""
        return zlib.crc32(f"{self.seed} {bank} {row} {column}".encode()) & ((1 << self.chip.width) - 1)

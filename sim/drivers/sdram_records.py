"""Where records lie in a chip (`sim.drivers.sdram_rules`), as the contract says."""

from hw.store.chip import BANKS, Chip
from sim.drivers.sdram_rules import SdramRules
from sw.contract.sample_memory import record_bytes

NARROW = 512
"""Columns of a bank that come before the tenth bit of their number."""


def place(chip: Chip, inputs: int, slot: int, byte: int) -> tuple[int, int, int, int]:
    """Bank, row and column of the word of a byte of a record, and which byte of it."""
    word, inside = divmod((slot * record_bytes(inputs) + byte) % chip.bytes, chip.width // 8)
    word, column = divmod(word, min(chip.columns, NARROW))
    row, bank = divmod(word, BANKS)
    wide, row = divmod(row, chip.rows)
    return bank, row, column + NARROW * wide, inside


def held(rules: SdramRules, inputs: int, slot: int) -> bytes:
    """What the chip holds of a record."""
    places = (place(rules.chip, inputs, slot, byte) for byte in range(record_bytes(inputs)))
    return bytes(rules.held(*where) >> 8 * inside & 0xFF for *where, inside in places)

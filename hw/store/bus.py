"""What the controller says to the chip's pins, and the commands in it."""

from enum import IntEnum

from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.store.chip import Chip


class SdramCommand(IntEnum):
    """Levels of RAS, CAS and WE, the lowest bit first; 1 is asserted, which is low at the pin."""

    NOP = 0b000
    ACTIVATE = 0b001
    READ = 0b010
    WRITE = 0b110
    PRECHARGE = 0b101
    REFRESH = 0b011
    MODE = 0b111


class SdramBus(wiring.Signature):
    """Seen from the controller; `hw.store.pins` has a register for every bit of it.

    Members
    -------
    command : `SdramCommand`; the chip is always selected and its clock enabled
    bank, address : of the command
    mask : the chip's words are neither read nor written
    data, drive : a word for the chip, and whether it is on the pins
    sensed : what is on the pins
    """

    def __init__(self, chip: Chip) -> None:
        super().__init__(
            {
                "command": Out(3),
                "bank": Out(2),
                "address": Out(chip.row_bits),
                "mask": Out(1, init=1),
                "data": Out(chip.width),
                "drive": Out(1),
                "sensed": In(chip.width),
            }
        )
